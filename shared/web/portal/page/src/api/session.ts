/**
 * Who is there: the function key, in memory; with the person's tick also in sessionStorage, which
 * ends with the tab. Never in localStorage, never in an address that stays.
 */
import { useSyncExternalStore } from "react";

const STORED = "interkeep-key";
const IDLE_MS = 30 * 60_000;
const LOOK_EVERY_MS = 15_000;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

export type Way = "out" | "key" | "cookie";

type Session = { way: Way; key: string | null; why: "none" | "refused" | "idle" };

let session: Session = { way: "out", key: null, why: "none" };
let lastInput = Date.now();
const listeners = new Set<() => void>();
const leaving = new Set<() => void>();

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
  const kept = sessionStorage.getItem(STORED);
  if (kept !== null) become({ way: "key", key: kept, why: "none" });
}

/** Use a key from now on; `keep` until the tab closes. */
export function enter(key: string, keep: boolean): void {
  if (keep) sessionStorage.setItem(STORED, key);
  else sessionStorage.removeItem(STORED);
  lastInput = Date.now();
  become({ way: "key", key, why: "none" });
}

/** Use the cookie of App Service authentication from now on. */
export function enterByCookie(): void {
  become({ way: "cookie", key: null, why: "none" });
}

/** Forget the key, and all that was read with it. */
export function leave(why: Session["why"] = "none"): void {
  sessionStorage.removeItem(STORED);
  if (session.way === "out" && session.why === why) return;
  become({ way: "out", key: null, why });
  for (const told of leaving) told();
}

export function onLeave(told: () => void): void {
  leaving.add(told);
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
  const seen = () => {
    lastInput = Date.now();
  };
  for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, seen, { passive: true });
  const look = () => {
    if (session.way === "key" && Date.now() - lastInput > IDLE_MS) leave("idle");
  };
  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
}
