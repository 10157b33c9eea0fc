/** The first page: what needs attention, what runs, how services stand, the last 14 days. */
import { useState } from "react";
import { Link } from "wouter";
import { useUnprotected, type FoundAccounts } from "../api/integration-accounts";
import { useHealth, useMay, useRunning, useServices, useSummary, type List } from "../api/reads";
import type { ListedService, Monitor, Summary, UrgentService } from "../api/types";
import { Chip } from "../parts/status";
import { count } from "../parts/format";
import { Icon } from "../parts/icons";
import { Bar, Empty, Head, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Time, useNow } from "../parts/time";
import { common } from "../words/shell";
import { dashboard as words, services as ofServices } from "../words/pages";
import { shownOperation } from "../words/status";
import { attentionOf, type Attention } from "./attention";
import { operationAddress } from "./addresses";
import { Days } from "./days";

const FIRST = 8;
const WITH_DAYS = 12;

export function Dashboard() {
  const summary = useSummary();
  const some = useServices({}, WITH_DAYS);
  const health = useHealth();
  const unprotected = useUnprotected(useMay()("list_integration_accounts"));
  const now = useNow();
  const found = summary.data;
  if (found === undefined) {
    return (
      <>
        <Head title={words.title} />
        {summary.error ? <Problem of={summary.error} again={() => void summary.refetch()} /> : <Skeleton lines={8} />}
      </>
    );
  }
  const attention = attentionOf(found.worst, health.data, now, unprotected);
  const untold = found.needAttention.errors + found.needAttention.warnings - found.worst.length;
  return (
    <>
      <Head title={words.title} />
      {found.services === 0 && attention.length === 0 && !some.rows?.length ? (
        <Empty icon="services" text={words.noServices}>
          <Link href="/services/new" className="button first">
            {ofServices.create}
          </Link>
        </Empty>
      ) : (
        <div className="dashboard">
          <Needs all={attention} untold={untold} known={health.data !== undefined && !health.error} />
          {health.error ? <Problem of={health.error} quietly again={() => void health.refetch()} /> : null}
          {summary.error ? <Problem of={summary.error} quietly again={() => void summary.refetch()} /> : null}
          <div className="standing">
            <Protected of={found} accounts={unprotected} />
            <States of={found} />
            <Running />
          </div>
          <LastDays worst={found.worst} list={some} all={found.services} />
        </div>
      )}
    </>
  );
}

/**
 * @param untold how many services need attention beside those that are told by name.
 * @param known whether all was looked at: else nothing is said to be well.
 */
function Needs({ all, untold, known }: { all: Attention[]; untold: number; known: boolean }) {
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
        {words.things(count(all.length + untold), all.length + untold === 1)}
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
      {all.length <= most && untold > 0 && (
        <p>
          <Link href="/services">{words.untold(count(untold), untold === 1)}</Link>
        </p>
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

function Protected({ of, accounts }: { of: Summary; accounts: FoundAccounts | undefined }) {
  // An edition without backup is neither good nor bad at it.
  const { able, succeeded } = of.backedUp;
  const without = of.services - able;
  const free = accounts?.value.length ?? 0;
  return (
    <section className="card" aria-labelledby="protected">
      <h2 id="protected">{words.protected}</h2>
      <p className="whole">
        <b>{words.protectedOf(count(succeeded), count(able))}</b> <span className="quiet">{words.protectedText(able === 1)}</span>
      </p>
      {able > 0 && <Bar value={succeeded} most={able} label={words.protectedOf(count(succeeded), count(able))} />}
      {without > 0 && <p className="quiet small">{words.withoutBackup(count(without), without === 1)}</p>}
      {free > 0 && (
        <p className="small">
          <Link href="/accounts">{words.freeAccounts(count(free), free === 1, Boolean(accounts?.nextLink))}</Link>
        </p>
      )}
    </section>
  );
}

function States({ of }: { of: Summary }) {
  const order = Object.entries(of.states).sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
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
    </section>
  );
}

function LastDays({ worst, list, all }: { worst: UrgentService[]; list: List<ListedService>; all: number }) {
  const named = new Map<string, ListedService>([...worst, ...(list.rows ?? [])].map((one) => [one.id, one]));
  const shown = [...named.values()].slice(0, WITH_DAYS);
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
        {shown.map((one) => (
          <Days key={one.id} of={one} />
        ))}
      </ul>
      {shown.length === 0 && !list.rows && !list.error && <Skeleton lines={3} />}
      {list.error ? <Problem of={list.error} quietly again={() => void list.refetch()} /> : null}
      {all > shown.length && (
        <Link href="/services" className="button">
          {words.more}
        </Link>
      )}
    </section>
  );
}
