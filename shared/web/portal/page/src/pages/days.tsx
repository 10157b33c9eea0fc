/** Backups by day: a strip of dots for a service, and the timeline of its page. */
import { Link } from "wouter";
import { useBackups, useEditions } from "../api/reads";
import type { ListedBackup, ListedService } from "../api/types";
import { Chip } from "../parts/status";
import { day, dayKey, noonBefore, useUtc } from "../parts/format";
import { useNow } from "../parts/time";
import { dashboard as words } from "../words/pages";
import { shownStatus, type Tone } from "../words/status";

const WORST: Tone[] = ["bad", "warn", "busy", "good", "quiet"];

export type DayOf = { key: string; date: Date; kind: Tone | "none" | "unknown"; backups: ListedBackup[] };

/** What was read of a history, the newest first; `rows` is undefined before, and where it failed. */
type Read = { rows: ListedBackup[] | undefined; hasNextPage: boolean };

/**
 * The last days, the oldest first, each with its backups, the worst first. Of a day that was
 * not read, it is not said that it had none.
 */
export function byDay({ rows, hasNextPage }: Read, days: number, now: number, utc: boolean): DayOf[] {
  const found = new Map<string, ListedBackup[]>();
  const oldest = rows?.at(-1)?.startedAt;
  const from = hasNextPage && oldest ? dayKey(oldest, utc) : "";
  for (const one of rows ?? []) {
    // What was deleted since was good or bad on its day all the same, but that is not known here.
    const key = dayKey(one.startedAt, utc);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return Array.from({ length: days }, (_, back) => {
    const date = noonBefore(now, days - 1 - back, utc);
    const key = dayKey(date, utc);
    const of = found.get(key) ?? [];
    const tone = (one: ListedBackup) => shownStatus(one.status).tone;
    const nothing = rows === undefined || key < from ? "unknown" : "none";
    const backups = [...of].sort((a, b) => WORST.indexOf(tone(a)) - WORST.indexOf(tone(b)));
    const kind = backups[0] ? tone(backups[0]) : nothing;
    return { key, date, kind, backups };
  });
}

/** A day and the worst backup of it, in words. */
export function saidOf(one: DayOf, utc: boolean): string {
  return words.dot(day(one.date, utc), words.legend[one.kind === "quiet" ? "none" : one.kind]);
}

const STRIP = 14;
/** More than a few a day; so many are read now and then alone. */
const OF_STRIP = 120;

/** A line of the dashboard: a service, its last backup, a dot for each of 14 days. */
export function Days({ of }: { of: ListedService }) {
  const backups = useBackups(of.name, {}, OF_STRIP);
  const [utc] = useUtc();
  const now = useNow();
  const days = byDay(backups, STRIP, now, utc);
  const edition = useEditions().data?.find((one) => one.edition === of.edition);
  const without = edition?.backup === false && !of.integrationAccount;
  return (
    <li>
      <Link href={`/services/${of.name}`}>{of.name}</Link>
      <ol className={backups.rows || backups.error ? "dots" : "dots waiting"}>
        {days.map((one) => {
          const said = saidOf(one, utc);
          return (
            <li key={one.key} title={said}>
              <i className={`dot ${one.kind}`} />
              <span className="unseen">{said}</span>
            </li>
          );
        })}
      </ol>
      {of.lastBackup ? <Chip of={of.lastBackup.status} /> : without ? <span className="quiet">{words.withoutOne}</span> : <Chip of="neverBackedUp" />}
    </li>
  );
}
