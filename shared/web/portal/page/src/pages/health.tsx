/** Deep health: each check, the keys that backups need, what was left behind. */
import { Link } from "wouter";
import { useHealth } from "../api/reads";
import type { DeepHealth } from "../api/types";
import { Chip } from "../parts/status";
import { Copy } from "../parts/copy";
import { brief, count } from "../parts/format";
import { Head, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Time } from "../parts/time";
import { common } from "../words/shell";
import { health as words } from "../words/pages";
import { shownOperation } from "../words/status";

type Timed = Pick<DeepHealth["leftBehind"], "checkedAt" | "milliseconds">;

/** What takes longer than this is said to be slow. */
const SLOW_MS = 1000;

export function Health() {
  const read = useHealth();
  const found = read.data;
  return (
    <>
      <Head title={words.title} beside={found && <Chip of={found.status} />}>
        <p className="quiet lead">
          {words.text} <Time at={read.dataUpdatedAt ? new Date(read.dataUpdatedAt).toISOString() : undefined} short />
        </p>
      </Head>
      {found ? (
        <div className="overview">
          <Checks of={found} />
          <Keys of={found} />
          <LeftBehind of={found} />
        </div>
      ) : read.error ? (
        <Problem of={read.error} again={() => void read.refetch()} />
      ) : (
        <Skeleton lines={8} />
      )}
    </>
  );
}

function Checks({ of }: { of: DeepHealth }) {
  return (
    <section className="card" aria-labelledby="checks">
      <h2 id="checks">{words.checks}</h2>
      <ul className="lines checks">
        {of.checks.map((one) => (
          <li key={one.name}>
            <strong>{one.name}</strong>
            <Chip of={one.status} />
            <Took of={one} />
            {one.error && <span className="says">{one.error}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How long a check took, and how long ago that was. */
function Took({ of }: { of: Timed }) {
  const { milliseconds } = of;
  return (
    <span className="took">
      <span className={milliseconds >= SLOW_MS ? "slow" : undefined}>{words.took(brief(milliseconds), milliseconds >= SLOW_MS)}</span>
      <Time at={of.checkedAt} short />
    </span>
  );
}

function Keys({ of }: { of: DeepHealth }) {
  const { keys } = of;
  const byId = new Map<string, { atHand: boolean; needed: string[]; took: Timed }>();
  for (const [list, word] of [
    [keys.neededByBackups, words.backups],
    [keys.neededByServices, words.services],
  ] as const) {
    for (const key of list ?? []) {
      const one = byId.get(key.keyId) ?? { atHand: true, needed: [], took: key };
      one.needed.push(word(count(key.backups ?? key.services ?? 0)));
      one.atHand &&= key.atHand;
      byId.set(key.keyId, one);
    }
  }
  return (
    <section className="card" aria-labelledby="keys">
      <div className="card-head">
        <h2 id="keys">{words.keys}</h2>
        <Took of={keys} />
      </div>
      {keys.error && <p className="wrong">{keys.error}</p>}
      {keys.wrapping && (
        <p>
          {words.wrapping} <Copy text={keys.wrapping} what={words.key} />
        </p>
      )}
      {keys.complete === false && <p className="banner">{words.incomplete}</p>}
      {byId.size === 0 && !keys.error && <p className="quiet">{words.noKeys}</p>}
      <ul className="lines">
        {[...byId].map(([id, one]) => (
          <li key={id}>
            <code>{id}</code>
            <Chip of={one.atHand ? "atHand" : "notAtHand"} />
            <span className="quiet">{one.needed.join(", ")}</span>
            <Took of={one.took} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function LeftBehind({ of }: { of: DeepHealth }) {
  const { operations, error, count: many } = of.leftBehind;
  return (
    <section className="card" aria-labelledby="left">
      <div className="card-head">
        <h2 id="left">{words.left}</h2>
        <Took of={of.leftBehind} />
      </div>
      <p className="quiet">{many === 0 ? words.nothingLeft : many == null && error ? error : words.leftText}</p>
      <ul className="remarks">
        {(operations ?? []).map((one) => (
          <li key={one.operation}>
            <strong>
              {one.service ? (
                <Link href={`/services/${one.service}/log/${one.operation}`}>
                  {shownOperation(one.operationName)}, {one.service}
                </Link>
              ) : (
                shownOperation(one.operationName)
              )}
            </strong>
            <Time at={one.since} />
            <span>{one.why}</span>
            <span>{one.do}</span>
          </li>
        ))}
      </ul>
      {many == null && !error && <p className="quiet">{common.unknown}</p>}
    </section>
  );
}
