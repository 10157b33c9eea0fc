/** What became of each artifact: by outcome, and as CSV. */
import { Link } from "wouter";
import { Filter } from "../../parts/fields";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { useFilter } from "../../parts/query";
import { saved } from "../../parts/saved";
import { Chip } from "../../parts/status";
import { Table } from "../../parts/parts";
import { importing as words, type Outcome } from "../../words/import";
import { common } from "../../words/shell";
import { shownStatus } from "../../words/status";
import { artifactAddress, artifactsAddress } from "../artifacts/addresses";
import { csvLine } from "../log";
import { useParts } from "./in-parts";
import { outcomeOf, type Line } from "./send";

const THERE: ReadonlySet<Outcome> = new Set(["created", "replaced", "contentReplaced", "kept"]);

export function Report(props: { service: string; lines: readonly Line[]; running: boolean; again: () => void }) {
  const { service, lines } = props;
  const [outcome, setOutcome] = useFilter("outcome");
  const counts = new Map<Outcome, number>();
  for (const line of lines) counts.set(outcomeOf(line), (counts.get(outcomeOf(line)) ?? 0) + 1);
  const choices = [...counts].map(([one, number]): [string, string] => [one, `${shownStatus(one).word} (${count(number)})`]);
  const matching = outcome ? lines.filter((one) => outcomeOf(one) === outcome) : lines;
  const { shown, more } = useParts(matching);
  const download = () => {
    const head = ["outcome", "section", "name", "message", "files"];
    const rows = matching.map((one) => [outcomeOf(one), one.item.section, one.item.name, one.message ?? "", one.item.from.join(" ")]);
    saved(new Blob([[head, ...rows].map(csvLine).join("")]), `${service}-import.csv`);
  };
  return (
    <section className="card" aria-labelledby="report">
      <h2 id="report">{words.report}</h2>
      <div className="filters">
        <Filter label={words.outcome} value={outcome} set={setOutcome} choices={[["", common.all], ...choices]} />
        <button type="button" onClick={download}>
          <Icon name="download" />
          {words.csv}
        </button>
        {!props.running && (
          <>
            <button type="button" onClick={props.again}>
              {words.again}
            </button>
            <Link href={artifactsAddress(service)} className="button">
              {words.toArtifacts}
            </Link>
          </>
        )}
      </div>
      {matching.length === 0 ? (
        <p className="quiet">{words.noneOf}</p>
      ) : (
        <Table label={words.report} heads={[[words.name], [words.section], [words.outcome], [words.message], [words.file]]}>
          {shown.map((line) => (
            <Row key={`${line.item.section}/${line.item.name}`} service={service} of={line} />
          ))}
        </Table>
      )}
      {more}
    </section>
  );
}

function Row({ service, of }: { service: string; of: Line }) {
  const { section, name, from } = of.item;
  const outcome = outcomeOf(of);
  return (
    <tr>
      <th scope="row" className="name">
        {THERE.has(outcome) ? <Link href={artifactAddress(service, section, name)}>{name}</Link> : name}
      </th>
      <td>{section}</td>
      <td>
        <Chip of={outcome} />
      </td>
      <td className="name">{of.message}</td>
      <td className="name">
        <code>{from.join(", ")}</code>
      </td>
    </tr>
  );
}
