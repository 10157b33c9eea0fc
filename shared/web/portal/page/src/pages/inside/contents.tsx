/** What is in a backup: its sections, the records of one, and one record. */
import { useEffect, useId, useRef, useState } from "react";
import { Link, Redirect } from "wouter";
import { useContents, useRecords, type BackedUpRecord } from "../../api/inside";
import { useOverview } from "../../api/reads";
import type { Schemas } from "../../api/types";
import { Copy } from "../../parts/copy";
import { count, size } from "../../parts/format";
import { Empty, Listed, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { useAddress, useFilter } from "../../parts/query";
import { Time } from "../../parts/time";
import { contents as words, inside, picks as ofPicks } from "../../words/inside";
import { contentsAddress } from "./addresses";
import { NOT_PICKED, PickSection, PickTick, type Picks } from "./picks";
import { RecordPanel } from "./record";

const CONTENT = "content";
const SERVICE = "service";
const TYPING_MS = 300;
/** What the API takes as the beginning of a name. */
const MOST_PREFIX = 80;

type Place = { service: string; backup: string; picks: Picks };

export function ContentsTab(props: Place & { section: string | undefined }) {
  const { service, backup, section } = props;
  const overview = useOverview(service, backup, true);
  if (overview.error && !overview.data) return <Problem of={overview.error} again={() => void overview.refetch()} />;
  if (!overview.data) return <Skeleton lines={8} />;
  const sections = overview.data.value;
  const first = sections.find((one) => one.items > 0)?.name;
  if (section === undefined) {
    if (first === undefined) return <Empty icon="backup" text={inside.allEmpty} />;
    return <Redirect to={contentsAddress(service, backup, first)} replace />;
  }
  return (
    <div className="inside">
      <Sections of={sections} here={section} place={props} />
      {section === CONTENT ? (
        <Hashes key={section} {...props} />
      ) : (
        <Section key={section} {...props} section={section} facts={sections.find((one) => one.name === section)} />
      )}
    </div>
  );
}

function Sections(props: { of: Schemas["SectionFacts"][]; here: string; place: Place }) {
  const { of, here, place } = props;
  const empty = of.filter((one) => one.items === 0).map((one) => one.name);
  return (
    <nav className="sections" aria-label={inside.sections}>
      <ul>
        {of
          .filter((one) => one.items > 0 || one.name === here)
          .map((one) => (
            <li key={one.name}>
              <Link
                href={contentsAddress(place.service, place.backup, one.name)}
                aria-current={one.name === here ? "page" : undefined}
              >
                <span>{one.name}</span>
                <b className="number">{count(one.items)}</b>
              </Link>
            </li>
          ))}
      </ul>
      {empty.length > 0 && <p className="quiet">{inside.emptySections(new Intl.ListFormat("en").format(empty))}</p>}
    </nav>
  );
}

function Section(props: Place & { section: string; facts: Schemas["SectionFacts"] | undefined }) {
  const { service, backup, section, picks, facts } = props;
  const [prefix, setPrefix] = useFilter("prefix");
  const [query, change] = useAddress();
  const open = query.get("open") ?? "";
  const list = useRecords(service, backup, section, prefix);
  const region = useOpened(open);
  const picked = !NOT_PICKED.has(section);
  const withContent = list.rows?.some((one) => one.content) ?? false;
  const withCertificate = list.rows?.some((one) => one.content?.certificate) ?? false;
  const wide: [boolean, string][] = [[withContent, words.content], [withCertificate, words.expires], [true, words.changed]];
  const show = (name: string) =>
    change((next) => (name ? next.set("open", name) : next.delete("open")), "push");
  return (
    <div className={open ? "records opened" : "records"} ref={region}>
      <div className="list">
        <div className="filters">
          {section !== SERVICE && <PrefixFilter value={prefix} set={setPrefix} />}
          {picked ? <PickSection picks={picks} section={section} /> : null}
          {facts && <span className="quiet">{words.inOrder(facts.items)}</span>}
        </div>
        {!picked && <p className="quiet note">{section === SERVICE ? ofPicks.withService : ofPicks.withAgreement}</p>}
        <Listed
          list={list}
          label={words.list(section)}
          heads={[
            ...(picked ? [[ofPicks.head, "pick"] as [string, string]] : []),
            [words.name],
            ...wide.filter(([on]) => on && !open).map(([, word]): [string] => [word]),
          ]}
          row={(one) => (
            <Row
              key={one.name}
              of={one}
              section={section}
              picks={picked ? picks : undefined}
              here={one.name === open}
              shows={open ? "name" : { content: withContent, certificate: withCertificate }}
              address={contentsAddress(service, backup, section, { prefix, open: one.name })}
            />
          )}
          empty={<Empty icon="backup" text={prefix ? words.noMatch : inside.noSection(section)} />}
        />
      </div>
      {open && (
        <RecordPanel key={open} service={service} backup={backup} section={section} name={open} picks={picked ? picks : undefined} close={() => show("")} />
      )}
    </div>
  );
}

function Row(props: {
  of: BackedUpRecord;
  section: string;
  picks: Picks | undefined;
  here: boolean;
  shows: "name" | { content: boolean; certificate: boolean };
  address: string;
}) {
  const { of, section, picks, shows } = props;
  return (
    <tr className={props.here ? "here" : undefined}>
      {picks && (
        <td className="pick">
          <PickTick picks={picks} section={section} name={of.name} />
        </td>
      )}
      <th scope="row">
        <Link href={props.address} className="name" data-record={of.name} aria-current={props.here ? "true" : undefined}>
          {of.name}
        </Link>
      </th>
      {shows !== "name" && (
        <>
          {shows.content && <td className="whole">{of.content && `${size(of.content.size)}, ${of.content.contentType}`}</td>}
          {shows.certificate && <td>{of.content?.certificate && <Time at={of.content.certificate.expiresAt} short />}</td>}
          <td>
            <Time at={of.changedAt} />
          </td>
        </>
      )}
    </tr>
  );
}

/** The focus goes to a record that is opened, and back to its row when it is closed, also by Back. */
function useOpened(open: string) {
  const region = useRef<HTMLDivElement>(null);
  const before = useRef(open);
  useEffect(() => {
    const was = before.current;
    before.current = open;
    if (was === open) return;
    const rows = [...(region.current?.querySelectorAll<HTMLElement>("[data-record]") ?? [])];
    const target = open
      ? region.current?.querySelector<HTMLElement>(".record h2")
      : rows.find((one) => one.dataset["record"] === was);
    target?.focus();
  }, [open]);
  return region;
}

/** A text that becomes part of the address when the typing rests. */
function PrefixFilter({ value, set }: { value: string; set: (value: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const latest = useRef(set);
  latest.current = set;
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => latest.current(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <span className="filter">
      <label htmlFor={id}>{words.prefix}</label>
      <input id={id} type="search" value={typed} maxLength={MOST_PREFIX} onChange={(event) => setTyped(event.target.value)} />
    </span>
  );
}

function Hashes({ service, backup }: Place) {
  const list = useContents(service, backup);
  return (
    <div className="list">
      <Listed
        list={list}
        label={words.list(CONTENT)}
        heads={[[words.hash], [words.size, "number"]]}
        row={(one) => (
          <tr key={one.sha256}>
            <th scope="row">
              <Copy text={one.sha256} what={words.hash} />
            </th>
            <td className="number">{size(one.size)}</td>
          </tr>
        )}
        empty={<Empty icon="backup" text={inside.noSection(CONTENT)} />}
      />
    </div>
  );
}
