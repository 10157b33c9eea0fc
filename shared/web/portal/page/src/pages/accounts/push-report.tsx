/** The plan of a push as a report: what forbids, what surprises, then what is done and how long it takes. */
import type { ReactNode } from "react";
import { nameOfId, type PushPlan } from "../../api/integration-accounts";
import type { Schemas } from "../../api/types";
import { count, lasting } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Table } from "../../parts/parts";
import { Said } from "../../parts/said";
import { Time } from "../../parts/time";
import { Wrongs, type Wrong } from "../../parts/wrong";
import { plan as words } from "../../words/accounts";
import { shownKind } from "../../words/numbers";
import { Cells } from "../restore/report";

const ACTIONS = ["create", "replace", "delete", "refuse", "keep", "same"];

const More = ({ many }: { many: number | undefined }) => (many ? <p className="quiet beneath">{words.more(count(many))}</p> : null);

type Given = {
  of: PushPlan;
  /** What forbids it, each at its control. */
  forbids: readonly Wrong[];
  goTo: (pointer: string) => void;
};

export function PushReport({ of, forbids, goTo }: Given) {
  return (
    <>
      <Verdict of={of} forbids={forbids} goTo={goTo} />
      <Surprises of={of} />
      <Artifacts of={of.artifacts ?? {}} />
      <Numbers of={of.controlNumbers} />
      <Workflows of={of} />
      {(of.checklist ?? []).length > 0 && (
        <section className="card" aria-labelledby="push-checklist">
          <h2 id="push-checklist">{words.checklist}</h2>
          <ol className="points">
            {(of.checklist ?? []).map((one, index) => (
              <li key={index}>
                <Said text={one} />
              </li>
            ))}
          </ol>
        </section>
      )}
    </>
  );
}

