/** An id in monospace with a button that copies it. */
import { useState } from "react";
import { common } from "../words/shell";
import { Icon } from "./icons";

export function Copy({ text, what, shown }: { text: string; what: string; shown?: string }) {
  const [done, setDone] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    });
  };
  return (
    <span className="copy">
      <code title={text}>{shown ?? text}</code>
      <button type="button" className="bare" onClick={copy} aria-label={common.copyThis(what)} title={common.copy}>
        <Icon name={done ? "check" : "copy"} />
      </button>
      <span className="unseen" role="status">
        {done ? common.copied : ""}
      </span>
    </span>
  );
}
