/** Of a service's overview: the integration account that it holds, and how its pulls went. */
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { takesChanges } from "../../api/artifacts";
import { api, taken } from "../../api/client";
import { GONE, nameOfId, useLink, type ShownLink } from "../../api/integration-accounts";
import { queries } from "../../api/queries";
import { useMay, useOperation } from "../../api/reads";
import type { Service } from "../../api/types";
import { Copy } from "../../parts/copy";
import { Confirm } from "../../parts/dialog";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Bar, Command, Facts, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Said } from "../../parts/said";
import { Chip } from "../../parts/status";
import { Time } from "../../parts/time";
import { linked as words } from "../../words/accounts";
import { common } from "../../words/shell";
import { commands } from "../../words/service";
import { shownStatus } from "../../words/status";
import { pushAddress } from "../addresses";
import { useAct } from "../commands";
import { AcceptGone, Pull } from "./pull";
import { isToPush, pushOf } from "./undo";

type Asked = "pull" | "accept" | "unlink";

export function AccountCard({ of }: { of: Service }) {
  const facts = of.integrationAccount;
  const read = useLink(of.name, facts?.linked === true);
  if (!facts) return null;
  if (!facts.linked) {
    return (
      <section className="card" aria-labelledby="account">
        <h2 id="account">{words.title}</h2>
        <p className="quiet">{words.was(nameOfId(facts.resourceId))}</p>
        <Facts
          of={[
            [words.account, <Copy text={facts.resourceId} what={words.account} />],
            [words.tier, facts.sku],
            ...before(facts.former),
          ]}
        />
        <ToPush of={of} />
      </section>
    );
  }
  const link = read.data?.value;
  return (
    <section className="card account-card" aria-labelledby="account">
      <div className="card-head">
        <h2 id="account">{words.title}</h2>
        {link && (isGone(link) || link.state) && <Chip of={isGone(link) ? "Gone" : link.state} />}
      </div>
      {link ? <Whole of={of} link={link} etag={read.data?.etag ?? ""} /> : read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />}
    </section>
  );
}

const isGone = (link: ShownLink) => link.failure?.code === GONE;

/** The way back of an account that Azure has no more. */
function Lost({ service, link }: { service: string; link: ShownLink }) {
  const may = useMay()("push");
  const { resourceId, location, sku } = link;
  return (
    <div className="problem">
      <Icon name="warn" />
      <div>
        <p className="said">{words.gone(nameOfId(resourceId))}</p>
        <p>{words.goneText}</p>
        <p className="filters">
          {may && (
            <Link href={pushAddress(service, { into: "new", resourceId, location, sku })} className="button first">
              <Icon name="upload" />
              {words.bringBack}
            </Link>
          )}
          <Link href={`/services/${service}/backups`} className="button">
            {words.backups}
          </Link>
        </p>
        <p className="facts">
          <a href={`/api/docs#error-${GONE}`} target="_blank" rel="noreferrer" title={common.aboutCode}>
            <code>{GONE}</code>
          </a>
          {link.failure && <Time at={link.failure.at} short />}
        </p>
      </div>
    </div>
  );
}

function ToPush({ of }: { of: Service }) {
  const may = useMay()("push");
  if (!may) return null;
  return (
    <Link href={pushOf(of)} className={isToPush(of) ? "button first" : "button"}>
      <Icon name="upload" />
      {words.push}
    </Link>
  );
}

function Whole({ of, link, etag }: { of: Service; link: ShownLink; etag: string }) {
  const [asked, setAsked] = useState<Asked>();
  const may = useMay();
  const close = () => setAsked(undefined);
  const refused = takesChanges(of.state) ? undefined : commands.refused(shownStatus(of.state).word);
  const shut = refused === undefined ? {} : { refused };
  return (
    <>
      <div className="filters">
        {may("pull") && <Pull service={of.name} icon="download" word={words.pull} first {...shut} />}
        <ToPush of={of} />
        <Link href={`/services/${of.name}/account-changes`} className="button">
          <Icon name="log" />
          {words.changes}
        </Link>
        {may("delete_link") && <Command icon="cross" word={words.unlink} run={() => setAsked("unlink")} {...shut} />}
      </div>
      {isGone(link) ? (
        <Lost service={of.name} link={link} />
      ) : (
        link.lastPullStatus === "Failed" &&
        link.lastPullOperation && (
          <Refused service={of.name} operation={link.lastPullOperation} accept={may("pull") ? () => setAsked("accept") : undefined} />
        )
      )}
      <div className="columns">
        <Facts
          of={[
            [words.account, <Copy text={link.resourceId} what={words.account} />],
            [words.tier, link.sku || undefined],
            [words.location, link.location || undefined],
            [words.lastPull, <LastPull service={of.name} of={link} />],
            [words.lastNumbers, <LastNumbers of={link} />],
            [words.nextPull, link.nextPullAt ? <Time at={link.nextPullAt} /> : <span className="quiet">{words.notBetween}</span>],
            ...before(link.numbersFrom),
          ]}
        />
        <div>
          <h3>{words.holds}</h3>
          <Holds of={link} />
        </div>
      </div>
      {asked === "accept" && <AcceptGone service={of.name} close={close} />}
      {asked === "unlink" && <Unlink service={of.name} etag={etag} close={close} />}
    </>
  );
}

