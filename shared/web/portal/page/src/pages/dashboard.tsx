/** The first page: what needs attention, what runs, how services stand, the last 14 days. */
import { useState } from "react";
import { Link } from "wouter";
import { useEditions, useHealth, useRunning, useServices } from "../api/reads";
import type { ListedService, Monitor } from "../api/types";
import { Chip } from "../parts/status";
import { count } from "../parts/format";
import { Icon } from "../parts/icons";
import { Bar, Empty, Head, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Time, useNow } from "../parts/time";
import { common, shell } from "../words/shell";
import { dashboard as words, services as ofServices } from "../words/pages";
import { shownOperation } from "../words/status";
import { attentionOf, isGood, type Attention } from "./attention";
import { operationAddress } from "./addresses";
import { Days } from "./days";

const AT_ONCE = 1000;
const FIRST = 8;
const WITH_DAYS = 12;

export function Dashboard() {
  const services = useServices({}, AT_ONCE);
  const health = useHealth();
  const now = useNow();
  const rows = services.rows;
  if (rows === undefined) {
    return (
      <>
        <Head title={words.title} />
        {services.error ? <Problem of={services.error} again={() => void services.refetch()} /> : <Skeleton lines={8} />}
      </>
    );
  }
  const attention = attentionOf(rows, health.data, now);
  return (
    <>
      <Head title={words.title} />
      {rows.length === 0 && attention.length === 0 ? (
        <Empty icon="services" text={words.noServices}>
          <Link href="/services/new" className="button first">
            {ofServices.create}
          </Link>
        </Empty>
      ) : (
        <div className="dashboard">
          <Needs all={attention} known={health.data !== undefined && !health.error && !services.hasNextPage} />
          {health.error ? <Problem of={health.error} quietly again={() => void health.refetch()} /> : null}
          <div className="columns">
            <Running />
            <States of={rows} whole={!services.hasNextPage} />
          </div>
          <LastDays of={rows} first={attention} />
        </div>
      )}
    </>
  );
}

/** @param known whether all was looked at: else nothing is said to be well. */
function Needs({ all, known }: { all: Attention[]; known: boolean }) {
  const [most, setMost] = useState(FIRST);
  if (all.length === 0 && !known) {
    return (
      <section className="well unknown" aria-label={words.attention}>
        <div>
          <h2>{words.noneKnown}</h2>
          <p className="quiet">{words.healthUnknown}</p>
        </div>
      </section>
    );
  }
  if (all.length === 0) {
    return (
      <section className="well" aria-label={words.attention}>
        <Icon name="check" />
        <div>
          <h2>{words.allWell}</h2>
          <p className="quiet">{words.allWellText}</p>
        </div>
      </section>
    );
  }
  return (
    <section className="needs" aria-label={words.attention}>
      <h2>
        <Icon name="warn" />
        {words.things(count(all.length), all.length === 1)}
      </h2>
      <ul>
        {all.slice(0, most).map((one) => (
          <li key={one.id} className={one.tone}>
            <Link href={one.address}>
              <Icon name={one.tone === "bad" ? "cross" : "warn"} />
              <strong>{one.about}</strong>
              <span className="what">{one.text}</span>
              {one.status && <Chip of={one.status} />}
              {one.since && <Time at={one.since} short />}
              <Icon name="next" />
            </Link>
          </li>
        ))}
      </ul>
      {!known && <p className="quiet">{words.partly}</p>}
      {all.length > most && (
        <button type="button" className="bare wide" onClick={() => setMost(all.length)}>
          {words.moreAttention(count(all.length - most))}
        </button>
      )}
    </section>
  );
}

function Running() {
  const running = useRunning();
  return (
    <section className="card" aria-labelledby="running">
      <h2 id="running">{words.running}</h2>
      {running.rows === undefined ? (
        running.error ? (
          <p className="quiet">{common.unknown}</p>
        ) : (
          <Skeleton lines={2} />
        )
      ) : running.rows.length === 0 ? (
        <p className="quiet">{words.nothingRuns}</p>
      ) : (
        <ul className="running">
          {running.rows.map((one) => (
            <RunningLine key={`${one.service ?? ""} ${one.id}`} of={one} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RunningLine({ of }: { of: Monitor }) {
  const { done, total } = of.progress ?? {};
  return (
    <li>
      <Link href={operationAddress(of)}>
        <strong>{shownOperation(of.operation)}</strong> {of.service}
      </Link>
      <span className="quiet">{of.progress?.stage ?? ""}</span>
      <Time at={of.startedAt ?? of.createdAt} short />
      {done !== undefined && total ? <Bar value={done} most={total} label={`${count(done)} / ${count(total)}`} /> : null}
    </li>
  );
}

function States({ of, whole }: { of: ListedService[]; whole: boolean }) {
  const states = new Map<string, number>();
  for (const one of of) states.set(one.state, (states.get(one.state) ?? 0) + 1);
  const order = [...states].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
  const editions = useEditions().data;
  // An edition without backup is neither good nor bad at it.
  const able = editions && new Set(editions.filter((one) => one.backup).map((one) => one.edition));
  const counted = able && of.filter((one) => able.has(one.edition));
  const good = counted?.filter(isGood).length ?? 0;
  const said = counted && words.protectedText(count(good), count(counted.length));
  return (
    <section className="card" aria-labelledby="states">
      <h2 id="states">{words.services}</h2>
      <ul className="states">
        {order.map(([state, many]) => (
          <li key={state}>
            <Link href={`/services?state=${state}`}>
              <b>{count(many)}</b>{" "}
              <Chip of={state} />
            </Link>
          </li>
        ))}
      </ul>
      <p className="quiet">{said ?? common.unknown}</p>
      {counted && said && counted.length > 0 && <Bar value={good} most={counted.length} label={said} />}
      {!whole && <p className="quiet">{words.first(count(of.length))}</p>}
    </section>
  );
}

function LastDays({ of, first }: { of: ListedService[]; first: Attention[] }) {
  const urgent = new Set(first.map((one) => one.about));
  const order = [...of].sort((a, b) => Number(urgent.has(b.name)) - Number(urgent.has(a.name)) || a.name.localeCompare(b.name));
  const { legend } = words;
  return (
    <section className="card" aria-labelledby="days">
      <h2 id="days">{words.days}</h2>
      <p className="legend">
        <span className="quiet">{words.daysText}</span>
        {(["good", "warn", "bad", "none", "unknown"] as const).map((kind) => (
          <span key={kind}>
            <i className={`dot ${kind}`} />
            {legend[kind]}
          </span>
        ))}
      </p>
      <ul className="days">
        {order.slice(0, WITH_DAYS).map((one) => (
          <Days key={one.id} of={one} />
        ))}
      </ul>
      {of.length > WITH_DAYS && (
        <Link href="/services" className="button">
          {words.more}
        </Link>
      )}
      {of.length === 0 && <p className="quiet">{shell.services}</p>}
    </section>
  );
}
