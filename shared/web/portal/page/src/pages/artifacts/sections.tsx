/** The tab Artifacts: the sections of a service with their counts, and the list of one. */
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import {
  isSection,
  takesChanges,
  useArtifacts,
  useSections,
  type Artifact,
  type Section,
} from "../../api/artifacts";
import { useMay } from "../../api/reads";
import type { Schemas, Service } from "../../api/types";
import { Chip } from "../../parts/status";
import { count, size } from "../../parts/format";
import { Bar, Command, Empty, Listed, Skeleton, Table } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { useFilter } from "../../parts/query";
import { Time, useNow } from "../../parts/time";
import { artifacts as words } from "../../words/artifacts";
import { common } from "../../words/shell";
import { shownStatus } from "../../words/status";
import { Missing } from "../missing";
import { artifactAddress, artifactsAddress, importAddress, newArtifactAddress } from "./addresses";
import { validity } from "./certificate";
import { accountOf, ManagedBanner } from "./managed";

export function Artifacts({ service, section, of }: { service: string; section: string | undefined; of: Service | undefined }) {
  if (section !== undefined && !isSection(section)) return <Missing />;
  const managed = accountOf(of) !== undefined;
  return (
    <>
      <ManagedBanner of={of} />
      {section === undefined ? (
        <Sections service={service} state={of?.state} managed={managed} />
      ) : (
        <One service={service} section={section} state={of?.state} managed={managed} />
      )}
    </>
  );
}

/** What a service that takes no changes says where a change is offered. */
export const changesRefused = (state: string | undefined) =>
  state === undefined || takesChanges(state) ? undefined : words.refused(shownStatus(state).word);

function Commands({ service, section, state }: { service: string; section: Section | undefined; state: string | undefined }) {
  const may = useMay();
  const [, go] = useLocation();
  const refused = changesRefused(state);
  return (
    <>
      {section && may("put_artifact") && (
        <Command icon="plus" word={words.create} run={() => go(newArtifactAddress(service, section))} refused={refused} />
      )}
      {may("import_artifacts") && (
        <Command icon="upload" word={words.import} run={() => go(importAddress(service))} refused={refused} />
      )}
    </>
  );
}

function Sections({ service, state, managed }: { service: string; state: string | undefined; managed: boolean }) {
  const read = useSections(service);
  return (
    <>
      {!managed && (
        <div className="filters">
          <Commands service={service} section={undefined} state={state} />
        </div>
      )}
      {read.data ? (
        <Table label={words.sections} heads={[[words.section], [words.count, "number"], [words.quota], [words.content], [words.backups]]}>
          {read.data.map((one) => (
            <SectionRow key={one.section} service={service} of={one} />
          ))}
        </Table>
      ) : read.error ? (
        <Problem of={read.error} again={() => void read.refetch()} />
      ) : (
        <Skeleton lines={12} />
      )}
    </>
  );
}

function SectionRow({ service, of }: { service: string; of: Schemas["CountedSection"] }) {
  const used = of.limit == null ? undefined : common.ofUse(count(of.count), count(of.limit));
  return (
    <tr>
      <th scope="row">
        <Link href={artifactsAddress(service, of.section)}>{of.section}</Link>
      </th>
      <td className="number">{count(of.count)}</td>
      <td className="limit">
        {used ? (
          <>
            <span className="quiet">{used}</span>
            <Bar value={of.count} most={of.limit ?? 0} label={used} />
          </>
        ) : (
          <span className="quiet">{words.noLimit}</span>
        )}
      </td>
      <td>{of.hasContent ? words.takesContent : words.documentOnly}</td>
      <td>{of.backedUp ? words.backedUp : words.notBackedUp}</td>
    </tr>
  );
}

function One({ service, section, state, managed }: { service: string; section: Section; state: string | undefined; managed: boolean }) {
  const sections = useSections(service);
  const [prefix, setPrefix] = useFilter("namePrefix");
  const list = useArtifacts(service, section, prefix);
  const now = useNow();
  const hasContent = sections.data?.find((one) => one.section === section)?.hasContent ?? false;
  const nav = useRef<HTMLElement>(null);
  const counted = sections.data !== undefined;
  useEffect(() => {
    // On a narrow screen they are one line.
    const here = nav.current?.querySelector("[aria-current]")?.closest("li");
    if (here) here.parentElement?.scrollTo({ left: here.offsetLeft - here.parentElement.offsetLeft });
  }, [section, counted]);
  const withCertificates = section === "certificates";
  const heads: [string, string?][] = [
    [words.name],
    ...(withCertificates ? [[words.certificate] as [string]] : []),
    ...(hasContent ? [[words.content] as [string]] : []),
    [words.changed],
  ];
  return (
    <div className="of-section">
      <nav className="card beside-list" aria-label={words.sections} ref={nav}>
        <ul>
          {(sections.data ?? []).map((one) => (
            <li key={one.section}>
              <Link href={artifactsAddress(service, one.section)} aria-current={one.section === section ? "page" : undefined}>
                {one.section} <span className="quiet number">{count(one.count)}</span>
              </Link>
            </li>
          ))}
        </ul>
        {sections.error && !sections.data ? <Problem of={sections.error} again={() => void sections.refetch()} /> : null}
      </nav>
      <section aria-label={section}>
        <div className="filters">
          {!managed && <Commands service={service} section={section} state={state} />}
          <Prefix value={prefix} set={setPrefix} key={section} />
        </div>
        <Listed
          list={list}
          label={section}
          heads={heads}
          row={(one) => (
            <Row key={one.name} service={service} of={one} now={now} hasContent={hasContent} withCertificates={withCertificates} />
          )}
          empty={<Empty icon="box" text={prefix ? words.noMatch(prefix) : words.none(section)} />}
        />
      </section>
    </div>
  );
}

const PAUSE_MS = 300;

/** The filter: asked for when somebody paused, not for each letter. */
function Prefix({ value, set }: { value: string; set: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => set(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return (
    <span className="filter">
      <label htmlFor="by-prefix">{words.prefix}</label>
      <input id="by-prefix" type="search" maxLength={80} value={typed} onChange={(event) => setTyped(event.target.value)} />
    </span>
  );
}

function Row(props: { service: string; of: Artifact; now: number; hasContent: boolean; withCertificates: boolean }) {
  const { of } = props;
  const facts = of.certificate ?? of.content?.certificate;
  return (
    <tr>
      <th scope="row" className="name">
        <Link href={artifactAddress(props.service, of.section, of.name)}>{of.name}</Link>
      </th>
      {props.withCertificates && (
        <td className="name">
          {facts ? (
            <span className="pair">
              <Chip of={validity(facts, props.now)} />
              <span>{facts.subject}</span>
            </span>
          ) : (
            <span className="quiet">{common.unknown}</span>
          )}
        </td>
      )}
      {props.hasContent && (
        <td>
          {of.content ? (
            <>
              {size(of.content.size)} <span className="quiet">{of.content.contentType}</span>
            </>
          ) : (
            <span className="quiet">{common.unknown}</span>
          )}
        </td>
      )}
      <td>
        <Time at={of.changedAt} short />
      </td>
    </tr>
  );
}
