/** What was recognised and what not, the choices, the check, and the button that sends. */
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Field } from "../../parts/fields";
import { count, size } from "../../parts/format";
import { Empty, Table } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Chip } from "../../parts/status";
import { importing as words } from "../../words/import";
import { useMay } from "../../api/reads";
import { useParts } from "./in-parts";
import type { Item, Refused } from "./kinds";
import type { Recognised } from "./recognise";
import { check, lineOf, outcomeOf, pathOfPfx, planned, type Line, type Passwords } from "./send";

export function Chosen(props: {
  service: string;
  found: Recognised;
  refused: string | undefined;
  send: (lines: readonly Line[], passwords: Passwords) => void;
  again: () => void;
}) {
  const { service, found } = props;
  const [keep, setKeep] = useState(false);
  // Not in the state of the page: what is typed stands in its field, and nowhere else of the page.
  const passwords = useRef(new Map<string, string>());
  const locked = found.items.filter((one) => one.pfx !== undefined);
  const act = useMutation({ mutationFn: () => check(service, found.items, passwords.current), gcTime: 0 });
  const checked = act.data;
  const plan = checked ? planned(checked, keep) : [];
  const sent = plan.filter((one) => !one.kept).length;
  const may = useMay();
  const shut = props.refused !== undefined || !may("import_artifacts");
  const ask = () => {
    if (!act.isPending && !shut) act.mutate();
  };
  const begin = () => {
    // What the check refused is in the report too, as it was said.
    const left = checked?.filter((one) => one.document === "refused") ?? [];
    const withContent = left.map((one): Line => ({ ...one, content: one.item.content ? "refused" : "none" }));
    props.send([...plan, ...withContent], passwords.current);
  };
  return (
    <>
      {found.items.length > 0 ? (
        <section className="card" aria-labelledby="recognised">
          <h2 id="recognised">{words.recognised(found.items.length, count(found.items.length))}</h2>
          {locked.length > 0 && <PfxPasswords of={locked} into={passwords.current} changed={() => act.reset()} check={ask} />}
          <Existing keep={keep} set={setKeep} />
          {act.error ? <Problem of={act.error} again={() => act.mutate()} /> : null}
          {checked && <Verdict of={checked} keep={keep} />}
          <div className="buttons">
            <span className="quiet" role="status">
              {act.isPending ? words.checking : (props.refused ?? (checked ? "" : words.checkHint))}
            </span>
            <button type="button" onClick={props.again}>
              {words.again}
            </button>
            <button
              type="button"
              className={checked ? undefined : "first"}
              aria-disabled={act.isPending || shut}
              onClick={ask}
            >
              {words.check}
            </button>
            {checked && (
              <button type="button" className="first" aria-disabled={sent === 0 || shut} onClick={() => sent === 0 || shut || begin()}>
                {sent === 0 ? words.none : words.send(count(sent))}
              </button>
            )}
          </div>
          <Items of={checked ?? found.items.map(lineOf)} checked={checked !== undefined} keep={keep} />
        </section>
      ) : (
        <Empty icon="box" text={words.nothing}>
          <button type="button" onClick={props.again}>
            {words.again}
          </button>
        </Empty>
      )}
      {found.refused.length > 0 && <NotTaken of={found.refused} />}
    </>
  );
}

