/** Browse Cloud Storage: accounts at the left, the backups of one at the right. */
import { useEffect, useState, type ReactNode } from "react";
import { useAccounts } from "../../api/reads";
import { useStored } from "../../api/restoring";
import type { BrowsedBackup } from "../../api/types";
import { Chip } from "../../parts/status";
import { Copy } from "../../parts/copy";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Empty, Facts, Listed, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Time } from "../../parts/time";
import { backup as ofBackup } from "../../words/backup";
import { common } from "../../words/shell";
import { storage as words } from "../../words/storage";

/** A filter reads each container of the account: it waits until somebody has typed. */
const TYPED_MS = 500;

/** Whether a descriptor is as an installation with this key wrote it: what can be restored and registered. */
export const isSealed = (of: BrowsedBackup) => of.seal === "valid";

/** Whether this installation's history has it: here, in another container, or not at all. */
function historyOf(of: BrowsedBackup): string | undefined {
  if (of.known) return "known";
  return of.copyOf ? "copy" : "unknownHere";
}

export function Browse(props: {
  account: string;
  /** How one chooses an account: a link of a page, a button of a dialog. */
  choice: (name: string, here: boolean, shown: ReactNode) => ReactNode;
  service: string;
  setService: (service: string) => void;
  open?: string;
  setOpen?: (container: string) => void;
  /** A container's name: a link of a page, a button that chooses it in a dialog. */
  name: (of: BrowsedBackup) => ReactNode;
  acts?: (of: BrowsedBackup) => ReactNode;
}) {
  const accounts = useAccounts();
  if (accounts.data === undefined) {
    return accounts.error ? <Problem of={accounts.error} again={() => void accounts.refetch()} /> : <Skeleton lines={6} />;
  }
  if (accounts.data.length === 0) return <Empty icon="storage" text={words.none} />;
  return (
    <div className="browse">
      <nav className="accounts" aria-label={words.accounts}>
        <ul>
          {accounts.data.map(({ name }) => (
            <li key={name}>
              {props.choice(
                name,
                name === props.account,
                <>
                  <Icon name="storage" />
                  <span>{name}</span>
                </>,
              )}
            </li>
          ))}
        </ul>
      </nav>
      {props.account ? <Stored key={props.account} {...props} /> : <Empty icon="storage" text={words.pick} />}
    </div>
  );
}

type Shown = Parameters<typeof Browse>[0];

function Stored(props: Shown) {
  const { account, service, setService, open, setOpen } = props;
  const [typed, setTyped] = useState(service);
  useEffect(() => {
    if (typed === service) return;
    const timer = setTimeout(() => setService(typed), TYPED_MS);
    return () => clearTimeout(timer);
  });
  const list = useStored(account, service);
  const heads: [string, string?][] = [
    [words.container],
    [words.ofService],
    [words.made],
    [words.items, "number"],
    [words.seal],
    [words.history],
    ...(props.acts ? [[words.commands, "end unseen-head"] as [string, string]] : []),
  ];
  return (
    <div className="stored">
      <div className="filters">
        <span className="filter">
          <label htmlFor="of-service">{words.service}</label>
          <input id="of-service" type="search" value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />
        </span>
        <span className="quiet">{words.order}</span>
      </div>
      <Listed
        list={list}
        label={words.backups(account)}
        heads={heads}
        row={(one) => (
          <Row
            key={one.container}
            of={one}
            columns={heads.length}
            open={open === one.container}
            toggle={setOpen && (() => setOpen(open === one.container ? "" : one.container))}
            name={props.name(one)}
            acts={props.acts?.(one)}
          />
        )}
        empty={<Empty icon="backup" text={service ? words.noMatch : words.empty} />}
      />
    </div>
  );
}

function Row(props: { of: BrowsedBackup; columns: number; open: boolean; toggle: (() => void) | undefined; name: ReactNode; acts: ReactNode }) {
  const { of, open, toggle } = props;
  const history = historyOf(of);
  return (
    <>
      <tr>
        <th scope="row">
          <span className="container">
            {toggle && of.seal && (
              <button type="button" className={`bare turn ${open ? "on" : ""}`} aria-expanded={open} aria-label={words.factsOf(of.container)} onClick={toggle}>
                <Icon name="next" />
              </button>
            )}
            <span className="name">{props.name}</span>
            {of.renamed && (
              <span className="quiet small" title={words.renamedText(of.backup?.name ?? "")}>
                {words.renamed}
              </span>
            )}
          </span>
        </th>
        {of.problem && !of.seal ? (
          <td colSpan={5}>
            <span className="pair">
              <Chip of="notTrusted" />
              <span>{of.problem.message}</span>
              <a href={`/api/docs#error-${of.problem.code}`} target="_blank" rel="noreferrer">
                <code>{of.problem.code}</code>
              </a>
            </span>
          </td>
        ) : (
          <>
            <td>
              {of.service?.name} <span className="quiet">{of.service?.edition}</span>
            </td>
            <td>
              <span className="pair">
                <Time at={of.backup?.completedAt} short />
                {of.backup?.outcome !== "Succeeded" && <Chip of={of.backup?.outcome} />}
              </span>
            </td>
            <td className="number">{of.items == null ? common.unknown : count(of.items)}</td>
            <td>
              <Chip of={of.seal ?? "notTrusted"} title={of.problem?.message} />
            </td>
            <td>
              <Chip of={history} title={of.copyOf ? words.copyOf(of.copyOf.container, of.copyOf.storageAccount) : undefined} />
            </td>
          </>
        )}
        {props.acts !== undefined && (
          <td className="end">
            <span className="acts">{props.acts}</span>
          </td>
        )}
      </tr>
      {open && of.seal && (
        <tr className="opened">
          <td colSpan={props.columns}>
            <Described of={of} />
          </td>
        </tr>
      )}
    </>
  );
}

/** What the descriptor says; where its key is not at hand, a claim. */
function Described({ of }: { of: BrowsedBackup }) {
  const { backup, service } = of;
  return (
    <>
      {of.problem && (
        <p className="warned">
          {words.claims} {of.problem.message}
        </p>
      )}
      {of.copyOf && <p>{words.copyOf(of.copyOf.container, of.copyOf.storageAccount)}</p>}
      <div className="columns">
        <Facts
          of={[
            [words.backup, backup?.name],
            [words.outcome, backup && <Chip of={backup.outcome} />],
            [words.trigger, backup && (ofBackup.triggers[backup.trigger] ?? backup.trigger)],
            [words.started, <Time at={backup?.startedAt} />],
            [words.completed, <Time at={backup?.completedAt} />],
            [words.producer, backup?.producer],
            [words.backupId, backup && <Copy text={backup.id} what={words.backupId} shown={`${backup.id.slice(0, 12)}…`} />],
          ]}
        />
        <Facts
          of={[
            [words.ofService, service?.name],
            [words.edition, service && `${service.edition}, ${common.units(service.unitCount, count(service.unitCount))}`],
            [words.region, service?.region || undefined],
            [words.content, of.contentObjects == null ? undefined : count(of.contentObjects)],
            [words.failures, of.failures == null ? undefined : count(of.failures)],
            [words.sealedWith, of.sealedWith && <Copy text={of.sealedWith} what={words.sealedWith} />],
            [words.descriptor, of.descriptor && <code>{of.descriptor}</code>],
            [words.digest, of.digest && <Copy text={of.digest} what={words.digest} shown={`${of.digest.slice(0, 12)}…`} />],
          ]}
        />
      </div>
    </>
  );
}
