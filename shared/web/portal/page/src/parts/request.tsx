/** A request, as it is sent: as JSON, and as a command. */
import { useState } from "react";
import { common } from "../words/shell";
import { request as words } from "../words/parts";
import { Tick } from "./fields";
import { Icon } from "./icons";

/** A text as one word of a shell. */
const quoted = (text: string) => `'${text.replace(/'/g, `'\\''`)}'`;

/** The request as a command; the function key is taken from the shell's environment. */
function curl(path: string, body: unknown, id: string): string {
  return [
    `curl -X POST ${quoted(`${location.origin}/api/${path}`)}`,
    `-H "x-functions-key: $INTERKEEP_KEY"`,
    `-H ${quoted(`Operation-Id: ${id}`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(JSON.stringify(body))}`,
  ].join(" \\\n  ");
}

type Given = {
  /** What it is posted to, without `/api/`. */
  path: string;
  body: unknown;
  /** The same with its secrets masked, where it has any. */
  masked?: unknown;
  id: string;
  /** When it is sent. */
  text: string;
};

export function Request({ path, body, masked = body, id, text: when }: Given) {
  const [form, setForm] = useState<"json" | "curl">("json");
  const [secrets, setSecrets] = useState(false);
  const [done, setDone] = useState(false);
  const shown = secrets ? body : masked;
  const text = form === "json" ? JSON.stringify(shown, null, 2) : curl(path, shown, id);
  const hasSecrets = JSON.stringify(masked) !== JSON.stringify(body);
  const copy = () =>
    void navigator.clipboard.writeText(text).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    });
  return (
    <details className="card request">
      <summary>{words.title}</summary>
      <p className="quiet">{when}</p>
      <div className="filters">
        {(["json", "curl"] as const).map((one) => (
          <button key={one} type="button" className="small" aria-pressed={form === one} onClick={() => setForm(one)}>
            {words[one]}
          </button>
        ))}
        {hasSecrets && <Tick label={words.secrets} hint={words.secretsHint} on={secrets} set={setSecrets} />}
        <button type="button" className="small" onClick={copy}>
          <Icon name={done ? "check" : "copy"} />
          {words.copy}
        </button>
        <span className="unseen" role="status">
          {done ? common.copied : ""}
        </span>
      </div>
      {form === "curl" && <p className="quiet small">{words.keyHint}</p>}
      <pre tabIndex={0} role="group" aria-label={words[form]}>
        {text}
      </pre>
    </details>
  );
}
