/** What is to be seen to before a restored service is resumed, with ticks of whoever goes through it. */
import { useId, useState } from "react";
import { Link } from "wouter";
import { api, taken } from "../../api/client";
import type { Monitor, RestorePlan, Service } from "../../api/types";
import { Confirm } from "../../parts/dialog";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Bar } from "../../parts/parts";
import { Said } from "../../parts/said";
import { restored as words } from "../../words/restore";
import { useAct } from "../commands";
import { useChecklist } from "./to-checklist";

const STORED = "interkeep-checklist ";

/** Warnings that ask for something to be done, and that the plan's own list does not have. */
const TO_DO = new Set(["NotIncluded", "SslCertificateExpired", "ContentNotBackedUp", "NotBackedUp", "ArchivingStoreLeftOut"]);

/** Everything to see to: the plan's list, and what of its warnings asks for something. */
export function toSeeTo(plan: RestorePlan, operation: Monitor): string[] {
  const warned = [...(plan.warnings ?? []), ...(operation.warnings ?? [])].filter((one) => TO_DO.has(one.code));
  return [...new Set([...(plan.beforeResuming ?? []), ...warned.map((one) => one.message)])];
}

export type Ticks = { on: ReadonlySet<number>; set: (at: number, on: boolean) => void };

/** The ticks of a list, kept in this browser: who goes through it may take a day. */
export function useTicks(restore: string, most: number): Ticks {
  const [on, setOn] = useState(() => kept(restore, most));
  const set = (at: number, ticked: boolean) => {
    const next = new Set(on);
    if (ticked) next.add(at);
    else next.delete(at);
    localStorage.setItem(STORED + restore, JSON.stringify([...next]));
    setOn(next);
  };
  return { on, set };
}

function kept(restore: string, most: number): ReadonlySet<number> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED + restore) ?? "[]");
    return new Set(Array.isArray(found) ? found.filter((at): at is number => Number.isInteger(at) && at < most) : []);
  } catch {
    return new Set();
  }
}

export function Checklist(props: { points: string[]; ticks: Ticks; waits: boolean; service: string }) {
  const { points, ticks, waits } = props;
  const id = useId();
  const said = words.done(count(ticks.on.size), count(points.length));
  return (
    <section className="card checklist" aria-labelledby="checklist">
      <h2 id="checklist">{words.checklist}</h2>
      <p className="quiet">{waits ? words.wait : words.checklistText}</p>
      <p className="facts" role="status">
        {said}
      </p>
      <Bar value={ticks.on.size} most={points.length} label={said} />
      <ol>
        {points.map((point, at) => (
          <li key={point} className="tick">
            <input type="checkbox" id={`${id}-${at}`} checked={ticks.on.has(at)} onChange={(event) => ticks.set(at, event.target.checked)} />
            <label htmlFor={`${id}-${at}`}>
              <Said text={point} />
            </label>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function ResumeRestored({ service, open, close }: { service: string; open: string[]; close: () => void }) {
  const act = useAct(
    `resume ${service}`,
    (id) => taken(api.POST("/services/{service}/resume", { params: { path: { service }, header: { "Operation-Id": id } } })),
    close,
  );
  return (
    <Confirm
      title={words.resumeTitle(service)}
      text={<p>{words.resumeText}</p>}
      word={words.resume}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    >
      {open.length > 0 && (
        <div className="warned">
          <p>{words.open(count(open.length), open.length === 1)}</p>
          <ul className="points">
            {open.map((one) => (
              <li key={one}>
                <Said text={one} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </Confirm>
  );
}

/** On the page of a service that was restored and not resumed: where its checklist is. */
export function RestoredNotice({ of }: { of: Service }) {
  const waits = of.state === "Suspended" && of.restoredFrom != null;
  return waits ? <Notice service={of.name} /> : null;
}

function Notice({ service }: { service: string }) {
  const address = useChecklist(service);
  if (!address) return null;
  return (
    <p className="banner">
      <Icon name="restore" />
      <span>
        {words.overviewNotice} <Link href={address}>{words.overviewLink}</Link>
      </span>
    </p>
  );
}
