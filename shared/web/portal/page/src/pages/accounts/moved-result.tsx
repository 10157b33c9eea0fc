/** What a pull brought, and what a suspend or a resume did with workflows, for a person. */
import type { ReactNode } from "react";
import type { Monitor } from "../../api/types";
import { count } from "../../parts/format";
import { Facts } from "../../parts/parts";
import { Said } from "../../parts/said";
import { moved as ofMoved, pulled as words } from "../../words/accounts";
import { common } from "../../words/shell";
import { counted, Workflows, type Workflow } from "./push-result";

type Finding = { code: string; message: string; section?: string; name?: string };

/** The members of a pull's result that are shown; the record itself is any JSON. */
type Pulled = {
  added?: Record<string, number>;
  changed?: Record<string, number>;
  removed?: Record<string, number>;
  sessions?: { seen?: number; written?: number };
  contentFetched?: number;
  consistent?: boolean;
  findings?: Finding[];
  moreFindings?: number;
};

export function PullResult({ of }: { of: Monitor }) {
  const { added, changed, removed, sessions, contentFetched, consistent, findings = [], moreFindings = 0 } = (of.result ?? {}) as Pulled;
  const known = (many: number | undefined): ReactNode => (many === undefined ? undefined : count(many));
  return (
    <section className="card" aria-labelledby="pull-result">
      <h2 id="pull-result">{words.title}</h2>
      <Facts
        of={[
          [words.added, counted(added)],
          [words.changed, counted(changed)],
          [words.removed, counted(removed)],
          [words.sessions, known(sessions?.seen)],
          [words.written, known(sessions?.written)],
          [words.fetched, known(contentFetched)],
          [words.consistent, consistent === undefined ? undefined : consistent ? common.yes : common.no],
        ]}
      />
      {findings.length > 0 && (
        <>
          <h3 className="beneath">{words.findings}</h3>
          <ul className="remarks">
            {findings.map((one, index) => (
              <li key={index}>
                <span>
                  {one.section && one.name && <code>{`${one.section}/${one.name}`}</code>} <Said text={one.message} />
                </span>
                <code className="quiet">{one.code}</code>
              </li>
            ))}
          </ul>
          {moreFindings > 0 && <p className="quiet">{words.more(count(moreFindings))}</p>}
        </>
      )}
    </section>
  );
}

type Moved = { lookedIn?: string; disabled?: Workflow[]; enabled?: Workflow[]; left?: Workflow[]; movedCount?: number; leftCount?: number };

/** Which workflows were disabled or enabled, and which were left, each with why. */
export function MovedResult({ of }: { of: Monitor }) {
  const { lookedIn, disabled, enabled, left = [], movedCount = 0, leftCount = 0 } = (of.result?.["workflows"] ?? {}) as Moved;
  const some = disabled ?? enabled ?? [];
  const more = (all: number, shown: number) => (all > shown ? ofMoved.more(count(all - shown)) : undefined);
  return (
    <section className="card" aria-labelledby="moved-result">
      <h2 id="moved-result">{ofMoved.title}</h2>
      {lookedIn && (
        <p className="quiet">
          {ofMoved.lookedIn} <code>{lookedIn}</code>
        </p>
      )}
      {movedCount + leftCount === 0 && <p className="quiet">{enabled ? ofMoved.noneEnabled : ofMoved.none}</p>}
      {some.length > 0 && <Workflows title={enabled ? ofMoved.enabled : ofMoved.disabled} text={more(movedCount, some.length)} of={some} />}
      {left.length > 0 && <Workflows title={ofMoved.left} text={more(leftCount, left.length)} of={left} />}
    </section>
  );
}
