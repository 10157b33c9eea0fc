/** What alone is to be restored: ticks, kept with the tab over pages, filters and reloads. */
import { useId, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { onLeave } from "../../api/session";
import { Icon } from "../../parts/icons";
import { ShutTick } from "../../parts/shut-tick";
import { picks as words } from "../../words/inside";
import { restoreAddress } from "../addresses";

const PREFIX = "interkeep-picks ";
/** What one restore's `include` takes. */
export const MOST_PICKS = 1_000;
/** Characters of an address that every host between here and the app takes. */
const MOST_ADDRESS = 6_000;

/** Sections that a restore's `include` does not name: they come with agreements, or always. */
export const NOT_PICKED = new Set(["service", "control-numbers", "received-control-numbers", "mic-values", "sessions", "content"]);

/** As `include` names it: `section/name`, or `section` for all of it. A section has no slash. */
export const pickOf = (section: string, name: string) => `${section}/${name}`;
export const isWhole = (pick: string) => !pick.includes("/");

const told = new Set<() => void>();
const known = new Map<string, readonly string[]>();

function read(key: string): readonly string[] {
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  const found = parsed(sessionStorage.getItem(key));
  known.set(key, found);
  return found;
}

function parsed(text: string | null): readonly string[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function write(key: string, picks: readonly string[]): void {
  known.set(key, picks);
  if (picks.length > 0) sessionStorage.setItem(key, JSON.stringify(picks));
  else sessionStorage.removeItem(key);
  for (const tell of told) tell();
}

onLeave(() => known.clear());

export type Picks = { all: readonly string[]; has: (pick: string) => boolean; set: (pick: string, on: boolean) => void; clear: () => void };

/** The ticks of a backup. */
export function usePicks(service: string, backup: string): Picks {
  const key = `${PREFIX}${service} ${backup}`;
  const all = useSyncExternalStore(
    (tell) => {
      told.add(tell);
      return () => told.delete(tell);
    },
    () => read(key),
  );
  return {
    all,
    has: (pick) => all.includes(pick),
    set: (pick, on) => write(key, on ? [...all.filter((one) => one !== pick), pick] : all.filter((one) => one !== pick)),
    clear: () => write(key, []),
  };
}

/** The tick of one record; of a section that is ticked as a whole it is on, and stays so. */
export function PickTick({ picks, section, name, refused }: { picks: Picks; section: string; name: string; refused?: string | undefined }) {
  const whole = picks.has(section);
  const why = refused ?? (whole ? words.partOfSection : undefined);
  return (
    <ShutTick
      label={words.tick(section, name)}
      on={refused === undefined && (whole || picks.has(pickOf(section, name)))}
      why={why}
      set={(on) => picks.set(pickOf(section, name), on)}
    />
  );
}

/** The tick of a whole section. */
export function PickSection({ picks, section }: { picks: Picks; section: string }) {
  const id = useId();
  return (
    <span className="filter pick-section">
      <input type="checkbox" id={id} checked={picks.has(section)} onChange={(event) => picks.set(section, event.target.checked)} />
      <label htmlFor={id}>{words.tickSection(section)}</label>
    </span>
  );
}

/** What is ticked, and the way to the wizard; nothing where nothing is. */
export function PickBar({ service, backup, picks }: { service: string; backup: string; picks: Picks }) {
  // What a whole section is ticked for need not be named again.
  const named = picks.all.filter((one) => isWhole(one) || !picks.has(one.split("/", 1)[0]!));
  if (named.length === 0) return null;
  const sections = named.filter(isWhole).length;
  const address = restoreAddress(service, backup, named);
  const refused = named.length > MOST_PICKS ? words.tooMany(MOST_PICKS) : address.length > MOST_ADDRESS ? words.tooLong : undefined;
  return (
    <section className="picks" aria-label={words.bar}>
      <div className="aligned">
        <strong role="status">{words.numberAnd(named.length - sections, sections)}</strong>
        <span className="quiet">{words.along}</span>
        <button type="button" onClick={picks.clear}>
          {words.clear}
        </button>
        {refused === undefined ? (
          <Link href={address} className="button first">
            <Icon name="restart" />
            {words.go}
          </Link>
        ) : (
          <button type="button" aria-disabled aria-describedby="picks-refused">
            {words.go}
          </button>
        )}
      </div>
      {refused && (
        <p className="warned" id="picks-refused">
          {refused}
        </p>
      )}
      <details>
        <summary>{words.show}</summary>
        <ul>
          {named.map((one) => (
            <li key={one}>
              <code>{isWhole(one) ? words.whole(one) : one}</code>
              <button type="button" className="bare" aria-label={words.untick(one)} title={words.untick(one)} onClick={() => picks.set(one, false)}>
                <Icon name="cross" />
              </button>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
