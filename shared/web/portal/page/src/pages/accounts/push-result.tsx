/** What a push did, for a person: the backup to undo it with, what is otherwise, what was disabled. */
import type { ReactNode } from "react";
import { Link } from "wouter";
import { nameOfId } from "../../api/integration-accounts";
import type { Monitor } from "../../api/types";
import { Copy } from "../../parts/copy";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Facts } from "../../parts/parts";
import { Said } from "../../parts/said";
import { result as words } from "../../words/accounts";
import { common } from "../../words/shell";
import { backupAddress, restoreFrom } from "../addresses";
import { undoName } from "./undo";

export type Workflow = { resourceId?: string; name?: string; why?: string };

/** The members of a push's result that are shown; the record itself is any JSON. */
type Result = {
  target?: { resourceId?: string };
  safetyBackup?: { backup?: string; storageAccount?: string; container?: string };
  created?: Record<string, number>;
  replaced?: Record<string, number>;
  deleted?: Record<string, number>;
  numbersWritten?: number;
  sessionsCreated?: number;
  workflows?: { disabled?: Workflow[]; left?: Workflow[]; resume?: string };
  verified?: boolean;
  differs?: string[];
  moreDiffer?: number;
  linked?: boolean;
};

export function PushResult({ of }: { of: Monitor }) {
  const result = of.result as Result | null | undefined;
  if (!result || !of.service) return null;
  const { safetyBackup: safety, workflows, target } = result;
  const disabled = workflows?.disabled ?? [];
  const left = workflows?.left ?? [];
  return (
    <section className="card" aria-labelledby="push-result">
      <h2 id="push-result">{words.title}</h2>
      <Verified of={result} />
      <Facts
        of={[
          [words.account, target?.resourceId && <Copy text={target.resourceId} what={words.account} shown={nameOfId(target.resourceId)} />],
          [words.safety, <Safety service={of.service} of={safety} account={target?.resourceId ?? ""} />],
          [words.created, counted(result.created)],
          [words.replaced, counted(result.replaced)],
          [words.deleted, counted(result.deleted)],
          [words.numbers, result.numbersWritten === undefined ? undefined : count(result.numbersWritten)],
          [words.sessions, result.sessionsCreated === undefined ? undefined : count(result.sessionsCreated)],
          [words.linked, result.linked === undefined ? undefined : result.linked ? common.yes : common.no],
        ]}
      />
      {disabled.length > 0 && <Workflows title={words.disabled} text={<Resumed by={workflows?.resume} />} of={disabled} />}
      {left.length > 0 && <Workflows title={words.left} of={left} />}
    </section>
  );
}

export function counted(of: Record<string, number> | undefined): ReactNode {
  if (of === undefined) return undefined;
  const all = Object.entries(of).filter(([, many]) => many > 0);
  if (all.length === 0) return words.none;
  return new Intl.ListFormat("en").format(all.map(([section, many]) => words.counts(section, count(many))));
}

function Verified({ of }: { of: Result }) {
  const differs = of.differs ?? [];
  const many = differs.length + (of.moreDiffer ?? 0);
  if (of.verified === undefined) return <p className="banner">{words.unknown}</p>;
  if (of.verified) {
    return (
      <p className="banner good">
        <Icon name="check" />
        {words.verified}
      </p>
    );
  }
  return (
    <div className="problem">
      <Icon name="warn" />
      <div>
        <p className="said">{words.differs(count(many), many === 1)}</p>
        <ul>
          {differs.map((one) => (
            <li key={one}>
              <code>{one}</code>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Safety({ service, of, account }: { service: string; of: Result["safetyBackup"]; account: string }) {
  if (!of?.backup) return <span className="quiet">{words.noSafety}</span>;
  return (
    <>
      <span className="pair">
        <Link href={backupAddress(service, of.backup)} className="name">
          {of.backup}
        </Link>
        {of.storageAccount && of.container && (
          <Link href={restoreFrom(of.storageAccount, of.container, undoName(account))} className="button small">
            {words.undo}
          </Link>
        )}
      </span>
      <p className="hint">{words.safetyText}</p>
    </>
  );
}

/** Which service's resume enables the workflows: the one that is linked to the account, not always the one that was pushed. */
function Resumed({ by }: { by: string | undefined }) {
  if (!by) return <>{words.disabledAlone}</>;
  const [before, after] = words.disabledText(by).split(by);
  return (
    <>
      {before}
      <Link href={`/services/${by}`}>{by}</Link>
      {after}
    </>
  );
}

export function Workflows({ title, text, of }: { title: string; text?: ReactNode; of: Workflow[] }) {
  return (
    <>
      <h3 className="beneath">{title}</h3>
      {text && <p className="quiet">{text}</p>}
      <ul className="points">
        {of.map((one) => (
          <li key={one.resourceId} title={one.resourceId}>
            {one.name ?? nameOfId(one.resourceId ?? "")}
            {one.why && (
              <span className="quiet">
                {": "}
                <Said text={one.why} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
