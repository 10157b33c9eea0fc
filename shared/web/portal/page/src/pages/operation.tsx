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
const PullResult = lazy(async () => ({ default: (await import("../later/accounts")).PullResult }));
const MovedResult = lazy(async () => ({ default: (await import("../later/accounts")).MovedResult }));

/** What came of an operation in words of its own; undefined where its members are shown as they are. */
function resultOf(of: Monitor): React.ReactNode {
  if (!of.result) return undefined;
  if (of.operation === "PushIntegrationAccount") return <PushResult of={of} />;
  if (of.operation === "PullIntegrationAccount") return <PullResult of={of} />;
  return of.result["workflows"] ? <MovedResult of={of} /> : undefined;
}

/** What of a push's parameters a person asked for: the others are what its worker was told. */
function askedOf(of: Monitor): Monitor["parameters"] {
  if (of.operation !== "PushIntegrationAccount") return of.parameters;
  return (of.parameters?.["request"] as Monitor["parameters"]) ?? {};
}

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
  const result = resultOf(of);
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
      {result && <Suspense fallback={<Skeleton lines={6} />}>{result}</Suspense>}
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
          <Values title={words.asked} of={askedOf(of)} />
          {!result && <Values title={words.result} of={of.result ?? undefined} />}
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
  const all = saidOf(of ?? {});
  if (all.length === 0) return null;
  return (
    <section className="card">
      <h2>{title}</h2>
      <Facts of={all.map(([name, value]) => [name, shownValue(value)])} />
    </section>
  );
}

/** The members that say something: not null, no empty list. */
const saidOf = (of: object) => Object.entries(of).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));

/** Members of an object that are shown without being opened. */
const FEW = 3;

function shownValue(value: unknown): React.ReactNode {
  if (typeof value === "number") return count(value);
  if (typeof value !== "object") return <span className="name">{String(value)}</span>;
  const members = saidOf(value ?? {});
  const isShort = !Array.isArray(value) && members.length > 0 && members.length <= FEW && members.every(([, one]) => typeof one !== "object");
  if (isShort) return <span className="name">{members.map(([name, one]) => `${name}: ${String(one)}`).join(", ")}</span>;
  return (
    <details>
      <summary>{Array.isArray(value) ? count(value.length) : "{ }"}</summary>
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}
