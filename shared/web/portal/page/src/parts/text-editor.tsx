/** A text of many lines to edit: numbered, with the lines marked where something is wrong. */
import { useEffect, useRef } from "react";

const FEWEST = 12;
const MOST = 32;

export function TextEditor(props: {
  field: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean };
  value: string;
  set: (value: string) => void;
  marked: readonly number[];
  /** A line to go to; another object for each time. */
  goTo: { line: number } | undefined;
  readOnly?: boolean;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = props.value.split("\n").length;
  const rows = Math.min(MOST, Math.max(FEWEST, lines + 1));
  const numbers = Array.from({ length: lines }, (_, line) => line + 1).join("\n");
  const { goTo } = props;
  const follow = () => frame.current?.style.setProperty("--scrolled", `${area.current?.scrollTop ?? 0}px`);
  useEffect(() => {
    const shown = area.current;
    if (goTo === undefined || shown === null) return;
    const before = shown.value.split("\n").slice(0, goTo.line - 1);
    const from = before.reduce((sum, line) => sum + line.length + 1, 0);
    const end = shown.value.indexOf("\n", from);
    shown.focus();
    shown.setSelectionRange(from, end < 0 ? shown.value.length : end);
    const height = shown.scrollHeight / Math.max(1, shown.value.split("\n").length);
    shown.scrollTop = Math.max(0, (goTo.line - 4) * height);
  }, [goTo]);
  return (
    <div className="text-editor" ref={frame}>
      <div className="gutter" aria-hidden="true">
        {[...new Set(props.marked)].map((line) => (
          <span key={line} className="band" ref={(band) => band?.style.setProperty("--line", String(line - 1))} />
        ))}
        <pre>{numbers}</pre>
      </div>
      <textarea
        {...props.field}
        ref={area}
        className="json"
        rows={rows}
        wrap="off"
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        readOnly={props.readOnly}
        value={props.value}
        onChange={(event) => props.set(event.target.value)}
        onScroll={follow}
      />
    </div>
  );
}
