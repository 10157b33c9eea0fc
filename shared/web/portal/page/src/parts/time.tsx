/** A time with its age; both follow the switch to UTC and the clock. */
import { useEffect, useState } from "react";
import { common } from "../words/shell";
import { age, lasting, moment, useUtc } from "./format";

const MINUTE = 30_000;

/** The present, read again every `every` milliseconds while somebody looks. */
export function useNow(every = MINUTE): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

export function Time({ at, short = false }: { at: string | null | undefined; short?: boolean }) {
  const [utc] = useUtc();
  const now = useNow();
  if (!at) return <span className="quiet">{common.unknown}</span>;
  const whole = moment(at, utc);
  return (
    <time className="time" dateTime={at} title={short ? whole : undefined}>
      {short ? age(at, now) : whole}
      {short ? null : <span className="age">{age(at, now)}</span>}
    </time>
  );
}

/** How long something takes, or took. */
export function Elapsed({ from, to }: { from: string | null | undefined; to: string | null | undefined }) {
  const now = useNow(1000);
  if (!from) return <>{common.unknown}</>;
  return <>{lasting((to ? Date.parse(to) : now) - Date.parse(from))}</>;
}
