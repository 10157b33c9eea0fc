/**
 * Who is there: the function key, in memory; with the person's tick also in sessionStorage, which
 * ends with the tab. Never in localStorage, never in an address that stays.
 */
import { useSyncExternalStore } from "react";

const STORED = "interkeep-key";
/** When somebody last did something with the stored key, in milliseconds. */
const USED = "interkeep-key-used";
const NOTED_EVERY_MS = 1_000;
const IDLE_MS = 30 * 60_000;
const LOOK_EVERY_MS = 15_000;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

export type Way = "out" | "key" | "cookie";

/** @param why "ended": the API no longer takes the cookie. */
type Session = { way: Way; key: string | null; why: "none" | "refused" | "ended" | "idle" };

let session: Session = { way: "out", key: null, why: "none" };
let lastInput = Date.now();
const listeners = new Set<() => void>();
const leaving = new Set<(why: Session["why"]) => void>();
const changing = new Set<() => void>();

function become(next: Session): void {
  session = next;
  for (const told of listeners) told();
}

/** Take what the address or the tab holds; the address loses its key at once. */
export function begin(): void {
  const given = /^#key=([A-Za-z0-9_-]+)/.exec(location.hash)?.[1];
  if (given !== undefined) {
    history.replaceState(history.state, "", location.pathname + location.search);
    // From a link of somebody else's, a key would let its maker look at what is done with it.
    if (LOOPBACK.has(location.hostname)) return enter(given, true);
  }
  // A mark on the page, such as the one to skip to its content, is none of a key.
  if (session.way !== "out") return;
  const kept = sessionStorage.getItem(STORED);
  if (kept === null) return;
  // A tab that the browser brings back has its storage again, however long it was closed.
  const used = Number(sessionStorage.getItem(USED) ?? NaN);
  if (!(Date.now() - used <= IDLE_MS)) return leave("idle");
  lastInput = used;
  become({ way: "key", key: kept, why: "none" });
}

/** Use a key from now on; `keep` until the tab closes. */
export function enter(key: string, keep: boolean): void {
  if (keep) sessionStorage.setItem(STORED, key);
  else sessionStorage.removeItem(STORED);
  lastInput = Date.now();
  note();
  const isAnother = session.way !== "out" && session.key !== key;
  become({ way: "key", key, why: "none" });
  if (isAnother) for (const told of changing) told();
}

/** Use the cookie of App Service authentication from now on. */
export function enterByCookie(): void {
  become({ way: "cookie", key: null, why: "none" });
}

/** Forget the key, and all that was read with it. */
export function leave(why: Session["why"] = "none"): void {
  sessionStorage.removeItem(STORED);
  sessionStorage.removeItem(USED);
  if (session.way === "out" && session.why === why) return;
  become({ way: "out", key: null, why });
  for (const told of leaving) told(why);
}

/** Leave, as the API no longer takes the key or the cookie. */
export function refused(): void {
  if (session.way !== "out") leave(session.way === "cookie" ? "ended" : "refused");
}

/** Store when the key was last used, beside the key. */
function note(): void {
  if (sessionStorage.getItem(STORED) !== null) sessionStorage.setItem(USED, String(lastInput));
}

/** @param told hears why. */
export function onLeave(told: (why: Session["why"]) => void): void {
  leaving.add(told);
}

/** @param told hears of another key in place of the one that was in use. */
export function onAnotherKey(told: () => void): void {
  changing.add(told);
}

export function currentWay(): Way {
  return session.way;
}

export function currentKey(): string | null {
  return session.key;
}

export function useSession(): Session {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => session,
  );
}

/** Leave after half an hour in which nobody touched anything. */
export function watchIdle(): void {
  let noted = 0;
  const seen = () => {
    lastInput = Date.now();
    if (Math.abs(lastInput - noted) < NOTED_EVERY_MS) return;
    noted = lastInput;
    note();
  };
  for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, seen, { passive: true });
  const look = () => {
    if (session.way === "key" && Date.now() - lastInput > IDLE_MS) leave("idle");
  };
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
}
