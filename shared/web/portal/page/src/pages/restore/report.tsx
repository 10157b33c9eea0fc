/** The plan of a restore as a report: what may surprise, the numbers, what will be there. */
import type { ReactNode } from "react";
import type { RestorePlan, Schemas } from "../../api/types";
import { Copy } from "../../parts/copy";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Facts, type Heads, Table } from "../../parts/parts";
import { Said } from "../../parts/said";
import { Time } from "../../parts/time";
import { shownKind } from "../../words/numbers";
import { plan as words } from "../../words/restore";
import { common } from "../../words/shell";

type Numbers = Schemas["NumbersPlan"];

/** How many control numbers may come a second time by a plan. */
export function repeated(numbers: Numbers | undefined): { issued: number; unknown: number } {
  const unknown = numbers?.policy === "advance" ? 0 : (numbers?.unknown ?? 0);
  return { issued: numbers?.issuedAgain ?? 0, unknown };
}

/** A table of the report. */
export function Cells(props: { label: string; heads: Heads; rows: ReactNode[][]; more?: number | undefined }) {
  return (
    <>
      <Table label={props.label} heads={props.heads}>
        {props.rows.map((cells, row) => (
          <tr key={row}>
            {cells.map((cell, column) =>
              column === 0 ? (
                <th key={column} scope="row">
                  {cell}
                </th>
              ) : (
                <td key={column} className={props.heads[column]?.[1]}>
                  {cell ?? <span className="quiet">{common.unknown}</span>}
                </td>
              ),
            )}
          </tr>
        ))}
      </Table>
      {props.more ? <p className="quiet beneath">{words.more(count(props.more))}</p> : null}
    </>
  );
}

/** A setting in words: `trackingDatabase.password` is of the tracking database. */
function settingOf(name: string): string {
  const [outer = "", inner] = name.split(".");
  const word = words.settings[outer] ?? outer;
  return inner ? words.setting(word, inner) : word;
}

type Surprise = { message: string; code?: string };

function surprises(of: RestorePlan): Surprise[] {
  const numbers = of.controlNumbers;
  const { issued, unknown } = repeated(numbers);
  const unissued = numbers?.policy === "advance" ? 0 : (numbers?.unissued ?? 0);
  const inbound = (of.inbound?.receivedSince ?? 0) + (of.inbound?.micsSince ?? 0);
  const kept = Object.entries(of.origins).filter(([, from]) => from === "backup").map(([name]) => name);
  const still = ["accessControl", "trackingDatabase", "archivingStore", "monitoringStore"].filter((name) =>
    kept.some((one) => one === name || one === `${name}.password` || one === `${name}.key`),
  );
  const found: (Surprise | false)[] = [
    issued > 0 && { message: words.again(count(issued), issued === 1) },
    unknown > 0 && { message: words.unknown(count(unknown), unknown === 1) },
    unissued > 0 && { message: words.unissued(count(unissued), unissued === 1) },
    inbound > 0 && { message: words.inbound(count(inbound), inbound === 1) },
    ...(of.sources ?? []).map((one) => one.alsoPolledBy != null && { message: words.polled(one.bridge, one.alsoPolledBy) }),
    of.partial === true && { message: words.partial },
    still.length > 0 && { message: words.still(new Intl.ListFormat("en").format(still.map(settingOf))) },
    ...(of.warnings ?? []),
  ];
  return found.filter((one) => one !== false);
}

