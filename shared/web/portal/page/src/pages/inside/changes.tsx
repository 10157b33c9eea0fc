/** What changed: from another backup, or from the living service, to a backup. */
import { Fragment } from "react";
import { BACKED_UP } from "../../api/artifacts";
import { useChanges, type Change, type Changes } from "../../api/inside";
import { asProblem } from "../../api/problem";
import { useBackups } from "../../api/reads";
import { Filter } from "../../parts/fields";
import { count, moment, useUtc } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Empty, More, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { useAddress, useFilter } from "../../parts/query";
import { changes as words, inside } from "../../words/inside";
import { LIVE } from "./addresses";
import { ChangeMark, ChangeRow, KINDS } from "./change";
import type { Picks } from "./picks";
import { isStored } from "./tabs";

/** The sections that are compared, in the API's order. */
const SECTIONS = ["service", ...BACKED_UP, "control-numbers", "received-control-numbers", "mic-values", "sessions"] as const;

const BACKUPS = 100;

export function ChangesTab({ service, backup, picks }: { service: string; backup: string; picks: Picks }) {
  const [query, change] = useAddress();
  const [section, setSection] = useFilter("section");
  const since = query.get("since") || LIVE;
  // Comparing with a living service reads all of it: not also for counts where one section is asked for.
  const whole = useChanges(service, backup, since, "", section === "");
  const one = useChanges(service, backup, since, section, section !== "");
  const list = shownOf(section ? one : whole);
  const last = list.data?.pages.at(-1);
  const sinceName = since === LIVE ? words.theLive : since;
  // What was opened and filtered was of the other comparison.
  const compareWith = (value: string) => change((next) => {
    next.set("since", value);
    next.delete("open");
  }, "push");
  return (
    <>
      <div className="filters since">
        <Since service={service} backup={backup} value={since} set={compareWith} />
        <button type="button" onClick={() => list.isFetching || void (section ? one : whole).refetch()} aria-disabled={list.isFetching}>
          <Icon name="restart" />
          {words.again}
        </button>
        <span className="quiet">{since === LIVE ? words.wayFromLive : words.way(since, backup)}</span>
      </div>
      {last && <Remarks of={last} />}
      <div className="inside">
        <Counts of={shownOf(whole)} one={list} here={section} set={setSection} />
        <div className="list">
          {list.rows === undefined ? (
            list.error ? (
              <Problem of={list.error} again={asProblem(list.error).status === 404 ? undefined : () => void list.refetch()} />
            ) : (
              <Skeleton lines={6} />
            )
          ) : list.rows.length === 0 && !list.hasNextPage ? (
            <Empty icon="check" text={section ? words.noneIn(section) : words.none} />
          ) : (
            <Found
              list={list.rows}
              place={{ service, backup, since, sinceName, picks, open: query.get("open") ?? "" }}
              show={(open) => change((next) => (open ? next.set("open", open) : next.delete("open")), "push")}
            />
          )}
          {list.rows !== undefined && list.error ? <Problem of={list.error} quietly again={() => void list.refetch()} /> : null}
          {list.rows !== undefined && (list.rows.length > 0 || list.hasNextPage) && (
            <More list={list}>
              <span className="quiet" role="status">
                {words.found(list.rows.length, list.hasNextPage)}
              </span>
            </More>
          )}
        </div>
      </div>
    </>
  );
}

/** Without what was read for another question: it would stand under the words of this one. */
function shownOf(read: ReturnType<typeof useChanges>) {
  return read.isPlaceholderData ? { ...read, data: undefined, rows: undefined, hasNextPage: false } : read;
}

type Read = ReturnType<typeof shownOf>;