/** The accounts that numbers came from before, of which it is not settled what they issued; none where there is none. */
function before(former: ShownLink["numbersFrom"] | undefined): [string, ReactNode][] {
  if (!former?.length) return [];
  const each = former.map(({ resourceId, seenAt }) => (
    <li key={resourceId} className="pair">
      <Copy text={resourceId} what={words.before} />
      <span className="quiet">{words.seen} {seenAt ? <Time at={seenAt} short /> : words.neverSeen}</span>
    </li>
  ));
  return [[words.before, <ul className="plain">{each}</ul>]];
}

function LastPull({ service, of }: { service: string; of: ShownLink }): ReactNode {
  if (!of.lastPullStatus || !of.lastPullOperation) return <span className="quiet">{words.never}</span>;
  return (
    <span className="pair">
      <Link href={`/services/${service}/log/${of.lastPullOperation}`}>
        <Chip of={of.lastPullStatus} />
      </Link>
      <Time at={of.lastPullAt ?? undefined} short />
    </span>
  );
}

/** As of when numbers are known, and why no later ones are, where that is not the last full pull's failure. */
function LastNumbers({ of }: { of: ShownLink }) {
  const { failure, lastPullStatus } = of;
  return (
    <>
      <Time at={of.lastSessionPullAt ?? undefined} />
      {failure && lastPullStatus !== "Failed" && (
        <p className="warned">
          {words.notSince(failure.code)} <Time at={failure.at} short />
        </p>
      )}
    </>
  );
}

function Holds({ of }: { of: ShownLink }) {
  const counted = of.counts.filter((one) => one.count != null);
  if (counted.length === 0) return <p className="quiet">{words.notCounted}</p>;
  return (
    <ul className="quota">
      {counted.map(({ kind, count: many, limit }) => {
        const used = count(many ?? 0);
        const name = words.kinds[kind] ?? kind;
        const said = limit == null ? used : common.ofUse(used, count(limit));
        return (
          <li key={kind}>
            <span>{name}</span>
            <span className="number">{said}</span>
            {limit != null && <Bar value={many ?? 0} most={limit} label={`${name}: ${said}`} />}
          </li>
        );
      })}
    </ul>
  );
}

/** Why the last pull failed; where it would have removed much, it can be let. */
function Refused({ service, operation, accept }: { service: string; operation: string; accept: (() => void) | undefined }) {
  const error = useOperation(service, operation).data?.monitor.error;
  if (!error) return null;
  const tooMuch = error.code === "PullRemovesTooMuch";
  return (
    <div className="problem">
      <Icon name="warn" />
      <div>
        <p className="said">{tooMuch ? words.refused : words.pullFailed}</p>
        <p>
          <Said text={error.message} />
        </p>
        <p className="facts">
          <a href={`/api/docs#error-${error.code}`} target="_blank" rel="noreferrer" title={common.aboutCode}>
            <code>{error.code}</code>
          </a>
          {tooMuch && accept && (
            <button type="button" className="small" onClick={accept}>
              {words.accept}
            </button>
          )}
        </p>
      </div>
    </div>
  );
}

function Unlink({ service, etag, close }: { service: string; etag: string; close: () => void }) {
  const act = useAct(
    `unlink ${service} ${etag}`,
    async (id) => {
      const header = { "Operation-Id": id, "If-Match": etag };
      await taken(api.DELETE("/services/{service}/integration-account", { params: { path: { service }, header } }));
      // The service says first that it has no link any more: one that is gone is not asked for.
      await queries.refetchQueries({ queryKey: ["service", service] });
      queries.removeQueries({ queryKey: ["link", service] });
      requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true }));
    },
    close,
  );
  return (
    <Confirm
      title={words.unlinkTitle(service)}
      text={<p>{words.unlinkText}</p>}
      word={words.unlink}
      danger
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}
