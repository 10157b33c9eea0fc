/** Backups by day: a strip of dots for a service, and the timeline of its page. */
import { Link } from "wouter";
import { useBackups } from "../api/reads";
import type { ListedBackup, ListedService } from "../api/types";
import { Chip } from "../parts/status";
import { day, dayKey, useUtc } from "../parts/format";
import { useNow } from "../parts/time";
import { dashboard as words } from "../words/pages";
import { shownStatus, type Tone } from "../words/status";

const DAY = 86_400_000;
const WORST: (Tone | "none")[] = ["bad", "warn", "busy", "good", "quiet", "none"];

export type DayOf = { key: string; date: Date; kind: Tone | "none"; backups: ListedBackup[] };

/** The last days, the oldest first, each with its backups and the worst of them. */
export function byDay(backups: ListedBackup[], days: number, now: number, utc: boolean): DayOf[] {
  const found = new Map<string, ListedBackup[]>();
  for (const one of backups) {
    // What was deleted since was good or bad on its day all the same, but that is not known here.
    const key = dayKey(one.startedAt, utc);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return Array.from({ length: days }, (_, back) => {
    const date = new Date(now - (days - 1 - back) * DAY);
    const key = dayKey(date, utc);
    const of = found.get(key) ?? [];
    const kinds = of.map((one) => shownStatus(one.status).tone);
    const kind = WORST.find((one) => kinds.includes(one as Tone)) ?? "none";
    return { key, date, kind, backups: of };
  });
}

const STRIP = 14;
/** More than a few a day; so many are read now and then alone. */
const OF_STRIP = 120;

/** A line of the dashboard: a service, its last backup, a dot for each of 14 days. */
export function Days({ of }: { of: ListedService }) {
  const backups = useBackups(of.name, {}, OF_STRIP);
  const [utc] = useUtc();
  const now = useNow();
  const days = byDay(backups.rows ?? [], STRIP, now, utc);
  return (
    <li>
      <Link href={`/services/${of.name}`}>{of.name}</Link>
      <ol className={backups.rows ? "dots" : "dots waiting"}>
        {days.map((one) => {
          const nothing = backups.rows ? words.legend.none : words.legend.unknown;
          const word = one.kind === "quiet" || one.kind === "none" ? nothing : words.legend[one.kind];
          const said = words.dot(day(one.date, utc), word);
          return (
            <li key={one.key} title={said}>
              <i className={`dot ${one.kind}`} />
              <span className="unseen">{said}</span>
            </li>
          );
        })}
      </ol>
      {of.lastBackup ? <Chip of={of.lastBackup.status} /> : <span />}
    </li>
  );
}