/** What a backup is compared with: the living service, or another backup of its service. */
function Since(props: { service: string; backup: string; value: string; set: (value: string) => void }) {
  const { service, backup, value } = props;
  const read = useBackups(service, {}, BACKUPS);
  const [utc] = useUtc();
  const others = (read.rows ?? []).filter((one) => isStored(one) && one.name !== backup && one.name !== LIVE);
  const choices = others.map((one): [string, string] => [
    one.name,
    words.backupOf(one.name, one.completedAt ? moment(one.completedAt, utc) : ""),
  ]);
  if (value !== LIVE && !others.some((one) => one.name === value)) choices.unshift([value, value]);
  return <Filter label={words.with} value={value} set={props.set} choices={[[LIVE, words.live], ...choices]} />;
}

function Remarks({ of }: { of: Changes }) {
  const [utc] = useUtc();
  const pulled = "live" in of.since ? of.since.lastPullAt : undefined;
  return (
    <>
      {pulled && <p className="quiet">{words.asPulled(moment(pulled, utc))}</p>}
      {!of.secrets.compared && <p className="banner">{words.secretsNotCompared(of.secrets.reason ?? "")}</p>}
      {"live" in of.since && of.since.changedMeanwhile && <p className="banner">{words.meanwhile}</p>}
    </>
  );
}

/** How many records of each section differ, as far as they were read. */
function Counts(props: { of: Read; one: Read; here: string; set: (section: string) => void }) {
  const { of, one, here, set } = props;
  const rows = of.rows ?? [];
  const identical = of.data?.pages[0]?.identical ?? [];
  const reached = of.hasNextPage ? SECTIONS.findIndex((one) => one === rows.at(-1)?.section) : SECTIONS.length;
  return (
    <nav className="sections" aria-label={inside.sections}>
      <ul>
        <li>
          <button type="button" aria-pressed={here === ""} onClick={() => set("")}>
            <span>{words.allSections}</span>
            <Told number={rows.length} known={of.rows !== undefined} more={of.hasNextPage} />
          </button>
        </li>
        {SECTIONS.map((name, index) => {
          const own = name === here ? one : undefined;
          const number = (own?.rows ?? rows).filter((row) => row.section === name).length;
          const known = own ? own.rows !== undefined : of.rows !== undefined && (index <= reached || number > 0 || identical.includes(name));
          return (
            <li key={name}>
              <button type="button" aria-pressed={here === name} onClick={() => set(name)} className={known && number === 0 ? "none" : undefined}>
                <span>{name}</span>
                <Told number={number} known={known} more={own ? own.hasNextPage : of.hasNextPage && index === reached} />
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Told({ number, known, more }: { number: number; known: boolean; more: boolean }) {
  if (known) return <b className="number">{more ? words.atLeast(number) : count(number)}</b>;
  return (
    <b className="number quiet">
      <span aria-hidden="true">{words.notYet}</span>
      <span className="unseen">{words.notYetSaid}</span>
    </b>
  );
}

export type ChangePlace = { service: string; backup: string; since: string; sinceName: string; picks: Picks; open: string };

function Found({ list, place, show }: { list: Change[]; place: ChangePlace; show: (open: string) => void }) {
  const sections = [...new Set(list.map((one) => one.section))];
  return (
    <>
      <ul className="legend">
        {KINDS.map((kind) => (
          <li key={kind}>
            <ChangeMark of={kind} />
            <span className="quiet">{words.legend(kind, place.backup, place.sinceName)}</span>
          </li>
        ))}
      </ul>
      {sections.map((section) => {
        const rows = list.filter((one) => one.section === section);
        return (
          <Fragment key={section}>
            <h2 className="group">
              {section}
              <span className="quiet">{summary(rows)}</span>
            </h2>
            <ul className="changes" aria-label={words.counts(section, summary(rows))}>
              {rows.map((one) => (
                <ChangeRow key={one.name} of={one} place={place} show={show} />
              ))}
            </ul>
          </Fragment>
        );
      })}
    </>
  );
}

function summary(rows: Change[]): string {
  return KINDS.map((kind) => [kind, rows.filter((one) => one.change === kind).length] as const)
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => words.summary(words.of[kind], count(number)))
    .join(", ");
}
