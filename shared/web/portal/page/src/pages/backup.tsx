/** One backup: its facts, what is in it, what is not, and what can be done with it. */
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useBackup, useMay, useOverview } from "../api/reads";
import type { Backup, Schemas } from "../api/types";
import { Chip } from "../parts/status";
import { Copy } from "../parts/copy";
import { count, size } from "../parts/format";
import { Command, Facts, Head, Skeleton, Table } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Elapsed, Time } from "../parts/time";
import { backup as words } from "../words/backup";
import { commands, service as ofService } from "../words/service";
import { services as ofServices } from "../words/pages";
import { restore as ofRestore } from "../words/restore";
import { restoreAddress } from "./addresses";
import { DeleteBackup, PinBackup, VerifyBackup } from "./backup-commands";
import { Fate } from "./backup-fate";
import { contentsAddress } from "./inside/addresses";
import { BackupTabs, CompareWithLive } from "./inside/tabs";

const STORED = new Set(["Succeeded", "PartiallySucceeded"]);

export function BackupPage({ service, name }: { service: string; name: string }) {
  const read = useBackup(service, name);
  const found = read.data;
  return (
    <>
      <Head
        title={name}
        trail={[
          ["/services", ofServices.title],
          [`/services/${service}`, service],
          [`/services/${service}/backups`, ofService.backups],
        ]}
        beside={
          found && (
            <>
              <Chip of={found.status} />
              {found.pinned && <Chip of="pinned" />}
            </>
          )
        }
      >
        {found && <Commands service={service} of={found} />}
        <BackupTabs service={service} backup={name} here="" />
      </Head>
      {found ? <Whole service={service} of={found} /> : read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />}
    </>
  );
}

type Asked = "verify" | "pin" | "delete";

function Commands({ service, of }: { service: string; of: Backup }) {
  const [asked, setAsked] = useState<Asked>();
  const may = useMay();
  const [, go] = useLocation();
  const stored = STORED.has(of.status);
  const close = () => setAsked(undefined);
  const missing = stored ? undefined : refusedWhile(of.status);
  // Its container may be back, which a verify finds out; what is pinned can be unpinned whatever it is.
  const gone = of.status === "Missing" ? undefined : missing;
  return (
    <div className="commands" role="group" aria-label={commands.bar}>
      {may("start_restore") && (
        <Command icon="restore" word={ofRestore.command} first run={() => go(restoreAddress(service, of.name))} refused={missing} />
      )}
      {may("verify_backup") && <Command icon="verify" word={words.verify} run={() => setAsked("verify")} refused={gone} />}
      {may("pin_backup") && (
        <Command icon="pin" word={of.pinned ? words.unpin : words.pin} run={() => setAsked("pin")} refused={of.pinned ? undefined : missing} />
      )}
      {may("delete_backup") && (
        <Command
          icon="trash"
          word={words.delete}
          run={() => setAsked("delete")}
          refused={of.pinned ? words.pinnedReason : gone}
        />
      )}
      <CompareWithLive service={service} of={of} />
      {asked === "verify" && <VerifyBackup service={service} of={of} close={close} />}
      {asked === "pin" && <PinBackup service={service} of={of} close={close} />}
      {asked === "delete" && <DeleteBackup service={service} of={of} close={close} />}
    </div>
  );
}

/** Why nothing can be done with what a backup has, by its status. */
function refusedWhile(status: Backup["status"]): string {
  if (status === "Running") return words.beingWritten;
  return status === "Deleting" ? words.beingDeleted : words.notStored;
}

function Whole({ service, of }: { service: string; of: Backup }) {
  const stored = STORED.has(of.status);
  const overview = useOverview(service, of.name, stored);
  return (
    <div className="overview">
      {of.error && <Remarks title={words.failures} of={[{ code: "Failed", message: of.error }]} />}
      <Fate service={service} of={of} />
      <div className="columns">
        <section className="card" aria-labelledby="facts">
          <h2 id="facts">{words.facts}</h2>
          <FactsOf service={service} of={of} overview={overview.data} />
        </section>
        <div className="stack">
          {overview.data ? <NotIncluded of={overview.data.notIncluded} /> : null}
          <Remarks title={words.warnings} of={overview.data?.warnings ?? of.warnings ?? []} />
          <Remarks title={words.failures} of={overview.data?.failures ?? []} />
        </div>
      </div>
      {stored && (
        <section className="card" aria-labelledby="sections">
          <h2 id="sections">{words.sections}</h2>
          {overview.data ? (
            <Sections of={overview.data.value} at={(section) => contentsAddress(service, of.name, section)} />
          ) : overview.error ? (
            <Problem of={overview.error} again={() => void overview.refetch()} />
          ) : (
            <Skeleton lines={6} />
          )}
        </section>
      )}
    </div>
  );
}

