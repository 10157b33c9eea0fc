/** A document as JSON text: created or changed, on the condition of what one started from. */
import { useMutation } from "@tanstack/react-query";
import { useId, useMemo, useRef, useState } from "react";
import { putArtifact, readArtifact, type Condition, type Read, type Section } from "../../api/artifacts";
import { asProblem, type ApiProblem } from "../../api/problem";
import { queries } from "../../api/queries";
import { Field, Tick } from "../../parts/fields";
import { laidOut, lineAt, nearest, NoJson, parsed, pointersOf, type Node } from "../../parts/json-text";
import { heldOf, useHeld } from "../../parts/held";
import { useLeaving } from "../../parts/leaving";
import { Problem } from "../../parts/problem";
import { TextEditor } from "../../parts/text-editor";
import { MASK } from "../../parts/tree";
import { editor as words, json } from "../../words/artifacts";
import { common } from "../../words/shell";
import { isDefinite } from "../commands";
import { Conflict, type Theirs } from "./conflict";

const NEW = "{\n  \n}";
const QUOTED_MASK = JSON.stringify(MASK);
const AT = "/document";

type Wrong = { line: number; message: string };

/** What one started from: a stored document, or nothing. */
type Base = { document: string; etag: string | undefined };

/** What is held over the door. */
type Written = { base: Base; text: string; name: string };

export function Edit(props: {
  service: string;
  section: Section;
  /** Undefined for a new one, which is given a name. */
  start: Read | undefined;
  done: (name: string) => void;
  cancel?: () => void;
  refused: string | undefined;
}) {
  const { service, section, start } = props;
  // From here on what is read anew changes nothing of what somebody writes.
  const what = `artifact ${service} ${section} ${start?.of.name ?? ""}`;
  const [before] = useState(() => heldOf<Written>(what));
  const [base, setBase] = useState<Base>(() => before?.base ?? { document: start?.document ?? NEW, etag: start?.etag });
  const [text, setText] = useState(before?.text ?? base.document);
  const [name, setName] = useState(before?.name ?? start?.of.name ?? "");
  const [reuse, setReuse] = useState(false);
  const [theirs, setTheirs] = useState<Theirs>();
  const [goTo, setGoTo] = useState<{ line: number }>();
  const [broken, setBroken] = useState<Wrong>();
  const unsaved = text !== base.document || (start === undefined && name !== "");
  const leaving = useLeaving(unsaved, { title: words.leaveTitle, text: words.leaveText, leave: words.leave, stay: words.stay });
  useHeld(what, unsaved ? ({ base, text, name } satisfies Written) : undefined);
  const place = { service, section, name: start?.of.name ?? name };

  // What was sent without an answer: it may be stored.
  const unanswered = useRef<string>(undefined);

  const saved = async () => {
    // What is stored is read first: who edits again begins from that.
    await queries.invalidateQueries({ queryKey: ["artifact", place.service, place.section, place.name] });
    leaving.pass();
    // Secrets that were written are gone from the page with the editor.
    act.reset();
    void queries.invalidateQueries({ predicate: (one) => one.queryKey[0] !== "health" });
    props.done(place.name);
  };
  const act = useMutation({
    mutationFn: async (over: Condition) => putArtifact(place, text, over, reuse),
    onSuccess: saved,
    onError: async (thrown) => {
      const problem = asProblem(thrown);
      if (!isDefinite(problem)) unanswered.current = text;
      if (problem.code !== "ConditionNotMet") return;
      const now = await stored(place);
      if (now.read && unanswered.current === text && isSame(JSON.parse(now.read.document), JSON.parse(text))) await saved();
      else setTheirs(now);
    },
    gcTime: 0,
  });
  const problem = act.error && asProblem(act.error).code !== "ConditionNotMet" ? asProblem(act.error) : undefined;
  const wrong = useMemo(() => (broken ? [broken] : problem ? linesOf(problem, text) : []), [broken, problem, text]);
  const save = (over: Condition = base.etag ? { "If-Match": base.etag } : { "If-None-Match": "*" }) => {
    const found = brokenIn(text);
    setBroken(found);
    if (found) return setGoTo({ line: found.line });
    if (!act.isPending && props.refused === undefined) act.mutate(over);
  };
  const write = (next: string) => {
    setText(next);
    setBroken(undefined);
    if (act.error) act.reset();
  };
  const layOut = () => {
    const found = brokenIn(text);
    setBroken(found);
    if (found) setGoTo({ line: found.line });
    else write(laidOut(text, parsed(text)));
  };

  if (theirs !== undefined) {
    const rebase = () => {
      // What could not be read is no other start: the next try finds the same conflict.
      if (theirs.read) setBase({ document: theirs.read.document, etag: theirs.read.etag });
      else if (theirs.problem === undefined) setBase({ document: base.document, etag: undefined });
      setTheirs(undefined);
      act.reset();
    };
    return (
      <>
        <Conflict
          base={base.document}
          isNew={base.etag === undefined}
          theirs={theirs}
          mine={text}
          busy={act.isPending}
          problem={problem}
          take={() => {
            leaving.pass();
            void queries.invalidateQueries({ queryKey: ["artifact", service, section] });
            props.done(place.name);
          }}
          keep={() => save(theirs.read ? { "If-Match": theirs.read.etag } : { "If-None-Match": "*" })}
          goOn={rebase}
        />
        {leaving.question}
      </>
    );
  }
  return (
    <form
      className="editing"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {before && unsaved && (
        <p className="banner" role="status">
          {words.heldOver}
        </p>
      )}
      {start === undefined && (
        <Field label={words.name} hint={words.nameHint} wrong={problem?.at("name")}>
          {(field) => (
            <input {...field} required maxLength={80} autoComplete="off" spellCheck={false} value={name} onChange={(e) => setName(e.target.value)} />
          )}
        </Field>
      )}
      <Document text={text} set={write} wrong={wrong} goTo={goTo} jump={(line) => setGoTo({ line })} masked={base.document.includes(QUOTED_MASK)} />
      <Removed base={base.document} text={text} />
      {(problem?.code === "ControlNumberIssued" || reuse) && (
        <Tick label={words.reuse} hint={words.reuseHint} on={reuse} set={setReuse} />
      )}
      {problem && <Problem of={problem} />}
      <div className="buttons">
        <span className="quiet" role="status">
          {props.refused ?? (unsaved ? words.unsaved : words.unchanged)}
        </span>
        <button type="button" onClick={layOut}>
          {words.layOut}
        </button>
        <button type="button" onClick={() => (props.cancel ?? (() => props.done(place.name)))()}>
          {common.cancel}
        </button>
        <button type="submit" className="first" aria-disabled={act.isPending || !unsaved || props.refused !== undefined}>
          {start === undefined ? words.create : words.save}
        </button>
      </div>
      {leaving.question}
    </form>
  );
}

