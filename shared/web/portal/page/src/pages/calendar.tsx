/** The preview of a schedule as a calendar: what runs, and what retention deletes, struck through. */
import type { ApiProblem } from "../api/problem";
import type { Preview } from "../api/types";
import { clock, count, day, dayKey, noonBefore, useUtc, weekday } from "../parts/format";
import { Icon } from "../parts/icons";
import { Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { schedule as words } from "../words/backup";
import { reason } from "./backups";

const DAY = 86_400_000;
const WEEK = 7;
const MOST_IN_A_DAY = 3;

type Cell = { key: string; date: Date; runs: Preview["runs"]; deletes: Preview["deletes"]; outside: boolean };

/** The weeks of a preview, Monday first, each day with what happens on it. */
export function weeksOf(preview: Preview, utc: boolean): Cell[][] {
  const [from, to] = [Date.parse(preview.from), Date.parse(preview.to)];
  const first = new Date(from);
  const ahead = ((utc ? first.getUTCDay() : first.getDay()) + 6) % WEEK;
  const runs = grouped(preview.runs, (one) => dayKey(one.dueAt, utc));
  const deletes = grouped(preview.deletes, (one) => dayKey(one.at, utc));
  const [begins, ends] = [dayKey(preview.from, utc), dayKey(preview.to, utc)];
  const weeks: Cell[][] = [];
  for (let at = noonBefore(from, ahead, utc).getTime(); at <= to + WEEK * DAY; at += WEEK * DAY) {
    const week = Array.from({ length: WEEK }, (_, offset) => {
      const date = new Date(at + offset * DAY);
      const key = dayKey(date, utc);
      return { key, date, runs: runs.get(key) ?? [], deletes: deletes.get(key) ?? [], outside: key < begins || key > ends };
    });
    if (week.every((one) => one.outside)) break;
    weeks.push(week);
  }
  return weeks;
}

function grouped<T>(all: T[], keyOf: (one: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) found.set(keyOf(one), [...(found.get(keyOf(one)) ?? []), one]);
  return found;
}

export function Calendar(props: { of: Preview | undefined; problem: ApiProblem | undefined; waits: boolean }) {
  const [utc] = useUtc();
  const { of, problem } = props;
  if (problem) return <Problem of={problem} quietly />;
  if (props.waits) return <p className="quiet">{words.previewWait}</p>;
  if (of === undefined) return <Skeleton lines={6} />;
  const weeks = weeksOf(of, utc);
  return (
    <>
      <p className="quiet" role="status">
        {words.runs(count(of.runs.length))}, {words.deletes(count(of.deletes.length))}. {words.previewText}
      </p>
      <table className="calendar">
        <caption className="unseen">{words.calendar}</caption>
        <thead>
          <tr>
            {weeks[0]?.map(({ key, date }) => (
              <th key={key} scope="col">
                {weekday(date, utc)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]?.key}>
              {week.map((one) => (
                <Day key={one.key} of={one} utc={utc} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="legend">
        <span>
          <i className="mark run" />
          {words.legendRun}
        </span>
        <span>
          <s>{words.legendDelete}</s>
        </span>
      </p>
    </>
  );
}

function Day({ of, utc }: { of: Cell; utc: boolean }) {
  const { runs, deletes } = of;
  const empty = runs.length + deletes.length === 0;
  return (
    <td className={`${of.outside ? "outside" : ""} ${empty ? "calm" : ""}`}>
      <span className="date">{day(of.date, utc)}</span>
      {runs.slice(0, MOST_IN_A_DAY).map((one) => (
        <span key={one.dueAt} className="run" title={one.backup}>
          <Icon name="backup" />
          {clock(one.dueAt, utc)}
        </span>
      ))}
      {deletes.slice(0, MOST_IN_A_DAY).map((one) => (
        <span key={`${one.backup} ${one.at}`} className="gone" title={one.backup}>
          <s>{one.completedAt ? day(new Date(one.completedAt), utc) : one.backup}</s>
          <span className="why"> {one.reasons.map(reason).join(", ")}</span>
        </span>
      ))}
      {deletes.length > MOST_IN_A_DAY && <span className="quiet">{words.more(count(deletes.length - MOST_IN_A_DAY))}</span>}
    </td>
  );
}
