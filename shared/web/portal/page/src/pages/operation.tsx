/** One operation: how far it is, what was asked for, what came of it. */
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import { api, taken } from "../api/client";
import { useMay, useOperation } from "../api/reads";
import type { Monitor } from "../api/types";
import { Chip } from "../parts/status";
import { Confirm } from "../parts/dialog";
import { Copy } from "../parts/copy";
import { count } from "../parts/format";
import { Command, Facts, Head, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Said } from "../parts/said";
import { Elapsed, Time } from "../parts/time";
import { commands, log, operation as words, service as ofService } from "../words/service";
import { services as ofServices } from "../words/pages";
import { shownOperation } from "../words/status";
import { restored } from "../words/restore";
import { backupAddress, restoredAddress } from "./addresses";
import { useAct } from "./commands";
import { Progress, useEnding } from "./follow";
import { RunAgain } from "./run-again";

const PushResult = lazy(async () => ({ default: (await import("../later/accounts")).PushResult }));

export function OperationPage({ service, id }: { service?: string | undefined; id: string }) {
  const read = useOperation(service, id);
  const found = read.data?.monitor;
  useEnding(found);
  const trail: [string, string][] = service
    ? [
        ["/services", ofServices.title],
        [`/services/${service}`, service],
        [`/services/${service}/log`, ofService.log],
      ]
    : [["/log", log.title]];
  return (
    <>
      <Head title={found ? shownOperation(found.operation) : log.operation} trail={trail} beside={found && <Chip of={found.status} />}>
        {found && <Commands of={found} />}
      </Head>
      {found ? <Whole of={found} /> : read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />}
    </>
  );
}

function Commands({ of }: { of: Monitor }) {
  const [asked, setAsked] = useState<"cancel">();
  const may = useMay();
  const close = () => setAsked(undefined);
  const { service } = of;
  return (
    <div className="commands" role="group" aria-label={commands.bar}>
      {service && of.cancelable && may("cancel_operation") && (
        <Command icon="cross" word={words.cancel} run={() => setAsked("cancel")} />
      )}
      <RunAgain of={of} />
      {asked === "cancel" && service && <Cancel service={service} id={of.id} close={close} />}
    </div>
  );
}

function Cancel({ service, id, close }: { service: string; id: string; close: () => void }) {
  const act = useAct(
    `cancel ${service} ${id}`,
    () => taken(api.POST("/services/{service}/operations/{id}/cancel", { params: { path: { service, id } } })),
    close,
  );
  return (
    <Confirm
      title={words.cancel}
      text={<p>{words.cancelText}</p>}
      word={words.cancel}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}

function Whole({ of }: { of: Monitor }) {
  const backup = backupOf(of);
  const warnings = of.warnings ?? [];
  return (
    <div className="overview">
      <section className="card" aria-label={words.progress}>
        <Progress of={of} />
      </section>
      {of.error && (
        <section className="card failed" aria-labelledby="error">
          <h2 id="error">{words.error}</h2>
          <p>
            <Said text={of.error.message} />
          </p>
          <p className="facts">
            <a href={`/api/docs#error-${of.error.code}`} target="_blank" rel="noreferrer">
              <code>{of.error.code}</code>
            </a>
            {of.error.target && <code>{of.error.target}</code>}
          </p>
        </section>
      )}
      {of.operation === "PushIntegrationAccount" && of.result && (
        <Suspense fallback={<Skeleton lines={6} />}>
          <PushResult of={of} />
        </Suspense>
      )}
      {warnings.length > 0 && (
        <section className="card" aria-labelledby="warnings">
          <h2 id="warnings">{words.warnings}</h2>
          <ul className="remarks">
            {warnings.map((one, index) => (
              <li key={index}>
                <span>
                  <Said text={one.message} />
                </span>
                <code className="quiet">{one.code}</code>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div className="columns">
        <section className="card" aria-labelledby="facts">
          <h2 id="facts">{log.about}</h2>
          <Facts
            of={[
              ...(of.service ? [[words.service, <Link href={`/services/${of.service}`}>{of.service}</Link>] as [string, React.ReactNode]] : []),
              ...(backup ? [[words.backup, <Link href={backupAddress(of.service ?? "", backup)}>{backup}</Link>] as [string, React.ReactNode]] : []),
              ...(of.operation === "RestoreBizTalkService" && of.service ? [[restored.page, <Link href={restoredAddress(of.service, of.id)}>{restored.checklist}</Link>] as [string, React.ReactNode]] : []),
              [words.trigger, words.byTrigger[of.trigger] ?? of.trigger],
              [words.caller, of.caller],
              [words.created, <Time at={of.createdAt} />],
              [words.started, <Time at={of.startedAt} />],
              [words.ended, <Time at={of.completedAt} />],
              [words.took, of.startedAt ? <Elapsed from={of.startedAt} to={of.completedAt} /> : undefined],
              [words.attempt, of.attempt === undefined ? undefined : count(of.attempt)],
              [words.id, <Copy text={of.id} what={words.id} />],
            ]}
          />
        </section>
        <div className="stack">
          <Values title={words.asked} of={of.parameters} />
          <Values title={words.result} of={of.result ?? undefined} />
        </div>
      </div>
    </div>
  );
}

function backupOf(of: Monitor): string | undefined {
  const found = of.operation === "BackupBizTalkService" ? of.result?.["backup"] : of.parameters?.["backup"];
  return typeof found === "string" && of.service ? found : undefined;
}

function Values({ title, of }: { title: string; of: Record<string, unknown> | undefined }) {
  const all = Object.entries(of ?? {}).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));
  if (all.length === 0) return null;
  return (
    <section className="card">
      <h2>{title}</h2>
      <Facts of={all.map(([name, value]) => [name, shownValue(value)])} />
    </section>
  );
}

function shownValue(value: unknown): React.ReactNode {
  if (typeof value === "number") return count(value);
  if (typeof value !== "object") return <span className="name">{String(value)}</span>;
  return (
    <details>
      <summary>{Array.isArray(value) ? count(value.length) : "{ }"}</summary>
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}
