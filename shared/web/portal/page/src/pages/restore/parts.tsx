/** A part of a backup: what is included, what is left out. */
import { useId } from "react";
import { BACKED_UP } from "../../api/artifacts";
import { useRecords } from "../../api/restoring";
import { Field } from "../../parts/fields";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { restore as words } from "../../words/restore";
import { useFilling } from "./controls";
import type { Picked, Section } from "./form";

export function Parts() {
  return (
    <fieldset>
      <legend>{words.part}</legend>
      <p className="hint">{words.partHint}</p>
      <Picks of="include" none={words.includeNone} add={words.addInclude} word={words.include} />
      <Picks of="exclude" none={words.excludeNone} add={words.addExclude} word={words.exclude} />
    </fieldset>
  );
}

function Picks({ of, none, add, word }: { of: "include" | "exclude"; none: string; add: string; word: string }) {
  const { form, change, wrong, locked } = useFilling();
  const rows = form[of];
  const become = (next: Picked[]) => change({ [of]: next });
  const set = (index: number, to: Partial<Picked>) => become(rows.map((one, at) => (at === index ? { ...one, ...to } : one)));
  const said = wrong(`/${of}`);
  return (
    <div className="rows" role="group" aria-label={word}>
      {rows.length === 0 && <p className="quiet">{none}</p>}
      {said && (
        <p className="wrong" tabIndex={-1} data-member={`/${of}`}>
          {said}
        </p>
      )}
      <ol>
        {rows.map((one, index) => (
          <li key={index}>
            <div role="group" aria-label={words.rowOf(word, count(index + 1))}>
              <SectionOf at={`/${of}/${index}/section`} value={one.section} set={(section) => set(index, { section })} />
              <ArtifactOf at={`/${of}/${index}/name`} section={one.section} value={one.name} set={(name) => set(index, { name })} hint={words.artifactHint} />
              <Remove what={word} row={index} run={() => become(rows.filter((_, at) => at !== index))} />
            </div>
          </li>
        ))}
      </ol>
      <button type="button" className="small" disabled={locked} onClick={() => become([...rows, { section: "agreements", name: "" }])}>
        <Icon name="plus" />
        {add}
      </button>
    </div>
  );
}

export function SectionOf({ at, value, set }: { at: string; value: Section; set: (to: Section) => void }) {
  const { wrong, locked } = useFilling();
  return (
    <Field label={words.section} wrong={wrong(at)}>
      {(field) => (
        <select {...field} data-member={at} disabled={locked} value={value} onChange={(event) => set(event.target.value as Section)}>
          {BACKED_UP.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** An artifact's name, with those that the backup has to choose among, where the history knows it. */
export function ArtifactOf(props: { at: string; section: Section; value: string; set: (to: string) => void; hint?: string }) {
  const { wrong, known, locked } = useFilling();
  const list = useId();
  const records = useRecords(known, props.section);
  return (
    <Field label={words.artifact} hint={props.hint} wrong={wrong(props.at)}>
      {(field) => (
        <>
          <input
            {...field}
            data-member={props.at}
            disabled={locked}
            list={records.data ? list : undefined}
            value={props.value}
            onChange={(event) => props.set(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
          {records.data && (
            <datalist id={list}>
              {records.data.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

export function Remove({ what, row, run }: { what: string; row: number; run: () => void }) {
  const { locked } = useFilling();
  return (
    <button type="button" className="bare" disabled={locked} aria-label={words.removeThis(what, count(row + 1))} title={words.remove} onClick={run}>
      <Icon name="trash" />
    </button>
  );
}
