/** An operation as it runs: its stage, its bar, how long it takes, on which attempt. */
import { useEffect, useRef } from "react";
import { hasEnded, useOperation } from "../api/reads";
import { queries } from "../api/queries";
import type { Monitor } from "../api/types";
import { Chip } from "../parts/status";
import { count } from "../parts/format";
import { Bar, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Elapsed } from "../parts/time";
import { operation as words } from "../words/service";

/** Reads all else again when an operation that was seen running has ended. */
export function useEnding(monitor: Monitor | undefined): void {
  const ran = useRef(false);
  const ended = monitor !== undefined && hasEnded(monitor);
  useEffect(() => {
    if (monitor !== undefined && !ended) ran.current = true;
    if (ended && ran.current) {
      ran.current = false;
      void queries.invalidateQueries({ predicate: ({ queryKey }) => !["operation", "health"].includes(String(queryKey[0])) });
    }
  }, [ended, monitor]);
}

export function Follow({ service, id }: { service?: string | undefined; id: string }) {
  const read = useOperation(service, id);
  const monitor = read.data?.monitor;
  useEnding(monitor);
  if (monitor === undefined) return read.error ? <Problem of={read.error} /> : <Skeleton lines={2} />;
  return <Progress of={monitor} />;
}

export function Progress({ of }: { of: Monitor }) {
  const { done, total, stage } = of.progress ?? {};
  const ended = hasEnded(of);
  const counted = done !== undefined && total !== undefined && total > 0;
  const said = counted ? words.done(count(done), count(total)) : "";
  return (
    <div className="progress" data-status={of.status}>
      <p>
        <Chip of={of.status} />
        <span className="said" role="status">
          {!ended && (stage ? words.stage(stage) : words.waiting)}
        </span>
        <span className="number">{said}</span>
        <span className="quiet number">
          <Elapsed from={of.startedAt ?? of.createdAt} to={of.completedAt} />
        </span>
      </p>
      {!ended && (counted ? <Bar value={done} most={total} label={said} /> : <span className="bar moving" aria-hidden="true" />)}
      {!ended && <p className="quiet">{words.closable}</p>}
    </div>
  );
}