function FactsOf(props: { service: string; of: Backup; overview: Schemas["BackupOverview"] | undefined }) {
  const { of, service, overview } = props;
  const key = overview?.sealedWith ?? of.keyIds?.[0];
  return (
    <Facts
      of={[
        [words.heads.trigger, words.triggers[of.trigger] ?? of.trigger],
        [words.edition, of.edition],
        [words.place, <Copy text={`${of.storageAccount}/${of.container}`} what={words.place} />],
        [words.completed, <Time at={of.completedAt} />],
        [words.took, of.completedAt ? <Elapsed from={of.startedAt} to={of.completedAt} /> : undefined],
        [words.heads.size, of.bytes == null ? undefined : size(of.bytes)],
        [words.heads.items, of.items == null ? undefined : count(of.items)],
        [words.content, overview && words.objects(count(overview.content.objects), size(overview.content.bytes))],
        [words.secrets, overview && count(overview.secrets.items)],
        [words.revision, of.revision == null ? undefined : count(of.revision)],
        [
          words.heads.verified,
          of.verifyStatus && of.verifyOperation ? (
            <span className="pair">
              <Link href={`/services/${service}/log/${of.verifyOperation}`}>
                <Chip of={of.verifyStatus} />
              </Link>
              <span>{of.verifyLevel}</span>
              <Time at={of.verifiedAt} short />
            </span>
          ) : (
            <span className="quiet">{words.notVerified}</span>
          ),
        ],
        [
          words.seen,
          of.containerSeen && (
            <>
              {of.containerSeen.found} <Time at={of.containerSeen.at} short />
            </>
          ),
        ],
        [words.caller, of.caller],
        [words.operation, <Link href={`/services/${service}/log/${of.operation}`}><code>{of.operation.slice(0, 12)}…</code></Link>],
        [words.sealed, key && <Copy text={key} what={words.sealed} />],
        [words.digest, of.digest && <Copy text={of.digest} what={words.digest} shown={`${of.digest.slice(0, 12)}…`} />],
      ]}
    />
  );
}

function Sections({ of, at }: { of: Schemas["SectionFacts"][]; at: (section: string) => string }) {
  const rows = of.filter((one) => one.items > 0);
  const empty = of.filter((one) => one.items === 0).map((one) => one.name);
  return (
    <>
    <Table label={words.sections} heads={[[words.section], [words.heads.items, "number"], [words.heads.size, "number"], [words.lines, "number"], [words.hash]]}>
      {rows.map((one) => (
        <tr key={one.name}>
          <th scope="row">
            <Link href={at(one.name)}>{one.name}</Link>
          </th>
          <td className="number">{count(one.items)}</td>
          <td className="number">{size(one.bytes)}</td>
          <td className="number">{size(one.linesBytes)}</td>
          <td>
            <Copy text={one.linesSha256} what={`${words.hash}, ${one.name}`} shown={`${one.linesSha256.slice(0, 12)}…`} />
          </td>
        </tr>
      ))}
    </Table>
    {empty.length > 0 && <p className="quiet beneath">{words.empty(new Intl.ListFormat("en").format(empty))}</p>}
    </>
  );
}

function Remarks(props: { title: string; of: readonly { code: string; message: string; name?: string; section?: string }[] }) {
  if (props.of.length === 0) return null;
  return (
    <section className="card">
      <h2>{props.title}</h2>
      <ul className="remarks">
        {props.of.map((one, index) => (
          <li key={index}>
            {one.section && (
              <code>
                {one.section}/{one.name}
              </code>
            )}
            <span>{one.message}</span>
            <code className="quiet">{one.code}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NotIncluded({ of }: { of: Schemas["NotIncluded"][] }) {
  if (of.length === 0) return null;
  return (
    <section className="card">
      <h2>{words.notIncluded}</h2>
      <ul className="remarks">
        {of.map((one) => (
          <li key={one.what}>
            <strong>
              {one.what} ({count(one.items)})
            </strong>
            <span>{one.note}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
