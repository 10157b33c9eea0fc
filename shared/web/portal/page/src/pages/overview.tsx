/** Quick Glance, quota, protection, and what happened last. */
import { lazy, Suspense } from "react";
import { Link } from "wouter";
import { hasEnded, useListedService, useOperations, useRunning } from "../api/reads";
import type { Monitor, Schemas, Service } from "../api/types";
import { Chip } from "../parts/status";
import { Copy } from "../parts/copy";
import { count } from "../parts/format";
import { Bar, Facts, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Time } from "../parts/time";
import { common } from "../words/shell";
import { service as words } from "../words/service";
import { shownOperation } from "../words/status";
import { backupAddress, operationAddress } from "./addresses";
import { Follow } from "./follow";
import { about } from "./log";
import { RestoredNotice } from "./restore/checklist";

// Most services hold no integration account.
const AccountCard = lazy(async () => ({ default: (await import("../later/accounts")).AccountCard }));

const RECENT = 6;

export function Overview({ of }: { of: Service }) {
  const recent = useOperations(of.name, {}, RECENT);
  const running = useRunning();
  // What began long ago is not among the newest, and what waits for a worker does not run yet.
  const open = running.rows?.find((one) => one.service === of.name) ?? recent.rows?.find((one) => !hasEnded(one));
  return (
    <div className="overview">
      <RestoredNotice of={of} />
      {open && (
        <section className="card" aria-labelledby="now">
          <h2 id="now">
            <Link href={operationAddress(open)}>
              {words.runsNow}: {shownOperation(open.operation)}
            </Link>
          </h2>
          <Follow service={of.name} id={open.id} />
        </section>
      )}
      <div className="columns">
        <section className="card" aria-labelledby="glance">
          <h2 id="glance">{words.glance}</h2>
          <Glance of={of} />
        </section>
        <div className="stack">
          <Protection of={of} />
          {/* What a linked account holds stands in its own card. */}
          {!of.integrationAccount?.linked && <Quota of={of} />}
        </div>
      </div>
      {of.integrationAccount && (
        <Suspense fallback={<Skeleton lines={8} />}>
          <AccountCard of={of} />
        </Suspense>
      )}
      <section className="card" aria-labelledby="recent">
        <h2 id="recent">{words.recent}</h2>
        {recent.rows ? (
          <ul className="lines">
            {recent.rows.map((one) => (
              <Line key={one.id} of={one} />
            ))}
          </ul>
        ) : recent.error ? (
          <Problem of={recent.error} />
        ) : (
          <Skeleton lines={RECENT} />
        )}
        <Link href={`/services/${of.name}/log`} className="button">
          {words.wholeLog}
        </Link>
      </section>
    </div>
  );
}

function Line({ of }: { of: Monitor }) {
  return (
    <li>
      <Link href={operationAddress(of)}>
        {shownOperation(of.operation)} <span className="quiet">{about(of)}</span>
      </Link>
      <Chip of={of.status} />
      <span className="quiet">{of.caller}</span>
      <Time at={of.createdAt} short />
    </li>
  );
}

function store(of: Service["monitoringStore"]): string | undefined {
  return of?.storageAccount ?? of?.connectionString ?? undefined;
}

function Glance({ of }: { of: Service }) {
  const database = of.trackingDatabase;
  return (
    <Facts
      of={[
        [words.status, <Chip of={of.state} />],
        [words.url, of.domainUrl && <Copy text={of.domainUrl} what={words.url} />],
        [words.edition, `${of.edition}, ${common.units(of.unitCount, count(of.unitCount))}`],
        [words.location, of.region],
        [words.created, <Time at={of.createdAt} />],
        [words.database, database && `${database.name} @ ${database.server}`],
        [words.monitoring, store(of.monitoringStore)],
        [words.archiving, store(of.archivingStore)],
        [words.acs, of.accessControl?.namespace],
        [words.id, <Copy text={of.id} what={words.id} shown={`${of.id.slice(0, 12)}…`} />],
        ...(of.restoredFrom
          ? [[words.restoredFrom, words.from(of.restoredFrom.service, of.restoredFrom.backup)] as [string, string]]
          : []),
      ]}
    />
  );
}

function Last({ service, of }: { service: string; of: Schemas["LinkedBackup"] | null | undefined }) {
  if (!of) return <span className="quiet">{words.never}</span>;
  return (
    <span className="pair">
      <Link href={`/services/${service}/log/${of.operation}`}>
        <Chip of={of.status} />
      </Link>
      <Time at={of.completedAt} short />
      <Link href={backupAddress(service, of.name)} className="name">
        {of.name}
      </Link>
    </span>
  );
}

function Protection({ of }: { of: Service }) {
  const read = useListedService(of.name);
  const schedule = read.data?.schedule ?? undefined;
  const runs = schedule?.status === "Automatic";
  return (
    <section className="card" aria-labelledby="protection">
      <h2 id="protection">{words.protection}</h2>
      <Facts
        of={[
          [words.lastScheduled, <Last service={of.name} of={of.lastScheduledBackup} />],
          [words.lastBackup, <Last service={of.name} of={of.lastBackup} />],
          [
            words.schedule,
            read.data === undefined ? undefined : (
              <Link href={`/services/${of.name}/configure`}>
                {runs ? words.everyDays(count(schedule.frequencyDays ?? 1)) : words.noSchedule}
              </Link>
            ),
          ],
          [words.nextRun, runs && schedule.nextRunAt ? <Time at={schedule.nextRunAt} /> : undefined],
        ]}
      />
    </section>
  );
}

function Quota({ of }: { of: Service }) {
  const all = Object.entries(of.quota);
  return (
    <section className="card" aria-labelledby="quota">
      <h2 id="quota">{words.quota}</h2>
      {all.length === 0 && <p className="quiet">{words.noQuota}</p>}
      <ul className="quota">
        {all.map(([name, { used, limit }]) => {
          const said = common.ofUse(count(used), count(limit));
          return (
            <li key={name}>
              <span>{name}</span>
              <span className="number">{said}</span>
              <Bar value={used} most={limit} label={`${name}: ${said}`} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
