/** A restore: its plan, its progress, the checklist before resuming, and Resume. */
import { useState } from "react";
import { Link } from "wouter";
import { hasEnded, useMay } from "../../api/reads";
import { isGone, useLiving, useRestored } from "../../api/restoring";
import type { Schemas, Service } from "../../api/types";
import { Chip } from "../../parts/status";
import { Icon } from "../../parts/icons";
import { Command, Head, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { linked as ofLinked } from "../../words/accounts";
import { commands } from "../../words/service";
import { services as ofServices } from "../../words/pages";
import { plan as ofPlan, restored as words } from "../../words/restore";
import { shownStatus } from "../../words/status";
import { operationAddress, restoreFrom } from "../addresses";
import { isToPush, pushOf } from "../accounts/undo";
import { Progress, useEnding } from "../follow";
import { Checklist, ResumeRestored, toSeeTo, useTicks } from "./checklist";
import { Counters, Report, Surprises } from "./report";

type Restore = Schemas["ShownRestore"];

export function RestoredPage({ id }: { id: string }) {
  const read = useRestored(id);
  const found = read.data;
  useEnding(found?.operation);
  if (!found) {
    return (
      <>
        <Head title={words.page} trail={[["/services", ofServices.title]]} />
        {read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />}
      </>
    );
  }
  return <Whole of={found} name={found.plan.target.name} />;
}

function Whole({ of, name }: { of: Restore; name: string }) {
  const { operation, plan } = of;
  const ended = hasEnded(operation);
  const service = useLiving(name, ended);
  const gone = isGone(service.error);
  const living = gone ? undefined : service.data;
  const points = toSeeTo(plan, operation);
  const ticks = useTicks(of.id, points.length);
  const succeeded = ended && operation.status === "Succeeded";
  return (
    <>
      <Head
        title={words.title(name)}
        trail={[
          ["/services", ofServices.title],
          [`/services/${name}`, name],
        ]}
        beside={<Chip of={operation.status} />}
      >
        <Commands of={of} living={living} gone={gone} succeeded={succeeded} open={points.filter((_, at) => !ticks.on.has(at))} />
      </Head>
      <div className="overview">
        {ended && gone && succeeded && <p className="banner">{words.gone}</p>}
        {service.error && !gone && <Problem of={service.error} again={() => void service.refetch()} />}
        {succeeded && living?.state === "Active" && (
          <section className="well">
            <Icon name="check" />
            <div>
              <h2>{words.active}</h2>
              <p className="quiet">{words.activeText}</p>
            </div>
          </section>
        )}
        <section className="card" aria-label={words.progress}>
          <Progress of={operation} />
          <Link href={operationAddress(operation)}>{words.operation}</Link>
        </section>
        {operation.error && (
          <section className="card failed" aria-labelledby="error">
            <h2 id="error">{words.failed}</h2>
            <p>{operation.error.message}</p>
            <p className="facts">
              <a href={`/api/docs#error-${operation.error.code}`} target="_blank" rel="noreferrer">
                <code>{operation.error.code}</code>
              </a>
            </p>
            <p className="quiet">{words.failedText}</p>
            <Link href={restoreFrom(plan.storageAccount, plan.container)} className="button">
              {words.tryAgain}
            </Link>
          </section>
        )}
        {!operation.error && <Checklist points={points} ticks={ticks} waits={!succeeded} service={name} />}
        <Surprises of={plan} />
        <section className="card" aria-labelledby="numbers">
          <h2 id="numbers">{ofPlan.numbers}</h2>
          <Counters of={plan.controlNumbers} />
        </section>
        <Report of={plan} />
        <details className="card request">
          <summary>{words.asked}</summary>
          <pre tabIndex={0} role="group" aria-label={words.asked}>{JSON.stringify(of.request, null, 2)}</pre>
        </details>
      </div>
    </>
  );
}

type Given = { of: Restore; living: Service | undefined; gone: boolean; succeeded: boolean; open: string[] };

function Commands({ of, living, gone, succeeded, open }: Given) {
  const [asked, setAsked] = useState(false);
  const may = useMay();
  const name = of.plan.target.name;
  const toPush = living !== undefined && isToPush(living) && may("push");
  const refused = !succeeded
    ? words.refusedRunning
    : living === undefined
      ? gone
        ? words.gone
        : words.notKnown
      : living.allowedOperations.includes("resume")
        ? undefined
        : words.refused(shownStatus(living.state).word);
  return (
    <div className="commands" role="group" aria-label={commands.bar}>
      {living?.integrationAccount && may("push") && (
        <Link href={pushOf(living)} className={toPush ? "command first" : "command"}>
          <Icon name="upload" />
          {ofLinked.push}
        </Link>
      )}
      {may("resume_service") && <Command icon="play" word={words.resume} first={!toPush} run={() => setAsked(true)} refused={refused} />}
      {living && (
        <Link href={`/services/${name}/configure`} className="command">
          <Icon name="calendar" />
          {words.configure}
        </Link>
      )}
      {living && (
        <Link href={`/services/${name}`} className="command">
          <Icon name="services" />
          {words.service}
        </Link>
      )}
      {asked && <ResumeRestored service={name} open={open} close={() => setAsked(false)} />}
    </div>
  );
}