function Existing({ keep, set }: { keep: boolean; set: (keep: boolean) => void }) {
  const choices: [boolean, string, string][] = [
    [false, words.replace, words.replaceHint],
    [true, words.keep, words.keepHint],
  ];
  return (
    <fieldset>
      <legend>{words.existing}</legend>
      {choices.map(([value, word, hint]) => (
        <label key={word} className="choice">
          <input type="radio" name="existing" checked={keep === value} onChange={() => set(value)} />
          <span>
            {word} <span className="hint">{hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function PfxPasswords(props: { of: readonly Item[]; into: Map<string, string>; changed: () => void; check: () => void }) {
  const { of, into, changed, check } = props;
  const form = useRef<HTMLFieldSetElement>(null);
  const inputs = () => [...(form.current?.querySelectorAll("input") ?? [])];
  useEffect(
    () => () => {
      for (const one of inputs()) one.value = "";
    },
    [],
  );
  const forAll = () => {
    const first = inputs()[0]?.value ?? "";
    for (const one of inputs()) one.value = first;
    for (const one of of) into.set(pathOfPfx(one), first);
    changed();
  };
  return (
    <fieldset ref={form} className="passwords">
      <legend>{words.passwords}</legend>
      {of.map((one) => (
        // A form each: browsers take the passwords of one form for those of one account.
        <form
          key={pathOfPfx(one)}
          onSubmit={(event) => {
            event.preventDefault();
            check();
          }}
        >
          <Field label={words.passwordOf(pathOfPfx(one))}>
            {(field) => (
              <input
                {...field}
                type="password"
                autoComplete="off"
                onChange={(event) => {
                  into.set(pathOfPfx(one), event.target.value);
                  changed();
                }}
              />
            )}
          </Field>
        </form>
      ))}
      {of.length > 1 && (
        <button type="button" className="small" onClick={forAll}>
          {words.sameForAll}
        </button>
      )}
    </fieldset>
  );
}

function Verdict({ of, keep }: { of: readonly Line[]; keep: boolean }) {
  const counted = (test: (line: Line) => boolean) => of.filter(test).length;
  const refused = counted((one) => one.document === "refused");
  const there = counted((one) => one.document !== "refused" && one.became === "replaced");
  const parts = [
    [of.length - refused - there, words.wouldCreate],
    [there, keep ? words.wouldKeep : words.wouldReplace],
    [refused, words.wouldRefuse],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => word(count(number)));
  return (
    <p className={refused > 0 ? "banner" : "verdict"} role="status">
      {words.checked(new Intl.ListFormat("en").format(said))}
    </p>
  );
}

/** What stands in the column of what would become of an artifact. */
function foreseen(line: Line, keep: boolean): string | undefined {
  if (line.document === "refused") return "refused";
  if (line.became === undefined) return undefined;
  if (line.became === "created") return "wouldCreate";
  return keep ? "kept" : "wouldReplace";
}

function Items({ of, checked, keep }: { of: readonly Line[]; checked: boolean; keep: boolean }) {
  // What is refused is what somebody looks for.
  const sorted = checked ? [...of].sort((one, other) => Number(outcomeOf(other) === "refused") - Number(outcomeOf(one) === "refused")) : of;
  const { shown, more } = useParts(sorted);
  return (
    <>
      <Table label={words.becomes} heads={[[words.name], [words.section], ...(checked ? [[words.outcome] as const] : []), [words.has], [words.file]]}>
        {shown.map((line) => (
          <tr key={`${line.item.section}/${line.item.name}`}>
            <th scope="row" className="name">
              {line.item.name}
            </th>
            <td>{line.item.section}</td>
            {checked && (
              <td className="name">
                <Chip of={foreseen(line, keep)} /> {line.message}
              </td>
            )}
            <td>{contents(line.item)}</td>
            <td className="name">
              <code>{line.item.from.join(", ")}</code>
              {line.item.notes.map((note) => (
                <span key={note} className="hint warned">
                  {" "}
                  {note}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </Table>
      {more}
    </>
  );
}

const contents = (item: Item) =>
  [
    item.document !== undefined ? words.document : "",
    item.pfx ? words.pfx : "",
    item.content ? words.content(size(item.content.bytes.size)) : "",
  ]
    .filter(Boolean)
    .join(", ");

function NotTaken({ of }: { of: readonly Refused[] }) {
  const { shown, more } = useParts(of);
  return (
    <section className="card" aria-labelledby="not-taken">
      <h2 id="not-taken">{words.unknown(of.length, count(of.length))}</h2>
      <Table label={words.unknown(of.length, count(of.length))} heads={[[words.file], [words.why]]}>
        {shown.map((one, index) => (
          <tr key={index}>
            <th scope="row" className="name">
              <code>{one.path}</code>
            </th>
            <td className="name">{one.why}</td>
          </tr>
        ))}
      </Table>
      {more}
    </section>
  );
}
