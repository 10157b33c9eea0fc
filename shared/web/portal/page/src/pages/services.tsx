/** The list of services. */
import { useState } from "react";
import { Link } from "wouter";
import { useMay, useServices } from "../api/reads";
import type { ListedService, Schemas } from "../api/types";
import { Chip } from "../parts/status";
import { Filter } from "../parts/fields";
import { common } from "../words/shell";
import { Icon } from "../parts/icons";
import { Empty, Head, Listed } from "../parts/parts";
import { useFilter, useSettled } from "../parts/query";
import { Time } from "../parts/time";
import { services as words } from "../words/pages";
import { shownStatus } from "../words/status";
import { VerbDialog } from "./commands";

const STATES = ["Active", "Suspended", "Stopped", "Disabled", "Restoring", "Deleting", "RestoreFailed", "CreateFailed"];
const EDITIONS = ["Free", "Developer", "Basic", "Standard", "Premium"];

export function Services() {
  const [state, setState] = useFilter("state");
  const [edition, setEdition] = useFilter("edition");
  const [name, setName] = useFilter("namePrefix");
  const [resuming, setResuming] = useState<string>();
  const may = useMay();
  const list = useServices({ state, edition, namePrefix: useSettled(name), stored: "true" });
  const known = state && !STATES.includes(state) ? [...STATES, state] : STATES;
  const filtered = state || edition || name;
  return (
    <>
      <Head title={words.title}>
        <div className="commands">
          {may("put_service") && (
            <Link href="/services/new" className="command first">
              <Icon name="plus" />
              {words.create}
            </Link>
          )}
          <Filter
            label={common.state}
            value={state}
            set={setState}
            choices={[["", common.all], ...known.map((one): [string, string] => [one, shownStatus(one).word])]}
          />
          <Filter
            label={words.edition}
            value={edition}
            set={setEdition}
            choices={[["", common.all], ...EDITIONS.map((one): [string, string] => [one, one])]}
          />
          <span className="filter">
            <label htmlFor="by-name">{words.nameFilter}</label>
            <input id="by-name" type="search" maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
          </span>
        </div>
      </Head>
      <Listed
        list={list}
        label={words.title}
        heads={[
          [words.name],
          [common.state],
          [words.edition],
          [words.lastBackup],
          [words.stored, undefined, words.storedHint],
          [words.nextBackup],
          [words.created],
          [words.commands, "end unseen-head"],
        ]}
        row={(one) => <Row key={one.id} of={one} resume={may("resume_service") ? () => setResuming(one.name) : undefined} />}
        empty={
          <Empty icon="services" text={filtered ? words.noMatch : words.none}>
            {!filtered && may("put_service") && (
              <Link href="/services/new" className="button first">
                {words.create}
              </Link>
            )}
          </Empty>
        }
      />
      {resuming && <VerbDialog service={resuming} verb="resume" close={() => setResuming(undefined)} />}
    </>
  );
}

const HELD = new Set(["Succeeded", "PartiallySucceeded"]);
/** Of runs that ended so, no container is left. */
const LEFT_NOTHING = new Set(["Failed", "Canceled"]);

/** Whether the last backup is there, and what its last verify found: not what its run said of it. */
function Stored({ of }: { of: Schemas["StoredBackup"] | null | undefined }) {
  if (!of) return <span className="quiet">{common.unknown}</span>;
  if (LEFT_NOTHING.has(of.status)) return <span className="quiet">{words.nothingStored}</span>;
  if (!HELD.has(of.status)) return <Chip of={of.status} />;
  if (!of.verifyStatus) return <span className="quiet">{words.notVerified}</span>;
  return <Chip of={of.verifyStatus === "Failed" ? "damaged" : "verified"} title={of.verifyLevel ?? undefined} />;
}

function Row({ of, resume }: { of: ListedService; resume: (() => void) | undefined }) {
  const last = of.lastBackup;
  return (
    <tr>
      <th scope="row">
        <Link href={`/services/${of.name}`}>{of.name}</Link>
      </th>
      <td>
        <Chip of={of.state} />
      </td>
      <td className="whole">
        {of.edition} <span className="quiet">× {of.unitCount}</span>
      </td>
      <td className="whole">
        {last ? (
          <span className="pair">
            <Link href={`/services/${of.name}/log/${last.operation}`} aria-label={`${shownStatus(last.status).word}, ${last.name}`}>
              <Chip of={last.status} />
            </Link>
            <Time at={last.completedAt} short />
          </span>
        ) : (
          <span className="quiet">{words.never}</span>
        )}
      </td>
      <td className="whole stored-cell">
        <Stored of={last?.stored} />
      </td>
      <td>
        {of.schedule?.status === "Automatic" && of.schedule.nextRunAt ? (
          <Time at={of.schedule.nextRunAt} short />
        ) : (
          <span className="quiet">{words.noSchedule}</span>
        )}
      </td>
      <td>
        <Time at={of.createdAt} short />
      </td>
      <td className="end">
        {of.state === "Suspended" && resume && (
          <button type="button" className="small" onClick={resume} aria-label={words.resumeOf(of.name)}>
            <Icon name="play" />
            {words.resume}
          </button>
        )}
      </td>
    </tr>
  );
}
