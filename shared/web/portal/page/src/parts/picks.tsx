/** Parts that are chosen, one a row: a section, or an artifact of it. */
import { useId, type ReactNode } from "react";
import type { Section } from "../api/artifacts";
import { picks as words } from "../words/parts";
import { Field } from "./fields";
import { count } from "./format";
import { Icon } from "./icons";

export type Picked = { section: Section; name: string };

/** Makes the list of a section's artifacts that a field offers: a `datalist` of that id. */
export type Offered = (id: string, section: Section) => ReactNode;

type Shared = {
  wrong: (pointer: string) => string | undefined;
  locked: boolean;
  sections: readonly Section[];
  offered: Offered;
};

type Given = Shared & { of: "include" | "exclude"; none: string; rows: Picked[]; set: (rows: Picked[]) => void };

export function Picks({ of, none, rows, set, ...shared }: Given) {
  const word = words[of];
  const change = (index: number, to: Partial<Picked>) => set(rows.map((one, at) => (at === index ? { ...one, ...to } : one)));
  return (
    <Rows
      at={`/${of}`}
      label={word}
      none={none}
      add={words.add[of]}
      many={rows.length}
      more={() => set([...rows, { section: "agreements", name: "" }])}
      less={(index) => set(rows.filter((_, at) => at !== index))}
      {...shared}
    >
      {(index) => {
        const one = rows[index]!;
        return (
          <>
            <SectionOf at={`/${of}/${index}/section`} value={one.section} set={(section) => change(index, { section })} {...shared} />
            <ArtifactOf
              at={`/${of}/${index}/name`}
              section={one.section}
              value={one.name}
              set={(name) => change(index, { name })}
              hint={words.artifactHint}
              {...shared}
            />
          </>
        );
      }}
    </Rows>
  );
}

type RowsGiven = {
  at: string;
  label: string;
  kind?: string;
  /** What it means that there is no row. */
  none: string;
  add: string;
  many: number;
  more: () => void;
  less: (index: number) => void;
  wrong: Shared["wrong"];
  locked: boolean;
  children: (index: number) => ReactNode;
};

/** Rows of a request's list, with what is wrong with the list as a whole. */
export function Rows(props: RowsGiven) {
  const { at, label, many, locked } = props;
  const said = props.wrong(at);
  return (
    <div className={props.kind ? `rows ${props.kind}` : "rows"} role="group" aria-label={label}>
      {many === 0 && <p className="quiet">{props.none}</p>}
      {said && (
        <p className="wrong" tabIndex={-1} data-member={at}>
          {said}
        </p>
      )}
      <ol>
        {Array.from({ length: many }, (_, index) => (
          <li key={index}>
            <div role="group" aria-label={words.rowOf(label, count(index + 1))}>
              {props.children(index)}
              <button
                type="button"
                className="bare"
                disabled={locked}
                aria-label={words.removeThis(label, count(index + 1))}
                title={words.remove}
                onClick={() => props.less(index)}
              >
                <Icon name="trash" />
              </button>
            </div>
          </li>
        ))}
      </ol>
      <button type="button" className="small" disabled={locked} onClick={props.more}>
        <Icon name="plus" />
        {props.add}
      </button>
    </div>
  );
}

type Of<T> = Pick<Shared, "wrong" | "locked"> & { at: string; value: T; set: (to: T) => void };

export function SectionOf({ at, value, set, wrong, locked, sections }: Of<Section> & Pick<Shared, "sections">) {
  return (
    <Field label={words.section} wrong={wrong(at)}>
      {(field) => (
        <select {...field} data-member={at} disabled={locked} value={value} onChange={(event) => set(event.target.value as Section)}>
          {(sections.includes(value) ? sections : [...sections, value]).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

type Named = Of<string> & Pick<Shared, "offered"> & { section: Section; label?: string; hint?: string };

/** An artifact's name, with those that there are to choose among. */
export function ArtifactOf({ at, value, set, wrong, locked, section, offered, label, hint }: Named) {
  const list = useId();
  return (
    <Field label={label ?? words.artifact} hint={hint} wrong={wrong(at)}>
      {(field) => (
        <>
          <input
            {...field}
            data-member={at}
            disabled={locked}
            list={list}
            value={value}
            onChange={(event) => set(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
          {offered(list, section)}
        </>
      )}
    </Field>
  );
}
