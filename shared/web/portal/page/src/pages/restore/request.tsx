/** The request of a restore, as it is sent: as JSON, and as a command. */
import { useState } from "react";
import type { RestoreBody } from "../../api/types";
import { Tick } from "../../parts/fields";
import { Icon } from "../../parts/icons";
import { common } from "../../words/shell";
import { request as words } from "../../words/restore";

const MASK = "********";

/** The request with its secrets masked, as answers of the API mask them. */
export function masked(body: RestoreBody): RestoreBody {
  const mask = <T,>(value: T) => (typeof value === "string" ? MASK : value);
  const { service, replace } = body;
  const stored = (of: NonNullable<typeof service>["archivingStore"]) => of && { ...of, connectionString: mask(of.connectionString) };
  return {
    ...body,
    service: service && {
      ...service,
      accessControl: service.accessControl && { ...service.accessControl, key: mask(service.accessControl.key) },
      trackingDatabase: service.trackingDatabase && { ...service.trackingDatabase, password: mask(service.trackingDatabase.password) },
      monitoringStore: stored(service.monitoringStore),
      archivingStore: stored(service.archivingStore),
    },
    replace: replace?.map((one) => ({ ...one, value: MASK })),
  };
}

/** A text as one word of a shell. */
const quoted = (text: string) => `'${text.replace(/'/g, `'\\''`)}'`;

/** The request as a command; the function key is taken from the shell's environment. */
export function curl(body: RestoreBody, id: string): string {
  return [
    `curl -X POST ${quoted(`${location.origin}/api/restores`)}`,
    `-H "x-functions-key: $INTERKEEP_KEY"`,
    `-H ${quoted(`Operation-Id: ${id}`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(JSON.stringify(body))}`,
  ].join(" \\\n  ");
}

export function Request({ body, id }: { body: RestoreBody; id: string }) {
  const [form, setForm] = useState<"json" | "curl">("json");
  const [secrets, setSecrets] = useState(false);
  const [done, setDone] = useState(false);
  const shown = secrets ? body : masked(body);
  const text = form === "json" ? JSON.stringify(shown, null, 2) : curl(shown, id);
  const hasSecrets = JSON.stringify(masked(body)) !== JSON.stringify(body);
  const copy = () =>
    void navigator.clipboard.writeText(text).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    });
  return (
    <details className="card request">
      <summary>{words.title}</summary>
      <p className="quiet">{words.text}</p>
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
