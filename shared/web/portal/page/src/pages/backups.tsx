/** The backups of a service name: a timeline and the list, with retention's verdict. */
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useBackups, useMay } from "../api/reads";
import type { ListedBackup } from "../api/types";
import { Chip } from "../parts/status";
import { Filter } from "../parts/fields";
import { count, day, size, useUtc } from "../parts/format";
import { Icon } from "../parts/icons";
import { Empty, Listed } from "../parts/parts";
import { useFilter } from "../parts/query";
import { Time, useNow } from "../parts/time";
import { common } from "../words/shell";
import { backup as words } from "../words/backup";
import { changes as ofChanges } from "../words/inside";
import { shownStatus } from "../words/status";
import { restore as ofRestore } from "../words/restore";
import { backupAddress, restoreAddress } from "./addresses";
import { BackUp } from "./back-up";
import { byDay, saidOf } from "./days";
import { useCompared } from "./inside/compared";

const STATUSES = ["Succeeded", "PartiallySucceeded", "Failed", "Running", "Deleted", "Canceled", "Missing"];
const DAYS = 30;
const MOST_OF_TIMELINE = 200;

/** Why retention keeps or deletes, in words. */
export function reason(code: string): string {
  const older = /^older-than-(\d+)-days$/.exec(code)?.[1];
  if (older) return words.older(older);
  const known = words.reasons[code] ?? words.reasons[code.split("-")[0] ?? ""];
  return known ?? code.replace(/-/g, " ");
}

export function Backups({ service, canBackUp }: { service: string; canBackUp: boolean }) {
  const [status, setStatus] = useFilter("status");
  const [trigger, setTrigger] = useFilter("trigger");
  const [asked, setAsked] = useState(false);
  const compared = useCompared(service);
  const list = useBackups(service, { status, trigger });
  const filtered = status || trigger;
  const { heads } = words;
  return (
    <>
      <Timeline service={service} />
      <div className="filters">
        <Filter
          label={common.status}
          value={status}
          set={setStatus}
          choices={[["", common.all], ...STATUSES.map((one): [string, string] => [one, shownStatus(one).word])]}
        />
        <Filter
          label={heads.trigger}
          value={trigger}
          set={setTrigger}
          choices={[["", common.all], ...Object.entries(words.triggers)]}
        />
        {compared.button}
        <span className="quiet">{common.newestFirst}</span>
      </div>
      <Listed
        list={list}
        label={`${service}: ${heads.name}`}
        heads={[
          [ofChanges.compareHead, "pick unseen-head"],
          [heads.name],
          [ofRestore.command, "unseen-head"],
          [heads.status],
          [heads.trigger],
          [heads.completed],
          [heads.size, "number"],
          [heads.items, "number"],
          [heads.verified],
          [heads.retention],
        ]}
        row={(one) => <Row key={one.id} service={service} of={one} tick={compared.tick(one)} />}
        empty={
          <Empty icon="backup" text={filtered ? words.noMatch : words.none}>
            {!filtered && canBackUp && (
              <button type="button" className="first" onClick={() => setAsked(true)}>
                {words.run}
              </button>
            )}
          </Empty>
        }
      />
      {asked && <BackUp service={service} close={() => setAsked(false)} />}
    </>
  );
}

const STORED = new Set(["Succeeded", "PartiallySucceeded"]);

function Row({ service, of, tick }: { service: string; of: ListedBackup; tick: ReactNode }) {
  const may = useMay();
  return (
    <tr>
      <td className="pick">{tick}</td>
      <th scope="row">
        <Link href={backupAddress(service, of.name)} className="name">
          {of.name}
        </Link>
        {of.pinned && (
          <span className="mark" title={words.pinned}>
            <Icon name="pin" />
            <span className="unseen">{words.pinned}</span>
          </span>
        )}
      </th>
      <td className="restore">
        {STORED.has(of.status) && may("start_restore") && (
          <Link href={restoreAddress(service, of.name)} className="button small" aria-label={ofRestore.commandOf(of.name)} title={ofRestore.command}>
            <Icon name="restore" />
          </Link>
        )}
      </td>
      <td>
        <Chip of={of.status} />
      </td>
      <td className="whole">{words.triggers[of.trigger] ?? of.trigger}</td>
      <td>
        <Time at={of.completedAt} short />
      </td>
      <td className="number">{of.bytes == null ? common.unknown : size(of.bytes)}</td>
      <td className="number">{of.items == null ? common.unknown : count(of.items)}</td>
      <td>{of.verifyStatus ? <Chip of={of.verifyStatus} title={of.verifyLevel ?? undefined} /> : <span className="quiet">{words.notVerified}</span>}</td>
      <td className="whole">
        {of.retention ? (
          <span className="pair">
            <Chip of={of.retention.action} />
            <Reasons of={of.retention.reasons.map(reason)} />
          </span>
        ) : (
          <span className="quiet">{common.unknown}</span>
        )}
      </td>
    </tr>
  );
}

/** Why retention says so: the first reason, and how many more there are. */
function Reasons({ of: [first, ...others] }: { of: string[] }) {
  return (
    <span className="quiet small" title={others.length > 0 ? [first, ...others].join(", ") : undefined}>
      {first}
      {others.length > 0 && (
        <>
          <span aria-hidden="true"> +{count(others.length)}</span>
          <span className="unseen">, {others.join(", ")}</span>
        </>
      )}
    </span>
  );
}

const MOST_OF_DAY = 4;

function Timeline({ service }: { service: string }) {
  const read = useBackups(service, {}, MOST_OF_TIMELINE);
  const [utc] = useUtc();
  const now = useNow();
  const days = byDay(read, DAYS, now, utc);
  return (
    <section className="timeline" aria-label={words.timelineLabel(service)}>
      <h2>{words.timeline}</h2>
      <ol className={read.rows || read.error ? "" : "waiting"}>
        {days.map((one) => (
          <li key={one.key}>
            {one.backups.length === 0 ? (
              <>
                <i className={`dot ${one.kind}`} title={saidOf(one, utc)} />
                <span className="unseen">{saidOf(one, utc)}</span>
              </>
            ) : (
              one.backups.slice(0, MOST_OF_DAY).map((backup) => {
                const said = `${backup.name}: ${shownStatus(backup.status).word}, ${day(one.date, utc)}`;
                return (
                  <Link key={backup.id} href={backupAddress(service, backup.name)} title={said} aria-label={said}>
                    <i className={`dot ${shownStatus(backup.status).tone}`} />
                  </Link>
                );
              })
            )}
            {one.backups.length > MOST_OF_DAY && (
              <span className="quiet small">
                +{count(one.backups.length - MOST_OF_DAY)}
                <span className="unseen"> {words.moreOfDay(day(one.date, utc))}</span>
              </span>
            )}
          </li>
        ))}
      </ol>
      <p className="quiet ends" aria-hidden="true">
        <span>{days[0] && day(days[0].date, utc)}</span>
        <span>{day(new Date(now), utc)}</span>
      </p>
      {days.some((one) => one.kind === "unknown") && !read.isPending && <p className="quiet">{words.timelineUnknown}</p>}
    </section>
  );
}
