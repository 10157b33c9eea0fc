/** Values that differ in the restored service, such as addresses. */
import { useId } from "react";
import { useRecords } from "../../api/restoring";
import { Field, unwritten } from "../../parts/fields";
import { ArtifactOf, Rows, SectionOf } from "../../parts/picks";
import { restore as words } from "../../words/restore";
import { useFilling } from "./controls";
import type { Replacing } from "./form";
import { useChoosing } from "./parts";

const MOST_POINTERS = 200;

export function Replacements() {
  const { form, change, wrong, locked } = useFilling();
  const rows = form.replace;
  const become = (replace: Replacing[]) => change({ replace });
  return (
    <fieldset>
      <legend>{words.replace}</legend>
      <p className="hint">{words.replaceHint}</p>
      <Rows
        at="/replace"
        label={words.replace}
        kind="replacing"
        none={words.replaceNone}
        add={words.addReplace}
        many={rows.length}
        more={() => become([...rows, { section: "bridges", name: "", pointer: "", value: "", json: false, lost: false }])}
        less={(index) => become(rows.filter((_, at) => at !== index))}
        wrong={wrong}
        locked={locked}
      >
        {(index) => <Replaced of={rows[index]!} at={`/replace/${index}`} set={(to) => become(rows.map((row, at) => (at === index ? { ...row, ...to } : row)))} />}
      </Rows>
    </fieldset>
  );
}

type Given = { of: Replacing; at: string; set: (to: Partial<Replacing>) => void };

function Replaced({ of, at, set }: Given) {
  const { wrong, locked, sealed } = useFilling();
  const choosing = useChoosing();
  const id = useId();
  return (
    <>
      <SectionOf at={`${at}/section`} value={of.section} set={(section) => set({ section })} {...choosing} />
      <ArtifactOf at={`${at}/name`} section={of.section} value={of.name} set={(name) => set({ name })} {...choosing} />
      <PointerOf of={of} at={`${at}/pointer`} set={(pointer) => set({ pointer })} />
      <Field label={words.value} hint={words.valueHint} wrong={wrong(`${at}/value`)}>
        {(field) => (
          <input
            {...field}
            data-member={`${at}/value`}
            disabled={sealed}
            {...unwritten(of.value)}
            onChange={(event) => set({ value: event.target.value, lost: false })}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <div className="tick">
        <input type="checkbox" id={id} disabled={locked} checked={of.json} aria-describedby={`${id}-hint`} onChange={(event) => set({ json: event.target.checked })} />
        <label htmlFor={id}>{words.json}</label>
        <p className="hint" id={`${id}-hint`}>
          {words.jsonHint}
        </p>
      </div>
    </>
  );
}

/** Where the value is, with the places of the document to choose among, where the history knows it. */
function PointerOf({ of, at, set }: { of: Replacing; at: string; set: (to: string) => void }) {
  const { wrong, known, locked } = useFilling();
  const list = useId();
  const records = useRecords(of.name ? known : undefined, of.section, of.name);
  const document = records.data?.find((one) => one.name.toLowerCase() === of.name.toLowerCase())?.document;
  const places = document === undefined ? [] : pointers(document);
  return (
    <Field label={words.pointer} hint={words.pointerHint} wrong={wrong(at)}>
      {(field) => (
        <>
          <input
            {...field}
            data-member={at}
            disabled={locked}
            list={places.length > 0 ? list : undefined}
            value={of.pointer}
            onChange={(event) => set(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
          {places.length > 0 && (
            <datalist id={list}>
              {places.map(([place, value]) => (
                <option key={place} value={place}>
                  {value}
                </option>
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

/** Every value of a document that is no object, by its pointer (RFC 6901). */
function pointers(of: unknown, at = ""): [string, string][] {
  if (typeof of !== "object" || of === null) return of === null ? [] : [[at, String(of)]];
  const found: [string, string][] = [];
  for (const [name, value] of Object.entries(of)) {
    found.push(...pointers(value, `${at}/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`));
    if (found.length > MOST_POINTERS) break;
  }
  return found.slice(0, MOST_POINTERS);
}
