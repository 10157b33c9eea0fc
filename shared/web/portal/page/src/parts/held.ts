/**
 * What somebody was writing when the API took their key no longer. It is held in memory alone, for
 * as long as a key is: whoever comes back in by the door finds it where it was.
 */
import { useEffect } from "react";
import { currentWay, onLeave } from "../api/session";

const MOST_MS = 30 * 60_000;

const held = new Map<string, unknown>();
let ends: ReturnType<typeof setTimeout> | undefined;

onLeave((why) => {
  clearTimeout(ends);
  // Who forgets the key, or was not there for half an hour, leaves nothing behind.
  if (why === "refused" || why === "ended") ends = setTimeout(() => held.clear(), MOST_MS);
  else held.clear();
});

/** What is held under a name; it stays held. */
export const heldOf = <T>(what: string) => held.get(what) as T | undefined;

/** Hold a value while it is there; it goes with its page, but for one that the door took away. */
export function useHeld(what: string, value: unknown): void {
  if (value === undefined) held.delete(what);
  else if (currentWay() !== "out") held.set(what, value);
  useEffect(
    () => () => {
      if (currentWay() !== "out") held.delete(what);
    },
    [what],
  );
}
