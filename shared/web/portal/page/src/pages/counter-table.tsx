/** The table of counters: an agreement at a time, its kinds below each other. */
import { Chip } from "../parts/status";
import { count, percent, roughly } from "../parts/format";
import { Reason } from "../parts/reason";
import { common } from "../words/shell";
import { numbers as words } from "../words/numbers";
import {
  hasEnded,
  isNearEnd,
  issuedSince,
  KINDS,
  lasts,
  left,
  shareLeft,
  type Kind,
  type ShownNumbers,
  type Standing,
} from "./counters";

/** What a backup knew, and when: what a rate is reckoned from. */
export type Past = {
  counters: Map<string, Record<string, { next: number; cycle?: number }>> | undefined;
  readAt: string | undefined;
  /** When the present counters were read, in milliseconds. */
  now: number;
};

type Given = {
  rows: ShownNumbers[];
  service: string;
  past: Past;
  /** Undefined where nothing may be chosen. */
  chosen: ReadonlySet<string> | undefined;
  choose: (chosen: ReadonlySet<string>) => void;
  /** Undefined where nothing may be set. */
  setNext: ((agreement: string, kind: Kind) => void) | undefined;
  refused: string | undefined;
};

export function CounterTable({ rows, service, past, chosen, choose, setNext, refused }: Given) {
  const all = chosen !== undefined && rows.every((one) => chosen.has(one.agreement));
  const tick = (those: ShownNumbers[], on: boolean) => {
    const next = new Set(chosen);
    for (const { agreement } of those) {
      if (on) next.add(agreement);
      else next.delete(agreement);
    }
    choose(next);
  };
  const heads: [string, string?][] = [
    [words.agreement],
    [words.kind],
    [words.next, "number"],
    [words.bounds, "number"],
    [words.left],
    [words.lasts],
    [words.cycle, "number"],
  ];
  return (
    <div className="scroll" role="group" aria-label={`${service}: ${words.tab}`} tabIndex={0}>
      <table className="counters">
        <caption className="unseen">{`${service}: ${words.tab}`}</caption>
        <thead>
          <tr>
            {chosen && (
              <th scope="col" className="tick-cell">
                <input
                  type="checkbox"
                  aria-label={words.tickAll}
                  checked={all}
                  onChange={(event) => tick(rows, event.target.checked)}
                />
              </th>
            )}
            {heads.map(([word, kind]) => (
              <th key={word} scope="col" className={kind} title={word === words.lasts ? words.lastsHint : undefined}>
                {word}
              </th>
            ))}
            {setNext && (
              <th scope="col" className="end unseen-head">
                {words.commands}
              </th>
            )}
          </tr>
        </thead>
        {rows.map((one) => (
          <Agreement
            key={one.agreement}
            of={one}
            past={past}
            ticked={chosen?.has(one.agreement)}
            tick={(on) => tick([one], on)}
            setNext={setNext}
            refused={refused}
          />
        ))}
      </table>
    </div>
  );
}

function Agreement(props: {
  of: ShownNumbers;
  past: Past;
  ticked: boolean | undefined;
  tick: (on: boolean) => void;
  setNext: Given["setNext"];
  refused: string | undefined;
}) {
  const { of, past, ticked, setNext, refused } = props;
  const before = past.counters?.get(of.agreement.toLowerCase());
  const elapsed = past.readAt === undefined ? undefined : past.now - Date.parse(past.readAt);
  const kinds = KINDS.filter((kind) => kind in of.counters);
  return (
    <tbody>
      {kinds.map((kind, index) => {
        const now = of.counters[kind] as Standing;
        return (
          <tr key={kind}>
            {index === 0 && ticked !== undefined && (
              <td rowSpan={kinds.length} className="tick-cell">
                <input
                  type="checkbox"
                  aria-label={words.tick(of.agreement)}
                  checked={ticked}
                  onChange={(event) => props.tick(event.target.checked)}
                />
              </td>
            )}
            {index === 0 && (
              <th scope="rowgroup" rowSpan={kinds.length} className="of-agreement">
                <span className="name">{of.agreement}</span>
                <span className="quiet small">{words.stream[of.stream]}</span>
              </th>
            )}
            <td className="kind" data-label={words.kind}>
              <span>
                {words.kinds[kind]}
                {isNearEnd(now) && <Chip of={hasEnded(now) ? "usedUp" : "nearEnd"} />}
              </span>
            </td>
            <td className="number" data-label={words.next}>
              {hasEnded(now) ? <span className="quiet">{common.unknown}</span> : count(now.next)}
            </td>
            <td className="number quiet of-bounds" data-label={words.bounds}>
              {words.range(count(now.lowerBound), count(now.upperBound))}
              <span className="then">{now.rollover ? words.rolls : words.ends}</span>
            </td>
            <td data-label={words.left} className="left-cell">
              <Gauge of={now} agreement={of.agreement} kind={kind} />
            </td>
            <td data-label={words.lasts} className="whole">
              <Lasts now={now} before={before} kind={kind} elapsed={elapsed} />
            </td>
            <td className="number" data-label={words.cycle}>
              {count(now.cycle)}
            </td>
            {setNext && (
              <td className="end">
                <button
                  type="button"
                  className="small"
                  aria-label={words.setNextOf(of.agreement, words.kinds[kind])}
                  aria-disabled={refused !== undefined}
                  aria-describedby={refused === undefined ? undefined : `why ${of.agreement} ${kind}`.replaceAll(" ", "-")}
                  onClick={() => refused === undefined && setNext(of.agreement, kind)}
                >
                  {words.setNext}
                  {refused !== undefined && <Reason why={refused} id={`why ${of.agreement} ${kind}`.replaceAll(" ", "-")} />}
                </button>
              </td>
            )}
          </tr>
        );
      })}
    </tbody>
  );
}

/** What is left of the bounds. */
function Gauge({ of, agreement, kind }: { of: Standing; agreement: string; kind: Kind }) {
  const share = shareLeft(of);
  return (
    <span className="gauge">
      <span className="said">
        <span>{words.leftOf(count(left(of)))}</span>
        <span className="quiet">{percent(share)}</span>
      </span>
      <svg
        className={`bar ${isNearEnd(of) ? "full" : ""}`}
        role="img"
        aria-label={words.gauge(agreement, words.kinds[kind], count(left(of)), percent(share))}
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
      >
        <rect className="track" width="100" height="4" />
        <rect className="part" width={share * 100} height="4" />
      </svg>
    </span>
  );
}

function Lasts(props: { now: Standing; before: Record<string, { next: number; cycle?: number }> | undefined; kind: Kind; elapsed: number | undefined }) {
  const { now, before, kind, elapsed } = props;
  // A kind that the agreement's record lacks had issued nothing by then.
  const counter = before && { next: before[kind]?.next ?? now.lowerBound, cycle: before[kind]?.cycle ?? 0 };
  const found = lasts(now, counter && issuedSince(counter, now), elapsed);
  if (found.kind === "for") return <>{roughly(found.milliseconds)}</>;
  if (found.kind === "ages") return <>{words.moreThan}</>;
  return <span className="quiet">{found.kind === "unused" ? words.unused : common.unknown}</span>;
}
