/** The operation log: of a service name, or of the installation; filters, pages, CSV. */
import { useId, useState } from "react";
import { Link } from "wouter";
import { everyPage } from "../api/client";
import { listAddress, useOperations, type Filters, type List } from "../api/reads";
import type { Monitor, RestoreBody } from "../api/types";
import { Chip } from "../parts/status";
import { Filter } from "../parts/fields";
import { useUtc } from "../parts/format";
import { Icon } from "../parts/icons";
import { instantIn, iso, textOf } from "../parts/instants";
import { Empty, Listed } from "../parts/parts";
import { Problem } from "../parts/problem";
import { useFilter } from "../parts/query";
import { Elapsed, Time } from "../parts/time";
import { common } from "../words/shell";
import { log as words } from "../words/service";
import { OPERATION_CHOICES, shownOperation, shownStatus } from "../words/status";
import { operationAddress } from "./addresses";

const STATUSES = ["Running", "Succeeded", "PartiallySucceeded", "Failed", "Canceled"];
const AT_ONCE = "1000";

export function Log({ service }: { service: string }) {
  const { filters, bar } = useLogFilters();
  const list = useOperations(service, filters);
  return <LogTable list={list} bar={bar} path={`services/${service}/operations`} filters={filters} name={service} />;
}

/** The filters of a log, which are part of the address, and their controls. */
export function useLogFilters() {
  const [operation, setOperation] = useFilter("operation");
  const [status, setStatus] = useFilter("status");
  const [from, setFrom] = useFilter("from");
  const [to, setTo] = useFilter("to");
  const filters: Filters = { operation, status, from: iso(from), to: iso(to) };
  const bar = (
    <>
      <Filter
        label={words.operation}
        value={operation}
        set={setOperation}
        choices={[["", common.all], ...OPERATION_CHOICES]}
      />
      <Filter
        label={words.status}
        value={status}
        set={setStatus}
        choices={[["", common.all], ...STATUSES.map((one): [string, string] => [one, shownStatus(one).word])]}
      />
      <DayFilter label={words.from} value={from} set={setFrom} />
      <DayFilter label={words.to} value={to} set={setTo} />
    </>
  );
  return { filters, bar };
}

/** The address has the instant, so that it is the same for whoever opens it, wherever they are. */
function DayFilter(props: { label: string; value: string; set: (value: string) => void }) {
  const id = useId();
  const [utc] = useUtc();
  return (
    <span className="filter">
      <label htmlFor={id}>{utc ? words.inUtc(props.label) : props.label}</label>
      <input
        id={id}
        type="datetime-local"
        value={textOf(props.value, utc)}
        onChange={(event) => props.set(instantIn(event.target.value, utc) ?? "")}
      />
    </span>
  );
}

export function LogTable(props: {
  list: List<Monitor>;
  bar: React.ReactNode;
  path: string;
  filters: Filters;
  name: string;
  withService?: boolean;
}) {
  const { list, withService } = props;
  const heads: [string, string?][] = [
    [words.operation],
    ...(withService ? [[words.service] as [string]] : []),
    [words.status],
    [words.about],
    [words.started],
    [words.took, "number"],
    [words.caller],
  ];
  return (
    <>
      <div className="filters">
        {props.bar}
        <Csv {...props} />
        <span className="quiet">{common.newestFirst}</span>
      </div>
      <Listed
        list={list}
        label={words.title}
        heads={heads}
        row={(one) => <Row key={`${one.service ?? ""} ${one.id}`} of={one} withService={withService ?? false} />}
        empty={<Empty icon="log" text={words.none} />}
      />
    </>
  );
}

/** What an operation was about, in a few words. */
export function about(of: Monitor): string {
  const { parameters } = of;
  const change = parameters?.["change"];
  const name = parameters?.["name"] ?? parameters?.["backup"];
  const said = [change, name].filter((one) => typeof one === "string").join(" ");
  return said || restoredFrom(parameters?.["request"]);
}

/** Of a restore's request, the backup that it is of: where that is, as everyone calls it. */
function restoredFrom(request: unknown): string {
  const { container, storageAccount } = (request as Partial<RestoreBody> | undefined)?.backup ?? {};
  return container && storageAccount ? words.restoredFrom(container, storageAccount) : "";
}

function Row({ of, withService }: { of: Monitor; withService: boolean }) {
  return (
    <tr>
      <th scope="row">
        <Link href={operationAddress(of)}>{shownOperation(of.operation)}</Link>
      </th>
      {withService && <td>{of.service ? <Link href={`/services/${of.service}`}>{of.service}</Link> : common.unknown}</td>}
      <td>
        <Chip of={of.status} />
      </td>
      <td className="name">{about(of)}</td>
      <td>
        <Time at={of.startedAt ?? of.createdAt} />
      </td>
      <td className="number">
        <Elapsed from={of.startedAt} to={of.completedAt} />
      </td>
      <td className="quiet">{of.caller}</td>
    </tr>
  );
}

const COLUMNS = ["operation", "service", "status", "createdAt", "startedAt", "completedAt", "caller", "trigger", "id"] as const;

/** A cell of a CSV (RFC 4180); what a spreadsheet would take for a formula is made text. */
function cell(value: string): string {
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
}

export const csvLine = (cells: readonly string[]) => `${cells.map(cell).join(",")}\r\n`;

export function csvOf(operations: Monitor[]): string {
  const head = csvLine([...COLUMNS, "about", "error"]);
  const lines = operations.map((one) => csvLine([...COLUMNS.map((name) => one[name] ?? ""), about(one), one.error?.message ?? ""]));
  return head + lines.join("");
}

function Csv(props: { path: string; filters: Filters; name: string }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const download = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const all = await everyPage<Monitor>(listAddress(props.path, { ...props.filters, top: AT_ONCE }));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([csvOf(all)], { type: "text/csv;charset=utf-8" }));
      link.download = `${props.name}-operations.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    } catch (thrown) {
      setProblem(thrown);
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" onClick={() => void download()} disabled={busy}>
        <Icon name="download" />
        {busy ? words.csvBusy : words.csv}
      </button>
      {problem ? <Problem of={problem} /> : null}
    </>
  );
}
