/** Sealing keys: what needs them, which are not at hand, and rotation. */
import { useState } from "react";
import { Link } from "wouter";
import { useAllOperations, useHealth, useMay } from "../api/reads";
import type { DeepHealth, Monitor } from "../api/types";
import { Chip } from "../parts/status";
import { Copy } from "../parts/copy";
import { count } from "../parts/format";
import { Icon } from "../parts/icons";
import { Command, Head, Skeleton, Table } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Time } from "../parts/time";
import { keys as words } from "../words/installation";
import { commands } from "../words/service";
import { common } from "../words/shell";
import { operationAddress } from "./addresses";
import { RotateKeys, SealSecrets } from "./key-commands";

const ROTATIONS = 5;

type Needed = { id: string; services: number | undefined; backups: number | undefined; atHand: boolean; error: string | undefined };

/** The keys that anything needs, those that are not at hand first. */
export function neededKeys(keys: DeepHealth["keys"]): Needed[] {
  const byId = new Map<string, Needed>();
  for (const one of [...(keys.neededByServices ?? []), ...(keys.neededByBackups ?? [])]) {
    const before = byId.get(one.keyId);
    byId.set(one.keyId, {
      id: one.keyId,
      services: one.services ?? before?.services,
      backups: one.backups ?? before?.backups,
      atHand: one.atHand && (before?.atHand ?? true),
      error: one.error ?? before?.error,
    });
  }
  return [...byId.values()].sort((a, b) => Number(a.atHand) - Number(b.atHand) || a.id.localeCompare(b.id));
}

export function Keys() {
  const read = useHealth();
  const [asked, setAsked] = useState<"rotate" | "seal">();
  const may = useMay();
  const found = read.data?.keys;
  const close = () => setAsked(undefined);
  return (
    <>
      <Head title={words.title}>
        <p className="quiet lead">
          {words.text} <Time at={read.dataUpdatedAt ? new Date(read.dataUpdatedAt).toISOString() : undefined} short />
        </p>
        <div className="commands" role="group" aria-label={commands.bar}>
          {may("rotate_keys") && <Command icon="restart" word={words.rotate} first run={() => setAsked("rotate")} />}
          {may("seal_secrets") && <Command icon="verify" word={words.seal} run={() => setAsked("seal")} />}
          <Command icon="health" word={read.isFetching ? words.asking : words.askAgain} run={() => void read.refetch()} />
        </div>
      </Head>
      {found ? (
        <Whole of={found} />
      ) : read.error ? (
        <Problem of={read.error} again={() => void read.refetch()} />
      ) : (
        <Skeleton lines={8} />
      )}
      {asked === "rotate" && <RotateKeys wrapping={found?.wrapping ?? undefined} close={close} />}
      {asked === "seal" && <SealSecrets close={close} />}
    </>
  );
}

function Whole({ of }: { of: DeepHealth["keys"] }) {
  const needed = neededKeys(of);
  const gone = needed.filter((one) => !one.atHand).length;
  return (
    <div className="overview">
      {gone > 0 && (
        <section className="problem" aria-labelledby="gone">
          <Icon name="warn" />
          <div>
            <h2 id="gone">{words.gone(count(gone), gone === 1)}</h2>
            <p>{words.goneText}</p>
          </div>
        </section>
      )}
      {of.error && (
        <section className="problem" aria-labelledby="unknown">
          <Icon name="warn" />
          <div>
            <h2 id="unknown">{words.unknown}</h2>
            <p>{of.error}</p>
          </div>
        </section>
      )}
      {of.complete === false && <p className="banner">{words.incomplete}</p>}
      <section className="card" aria-labelledby="needed">
        <h2 id="needed">{words.needed}</h2>
        {needed.length > 0 ? <KeyTable of={needed} wrapping={of.wrapping ?? undefined} /> : <p className="quiet">{of.error ? common.unknown : words.none}</p>}
      </section>
      <div className="columns">
        <Rotation of={needed} keys={of} />
        <section className="card" aria-labelledby="steps">
          <h2 id="steps">{words.steps}</h2>
          <ol className="steps">
            {words.step.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ol>
        </section>
      </div>
    </div>
  );
}

/** Where a key is, by its id: an address of a vault, or a name of the settings'. */
function placeOf(id: string): string {
  const vault = /^https:\/\/([^/.]+)[^/]*\/keys\//.exec(id)?.[1];
  return vault === undefined ? words.inSettings : words.inVault(vault);
}

function KeyTable({ of, wrapping }: { of: Needed[]; wrapping: string | undefined }) {
  const number = (value: number | undefined) => (value === undefined ? count(0) : count(value));
  return (
    <Table label={words.needed} heads={[[words.key], [words.atHand], [words.services, "number", words.servicesHint], [words.backups, "number", words.backupsHint], [words.where]]}>
      {of.map((one) => (
        <tr key={one.id}>
          <th scope="row" className="key-id">
            <Copy text={one.id} what={words.key} />
            {one.id === wrapping && <span className="quiet small">{words.wrapping}</span>}
          </th>
          <td>
            <Chip of={one.atHand ? "atHand" : "notAtHand"} />
            {one.error && <p className="wrong">{one.error}</p>}
          </td>
          <td className="number">{number(one.services)}</td>
          <td className="number">{number(one.backups)}</td>
          <td>{placeOf(one.id)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Rotation({ of, keys }: { of: Needed[]; keys: DeepHealth["keys"] }) {
  const log = useAllOperations({ operation: "RotateKeys" }, ROTATIONS);
  const known = keys.wrapping != null && keys.complete === true;
  const others = of.filter((one) => one.id !== keys.wrapping).reduce((sum, one) => sum + (one.services ?? 0), 0);
  return (
    <section className="card" aria-labelledby="rotation">
      <h2 id="rotation">{words.rotation}</h2>
      <p className="quiet">{words.rotationText}</p>
      {keys.wrapping && (
        <p>
          {words.current} <Copy text={keys.wrapping} what={words.current} />
        </p>
      )}
      <p className={others > 0 ? "warned" : undefined}>
        {others > 0 ? words.others(count(others), others === 1) : known ? words.allCurrent : common.unknown}
      </p>
      <h3>{words.last}</h3>
      {log.rows === undefined ? (
        log.error ? (
          <Problem of={log.error} quietly again={() => void log.refetch()} />
        ) : (
          <Skeleton lines={2} />
        )
      ) : log.rows.length === 0 ? (
        <p className="quiet">{words.neverRotated}</p>
      ) : (
        <ul className="lines rotations">
          {log.rows.map((one) => (
            <Rotated key={one.id} of={one} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Rotated({ of }: { of: Monitor }) {
  const said = of.result ?? {};
  const number = (name: string) => (typeof said[name] === "number" ? (said[name] as number) : undefined);
  const [wrapped, services, failed] = [number("wrapped"), number("services"), number("failed")];
  return (
    <li>
      <Link href={operationAddress(of)}>
        <Chip of={of.status} />
      </Link>
      <span>
        {wrapped !== undefined && services !== undefined && words.wrapped(count(wrapped), count(services))}
        {failed ? `, ${words.failed(count(failed))}` : ""}
      </span>
      <Time at={of.createdAt} short />
    </li>
  );
}
