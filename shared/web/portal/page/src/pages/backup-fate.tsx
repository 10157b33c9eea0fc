/** What reads a backup now, and what became of its container. */
import { Link } from "wouter";
import type { Backup } from "../api/types";
import { Time } from "../parts/time";
import { backupFate as words } from "../words/backup";
import { operationAddress } from "./addresses";
import { reason } from "./backups";

/** The operations that the history knows to read it; the app refuses to delete it while they run. */
export function Users({ of }: { of: Backup }) {
  const users = of.users ?? [];
  if (users.length === 0) return null;
  return (
    <p className="warned">
      {words.users}{" "}
      {users.map((one) => (
        <Link key={one.operation} href={operationAddress({ id: one.operation, service: one.service })}>
          {one.service}/{one.operation.slice(0, 12)}…
        </Link>
      ))}
    </p>
  );
}

/** Deleted, or refused to be: when, why and by which operation. */
export function Fate({ service, of }: { service: string; of: Backup }) {
  const refused = of.status === "Deleted" ? undefined : of.deletionRefused;
  if (!refused && !of.deletedAt && (of.users ?? []).length === 0) return null;
  return (
    <section className="card" aria-labelledby="fate">
      <h2 id="fate">{words.title}</h2>
      <ul className="remarks">
        {(of.users ?? []).length > 0 && (
          <li>
            <Users of={of} />
          </li>
        )}
        {of.deletedAt && (
          <li>
            <strong>
              {words.deleted} <Time at={of.deletedAt} />
            </strong>
            {of.deletedBecause && <span>{words.because(of.deletedBecause.split(", ").map(reason).join(", "))}</span>}
            {of.deletedBy && <Link href={operationAddress({ id: of.deletedBy, service })}>{words.operation}</Link>}
          </li>
        )}
        {refused && (
          <li>
            <strong>
              {words.refused} <Time at={refused.at} />
            </strong>
            <span>{refused.message}</span>
            <Link href={operationAddress({ id: refused.operation, service })}>{words.operation}</Link>
          </li>
        )}
      </ul>
    </section>
  );
}