export function Surprises({ of }: { of: RestorePlan }) {
  const all = surprises(of);
  return (
    <section className="card" aria-labelledby="surprises">
      <h2 id="surprises">{words.surprises}</h2>
      {all.length === 0 && <p className="quiet">{words.noSurprise}</p>}
      <ul className="remarks warnings">
        {all.map((one, index) => (
          <li key={index}>
            <Icon name="warn" />
            <span>
              <Said text={one.message} />
            </span>
            {one.code && <code className="quiet">{one.code}</code>}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Counters({ of }: { of: Numbers | undefined }) {
  if (!of || of.counters === 0) return <p className="quiet">{words.noCounters}</p>;
  const exposures = of.exposures ?? [];
  return (
    <>
      <p>
        {words.counted(count(of.counters ?? 0), of.counters === 1)} {of.ahead ? words.ahead(count(of.ahead), of.ahead === 1) : ""}{" "}
        {of.exhausted ? words.exhausted(count(of.exhausted), of.exhausted === 1) : ""}{" "}
        {of.since && (
          <span className="quiet">
            {words.since} <Time at={of.since} />
          </span>
        )}
      </p>
      {exposures.length > 0 && (
        <Cells
          label={words.exposures}
          heads={[[words.agreement], [words.kind], [words.backedUp, "number"], [words.known, "number"], [words.next, "number"], [words.issuedAgain, "number"]]}
          rows={exposures.map((one) => [
            one.agreement,
            shownKind(one.kind),
            count(one.backedUp),
            one.known == null
              ? undefined
              : one.knownBy || one.knownAs
                ? words.knownAt(count(one.known), [one.knownBy, one.knownAs].filter(Boolean).join(", "))
                : count(one.known),
            one.next == null ? <span className="warned">{words.noneLeft}</span> : <b>{count(one.next)}</b>,
            one.issuedAgain == null ? undefined : one.issuedAgain > 0 ? <span className="warned">{count(one.issuedAgain)}</span> : count(0),
          ])}
          more={of.more}
        />
      )}
    </>
  );
}

function Received({ of }: { of: Schemas["InboundPlan"] }) {
  const agreements = of.agreements ?? [];
  const known = (value: number | null | undefined) => (value == null ? undefined : count(value));
  return (
    <section className="card" aria-labelledby="received">
      <h2 id="received">{words.received}</h2>
      <p className="quiet">
        {words.receivedText} {words.since} <Time at={of.since} />
      </p>
      {agreements.length > 0 && (
        <Cells
          label={words.received}
          heads={[[words.agreement], [words.receivedNumbers, "number"], [words.mics, "number"], [words.since2, "number"], [words.checks]]}
          rows={agreements.map((one) => [
            one.agreement,
            known(one.receivedNumbers),
            known(one.micValues),
            one.receivedSince == null && one.micsSince == null ? undefined : count((one.receivedSince ?? 0) + (one.micsSince ?? 0)),
            (one.checks ?? []).join(", ") || undefined,
          ])}
          more={of.more}
        />
      )}
    </section>
  );
}

function Target({ of }: { of: RestorePlan }) {
  const { target } = of;
  const from = (member: string, value: ReactNode): ReactNode => {
    const origin = of.origins[member];
    return (
      <span className="pair">
        <span className="name">{value}</span>
        {typeof origin === "string" && <span className="quiet small">{words.origins[origin] ?? origin}</span>}
      </span>
    );
  };
  const shown = new Set(["name", "edition", "unitCount", "region", "domainUrl"]);
  const others = Object.entries(of.origins).filter(([name]) => !shown.has(name));
  return (
    <section className="card" aria-labelledby="target">
      <h2 id="target">{words.target}</h2>
      <Facts
        of={[
          [words.name, from("name", target.name)],
          [words.edition, from("edition", target.edition)],
          [words.units, from("unitCount", count(target.unitCount))],
          [words.version, target.productVersion],
          [words.region, target.region ? from("region", target.region) : undefined],
          [words.url, target.domainUrl ? from("domainUrl", target.domainUrl) : undefined],
          ...others.map(([name, origin]): [string, ReactNode] => [settingOf(name), <span className="quiet small">{words.origins[String(origin)] ?? String(origin)}</span>]),
          [words.from, `${of.backup} (${of.storageAccount}/${of.container})`],
          [words.digest, <Copy text={of.digest} what={words.digest} shown={`${of.digest.slice(0, 12)}…`} />],
        ]}
      />
    </section>
  );
}

function Sections({ of }: { of: RestorePlan }) {
  const all = Object.entries(of.sections);
  const empty = all.filter(([, items]) => items === 0).map(([name]) => name);
  return (
    <section className="card" aria-labelledby="sections">
      <h2 id="sections">{words.sections}</h2>
      <ul className="quota">
        {all
          .filter(([, items]) => items > 0)
          .map(([name, items]) => (
            <li key={name}>
              <span>{name}</span>
              <span className="number">{count(items)}</span>
            </li>
          ))}
      </ul>
      {empty.length > 0 && <p className="quiet beneath small">{words.empty(new Intl.ListFormat("en").format(empty))}</p>}
    </section>
  );
}

const text = (value: unknown) => <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>;

/** What will be there, after what forbids, what surprises, and the numbers. */
export function Report({ of }: { of: RestorePlan }) {
  const replaced = of.replaced ?? [];
  const sources = of.sources ?? [];
  return (
    <>
      <div className="columns">
        <Target of={of} />
        <Sections of={of} />
      </div>
      {replaced.length > 0 && (
        <section className="card" aria-labelledby="replaced">
          <h2 id="replaced">{words.replaced}</h2>
          <Cells
            label={words.replaced}
            heads={[[words.place], [words.before], [words.after]]}
            rows={replaced.map((one) => [
              <>
                {one.section}/{one.name} <code>{one.pointer}</code>
              </>,
              text(one.before),
              text(one.after),
            ])}
          />
        </section>
      )}
      {sources.length > 0 && (
        <section className="card" aria-labelledby="sources">
          <h2 id="sources">{words.sources}</h2>
          <p className="quiet">{words.sourcesText}</p>
          <Cells
            label={words.sources}
            heads={[[words.bridge], [words.type], [words.address], [words.also]]}
            rows={sources.map((one) => [one.bridge, one.type, <code>{one.address}</code>, one.alsoPolledBy && <span className="warned">{one.alsoPolledBy}</span>])}
            more={of.moreSources}
          />
        </section>
      )}
      {of.inbound && <Received of={of.inbound} />}
    </>
  );
}
