/** What pulls found changed in a service's integration account, day by day. */
import { Fragment } from "react";
import { Link } from "wouter";
import { isSection } from "../../api/artifacts";
import { useAccountChanges, type AccountChange } from "../../api/integration-accounts";
import { Chip } from "../../parts/status";
import { count, day, dayKey, useUtc } from "../../parts/format";
import { Empty, Head, More, Skeleton, Table } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { useFilter } from "../../parts/query";
import { Time } from "../../parts/time";
import { changes as words } from "../../words/accounts";
import { services as ofServices } from "../../words/pages";
import { log, service as ofService } from "../../words/service";
import { artifactAddress } from "../artifacts/addresses";

const MOST_PLACES = 5;

/** The rows by the day that each was found on, in their order. */
function byDay(rows: AccountChange[], utc: boolean): [string, AccountChange[]][] {
  const days = new Map<string, AccountChange[]>();
  for (const one of rows) {
    const key = dayKey(one.foundAt, utc);
    days.set(key, [...(days.get(key) ?? []), one]);
  }
  return [...days];
}

export function AccountChanges({ service }: { service: string }) {
  const [from, setFrom] = useFilter("from");
  const [to, setTo] = useFilter("to");
  const [utc] = useUtc();
  const instant = (date: string, days: number) => {
    const at = new Date(utc ? `${date}T00:00:00Z` : `${date}T00:00:00`);
    if (Number.isNaN(at.getTime())) return undefined;
    at.setDate(at.getDate() + days);
    return at.toISOString();
  };
  // Both days are whole: what was found on the last one is shown.
  const list = useAccountChanges(service, { from: from ? instant(from, 0) : undefined, to: to ? instant(to, 1) : undefined });
  const filtered = from !== "" || to !== "";
  return (
    <>
      <Head title={words.title} trail={[["/services", ofServices.title], [`/services/${service}`, service]]} />
      <p className="quiet intro">{words.lead}</p>
      <div className="filters">
        <Day id="changes-from" label={words.from} value={from} set={setFrom} />
        <Day id="changes-to" label={words.to} value={to} set={setTo} />
        {filtered && (
          <button type="button" className="small" onClick={() => (setFrom(""), setTo(""))}>
            {log.clear}
          </button>
        )}
      </div>
      {list.rows === undefined ? (
        list.error ? (
          <Problem of={list.error} again={() => void list.refetch()} />
        ) : (
          <Skeleton lines={8} />
        )
      ) : list.rows.length === 0 && !list.hasNextPage ? (
        <Empty icon="log" text={filtered ? words.noMatch : words.none}>
          <Link href={`/services/${service}`} className="button">
            {ofService.overview}
          </Link>
        </Empty>
      ) : (
        <>
          <div className="overview">
            {byDay(list.rows, utc).map(([key, rows]) => (
              <OfDay key={key} id={key} service={service} rows={rows} utc={utc} />
            ))}
          </div>
          {list.error && <Problem of={list.error} quietly again={() => void list.refetch()} />}
          <More list={list}>
            <span className="quiet">{words.things(count(list.rows.length), list.rows.length === 1)}</span>
          </More>
        </>
      )}
    </>
  );
}

function Day({ id, label, value, set }: { id: string; label: string; value: string; set: (to: string) => void }) {
  return (
    <span className="filter">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value} onChange={(event) => set(event.target.value)} />
    </span>
  );
}

function OfDay({ id, service, rows, utc }: { id: string; service: string; rows: AccountChange[]; utc: boolean }) {
  const title = day(new Date(rows[0]?.foundAt ?? ""), utc);
  return (
    <section className="card" aria-labelledby={`day-${id}`}>
      <div className="card-head">
        <h2 id={`day-${id}`}>{title}</h2>
        <span className="quiet">{words.things(count(rows.length), rows.length === 1)}</span>
      </div>
      <Table label={title} heads={[[words.artifact], [words.change], [words.where], [words.found]]}>
        {rows.map((one, index) => (
          <tr key={index}>
            <th scope="row">
              <Named service={service} of={one} />
            </th>
            <td>
              <Chip of={one.change} />
            </td>
            <td className="places-of">
              <Where of={one} />
            </td>
            <td>
              <span className="pair">
                <Time at={one.foundAt} short />
                <Link href={`/services/${service}/log/${one.operation}`}>{words.pull}</Link>
              </span>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Named({ service, of }: { service: string; of: AccountChange }) {
  const name = <span className="name">{of.name}</span>;
  return (
    <>
      <span className="quiet small">{of.section}</span>{" "}
      {isSection(of.section) && of.change !== "removed" ? <Link href={artifactAddress(service, of.section, of.name)}>{name}</Link> : name}
    </>
  );
}

function Where({ of }: { of: AccountChange }) {
  const pointers = of.pointers ?? [];
  const more = Math.max(0, pointers.length - MOST_PLACES) + (of.more ?? 0);
  if (of.change !== "changed") return <span className="quiet">{words.whole}</span>;
  return (
    <>
      {pointers.slice(0, MOST_PLACES).map((one) => (
        <Fragment key={one}>
          <code>{one || "/"}</code>{" "}
        </Fragment>
      ))}
      {of.content && <span>{words.content} </span>}
      {more > 0 && <span className="quiet">{words.more(count(more))}</span>}
    </>
  );
}
