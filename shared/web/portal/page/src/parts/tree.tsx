/** A JSON value as a tree: what is closed is not drawn, long lists and texts come in parts. */
import { useState } from "react";
import { compare as words } from "../words/compare";

/** What the API shows in place of a secret. */
export const MASK = "********";

const AT_ONCE = 100;
const OPEN_DEPTH = 3;
const OPEN_PARTS = 24;
const LONG = 240;

export function Tree({ value, label }: { value: unknown; label: string }) {
  const parts = partsOf(value);
  return (
    <div className="tree" role="group" aria-label={label}>
      {parts === undefined || parts.length === 0 ? <Leaf value={value} /> : <Parts of={parts} depth={1} />}
    </div>
  );
}

function Parts({ of, depth }: { of: [string, unknown][]; depth: number }) {
  const [most, setMost] = useState(AT_ONCE);
  const left = of.length - most;
  return (
    <ul>
      {of.slice(0, most).map(([name, value]) => (
        <Part key={name} name={name} value={value} depth={depth} />
      ))}
      {left > 0 && (
        <li>
          <button type="button" className="small" onClick={() => setMost(most + AT_ONCE)}>
            {words.more(Math.min(left, AT_ONCE))}
          </button>
        </li>
      )}
    </ul>
  );
}

function Part({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const parts = partsOf(value);
  const [open, setOpen] = useState(depth < OPEN_DEPTH && (parts?.length ?? 0) <= OPEN_PARTS);
  if (parts === undefined || parts.length === 0) {
    return (
      <li className="leaf">
        <code className="member">{name}</code> <Leaf value={value} />
      </li>
    );
  }
  return (
    <li>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <code className="member">{name}</code>{" "}
          <span className="quiet">{Array.isArray(value) ? words.elements(parts.length) : words.members(parts.length)}</span>
        </summary>
        {open && <Parts of={parts} depth={depth + 1} />}
      </details>
    </li>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (value === MASK) {
    return (
      <span className="masked">
        <code>{MASK}</code> <span className="quiet">{words.secret}</span>
      </span>
    );
  }
  if (typeof value === "string") return <LongText text={value} />;
  if (typeof value === "object" && value !== null) return <span className="quiet">{words.empty}</span>;
  return <code className="plain">{String(value)}</code>;
}

/** A text in monospace; a long one is cut, with a button that shows the rest. */
export function LongText({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  if (text === "") return <span className="quiet">{words.empty}</span>;
  if (text.length <= LONG) return <code className="value">{text}</code>;
  return (
    <span className="long">
      <code className="value">{whole ? text : `${text.slice(0, LONG)}…`}</code>{" "}
      <button type="button" className="small" aria-expanded={whole} onClick={() => setWhole(!whole)}>
        {whole ? words.lessText : words.wholeText(text.length)}
      </button>
    </span>
  );
}

/** Names and values of what has parts; undefined for a text, a number, true, false or null. */
function partsOf(value: unknown): [string, unknown][] | undefined {
  if (Array.isArray(value)) return value.map((one, index): [string, unknown] => [String(index), one]);
  return typeof value === "object" && value !== null ? Object.entries(value) : undefined;
}
