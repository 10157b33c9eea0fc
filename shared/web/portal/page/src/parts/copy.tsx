/** An id in monospace with a button that copies it. */
import { useState } from "react";
import { common } from "../words/shell";
import { Icon } from "./icons";

export function Copy({ text, what, shown }: { text: string; what: string; shown?: string }) {
  const [done, setDone] = useState<boolean>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(undefined), 1500);
    } catch {
      // Refused, or not there: not every address has a clipboard.
      setDone(false);
    }
  };
  return (
    <span className="copy">
      <code title={text}>{shown ?? text}</code>
      <button type="button" className="bare" onClick={() => void copy()} aria-label={common.copyThis(what)} title={common.copy}>
        <Icon name={done ? "check" : "copy"} />
      </button>
      <span className={done === false ? "wrong" : "unseen"} role="status">
        {done ? common.copied : done === false ? common.notCopied : ""}
      </span>
    </span>
  );
}