/** What is stored now; nothing where it was deleted, and why where it cannot be read. */
async function stored(place: { service: string; section: Section; name: string }): Promise<Theirs> {
  try {
    return { read: await readArtifact(place), problem: undefined };
  } catch (thrown) {
    const gone = asProblem(thrown).code === "ArtifactNotFound";
    return { read: undefined, problem: gone ? undefined : thrown };
  }
}

/** Whether what is stored is what was written; a secret of it is stored behind its mask. */
function isSame(stored: unknown, mine: unknown): boolean {
  if (stored === MASK) return typeof mine === "string";
  if (typeof stored !== "object" || typeof mine !== "object" || !stored || !mine) return stored === mine;
  const [theirs, own] = [Object.entries(stored), new Map(Object.entries(mine))];
  return theirs.length === own.size && theirs.every(([name, value]) => own.has(name) && isSame(value, own.get(name)));
}

/** What makes a text no document, and on which line. */
function brokenIn(text: string): Wrong | undefined {
  try {
    const node = parsed(text);
    return node.kind === "object" ? undefined : { line: lineAt(text, node.from), message: words.noObject };
  } catch (thrown) {
    if (thrown instanceof NoJson) return { line: lineAt(text, thrown.at), message: thrown.message };
    return { line: 1, message: json.deep };
  }
}

/** What of a problem concerns a place in the document, by line. */
function linesOf(problem: ApiProblem, text: string): Wrong[] {
  const node = quietly(text);
  if (node === undefined) return [];
  const told = [...problem.details, { message: problem.message, target: problem.target }];
  const found = new Map<string, Wrong>();
  for (const { target, message } of told) {
    if (target === undefined || !(target === AT || target.startsWith(`${AT}/`))) continue;
    const line = lineAt(text, nearest(node, target.slice(AT.length)).from);
    if (!found.has(target)) found.set(target, { line, message });
  }
  return [...found.values()];
}

function quietly(text: string): Node | undefined {
  try {
    return parsed(text);
  } catch {
    return undefined;
  }
}

const MOST_WRONG = 50;

function Document(props: {
  text: string;
  set: (text: string) => void;
  wrong: readonly Wrong[];
  goTo: { line: number } | undefined;
  jump: (line: number) => void;
  masked: boolean;
}) {
  const id = useId();
  const { wrong } = props;
  return (
    <div className="field">
      <label htmlFor={id}>{words.document}</label>
      <TextEditor
        field={{ id, "aria-describedby": `${id}-wrong ${id}-hint`, "aria-invalid": wrong.length > 0 }}
        value={props.text}
        set={props.set}
        marked={wrong.map((one) => one.line)}
        goTo={props.goTo}
      />
      <div id={`${id}-wrong`} role="alert">
        {wrong.length > 0 && (
          <ul className="wrong-lines">
            {wrong.slice(0, MOST_WRONG).map((one, index) => (
              <li key={index}>
                <button type="button" className="small" onClick={() => props.jump(one.line)}>
                  {words.line(one.line)}
                </button>
                <span className="wrong">{one.message}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div id={`${id}-hint`} className="hint">
        <p>{words.hint}</p>
        <p>{props.masked ? words.masks : words.newSecret}</p>
      </div>
    </div>
  );
}

const MOST_PLACES = 10;

/** Secrets whose mask is no longer there: their member was taken out. */
function Removed({ base, text }: { base: string; text: string }) {
  const places = useMemo(() => {
    if (!base.includes(QUOTED_MASK)) return [];
    const now = quietly(text);
    if (now === undefined) return [];
    const before = pointersOf(base, parsed(base), (source) => source === QUOTED_MASK);
    return before.filter((pointer) => !nearest(now, pointer).whole);
  }, [base, text]);
  if (places.length === 0) return null;
  const named = places.slice(0, MOST_PLACES).join(", ");
  return <p className="hint warned">{words.removed(places.length > MOST_PLACES ? `${named}, …` : named)}</p>;
}