function Verdict({ of, forbids, goTo }: Given) {
  const many = forbids.length + (of.moreErrors ?? 0);
  const writes = of.writes ?? 0;
  const notes = [
    !of.target.exists && words.makes,
    of.safetyBackup && words.safety,
    of.links && words.links,
    of.partial && words.partial,
  ].filter((one) => typeof one === "string");
  return (
    <section className={many > 0 ? "verdict bad" : "verdict good"} aria-labelledby="verdict">
      <h2 id="verdict">
        <Icon name={many > 0 ? "cross" : "check"} />
        {many > 0 ? words.forbids(count(many), many === 1) : words.allowed}
      </h2>
      <Wrongs of={forbids} goTo={goTo} />
      <More many={of.moreErrors} />
      {writes === 0 && many === 0 && <p className="sum">{words.nothing}</p>}
      {writes > 0 && (
        <p className="sum">
          <b>{words.sum(count(writes), writes === 1, nameOfId(of.target.resourceId))}</b>, {words.takes(lasting((of.seconds ?? 0) * 1000))}
        </p>
      )}
      <p className="quiet">
        {of.target.sku}, {of.target.location} <code>{of.target.resourceId}</code>
      </p>
      {notes.length > 0 && (
        <ul className="points">
          {notes.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Surprises({ of }: { of: PushPlan }) {
  const all = of.warnings ?? [];
  const again = of.controlNumbers.issuedAgain ?? 0;
  return (
    <section className="card" aria-labelledby="push-surprises">
      <h2 id="push-surprises">{words.surprises}</h2>
      {all.length === 0 && again === 0 && <p className="quiet">{words.noSurprise}</p>}
      <ul className="remarks warnings">
        {again > 0 && (
          <li>
            <Icon name="warn" />
            <span>{words.again(count(again), again === 1)}</span>
          </li>
        )}
        {all.map((one, index) => (
          <li key={index}>
            <Icon name="warn" />
            <span>
              <Said text={one.message} /> {one.target && <code className="quiet">{one.target}</code>}
            </span>
            <code className="quiet">{one.code}</code>
          </li>
        ))}
      </ul>
      <More many={of.moreWarnings} />
    </section>
  );
}

function Artifacts({ of }: { of: Schemas["PlannedArtifacts"] }) {
  const sections = Object.entries(of.counts ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const shown = ACTIONS.filter((action) => sections.some(([, counts]) => counts[action]));
  const items = of.items ?? [];
  return (
    <section className="card" aria-labelledby="push-artifacts">
      <h2 id="push-artifacts">{words.artifacts}</h2>
      {sections.length === 0 ? (
        <p className="quiet">{words.noArtifacts}</p>
      ) : (
        <Table label={words.artifacts} kind="actions" heads={[[words.section], ...shown.map((one) => [words.actions[one] ?? one, "number"] as const)]}>
          {sections.map(([section, counts]) => (
            <tr key={section}>
              <th scope="row">{section}</th>
              {shown.map((action) => (
                <td key={action} className={counts[action] ? "number" : "number none"}>
                  {count(counts[action] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      )}
      {items.length > 0 && (
        <details className="request beneath">
          <summary>{words.each}</summary>
          <Cells
            label={words.each}
            heads={[[words.name], [words.section], [words.action]]}
            rows={items.map((one) => [<span className="name">{one.name}</span>, one.section, words.actions[one.action] ?? one.action])}
            more={of.more}
          />
        </details>
      )}
    </section>
  );
}

function Numbers({ of }: { of: Schemas["PlannedNumbers"] }) {
  const items = of.items ?? [];
  const uncertain = of.uncertain ?? [];
  const known = (value: number | null | undefined): ReactNode => (value == null ? undefined : count(value));
  const counters = of.counters ?? 0;
  const sessions = (of.sessionsCreated ?? 0) + (of.sessionsKept ?? 0);
  return (
    <section className="card" aria-labelledby="push-numbers">
      <h2 id="push-numbers">{words.numbers}</h2>
      <p>
        {counters === 0 ? words.noNumbers : words.counted(count(counters), counters === 1)} {of.written ? words.written(count(of.written)) : ""}{" "}
        {of.exhausted ? <span className="warned">{words.exhausted(count(of.exhausted))}</span> : ""}
      </p>
      {sessions > 0 && <p className="quiet">{words.sessions(count(of.sessionsCreated ?? 0), count(of.sessionsKept ?? 0))}</p>}
      <Sources of={of.sources ?? []} />
      {uncertain.length > 0 && (
        <>
          <h3 className="beneath">{words.uncertain}</h3>
          <Cells
            label={words.uncertain}
            heads={[[words.agreement], [words.kind], [words.lastKnown, "number"], [words.seen], [words.perDay, "number"], [words.leaveOut, "number"], [words.why, "why"]]}
            rows={uncertain.map((one) => [
              one.agreement,
              shownKind(one.kind),
              count(one.lastKnown),
              one.seenAt ? <Time at={one.seenAt} short /> : undefined,
              one.perDay == null ? undefined : count(Math.round(one.perDay)),
              <b>{count(one.proposedBy)}</b>,
              <Said text={one.why} />,
            ])}
            more={of.moreUncertain}
          />
        </>
      )}
      {items.length > 0 && (
        <details className="request beneath" open={items.length <= 10}>
          <summary>{words.each}</summary>
          <Cells
            label={words.numbers}
            heads={[[words.agreement], [words.kind], [words.lastKnown, "number"], [words.target, "number"], [words.becomes, "number"], [words.why, "why"]]}
            rows={items.map((one) => [
              one.agreement,
              shownKind(one.kind),
              count(one.lastKnown),
              known(one.target),
              one.issuedAgain ? <span className="warned">{count(one.becomes)}</span> : <b>{count(one.becomes)}</b>,
              <Said text={one.why} />,
            ])}
            more={of.more}
          />
        </details>
      )}
    </section>
  );
}

/** The accounts that the numbers came from, the latest first, and whether each could say what it issued. */
function Sources({ of }: { of: Schemas["PlannedSource"][] }) {
  if (of.length === 0) return null;
  return (
    <>
      <p>{words.sources}</p>
      <ul className="points">
        {of.map(({ resourceId, state }) => (
          <li key={resourceId}>
            <b title={resourceId}>{nameOfId(resourceId)}</b> <span className={state === "read" ? "quiet" : "warned"}>{words.sourceStates[state] ?? state}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Workflows({ of }: { of: PushPlan }) {
  const all = of.workflows ?? [];
  return (
    <section className="card" aria-labelledby="push-workflows">
      <h2 id="push-workflows">{words.workflows}</h2>
      {all.length === 0 ? (
        <p className="quiet">{words.noWorkflows}</p>
      ) : (
        <Cells
          label={words.workflows}
          heads={[[words.workflow], [words.state], [words.action]]}
          rows={all.map((one) => [<span title={one.resourceId}>{one.name}</span>, one.state, words.workflowActions[one.action] ?? one.action])}
          more={of.moreWorkflows}
        />
      )}
    </section>
  );
}
