/**
 * Ids of operations. One is drawn when a dialog opens, and kept until its request was answered, so
 * that a request whose answer was lost is the same operation when it is sent again, also after a
 * reload.
 */
import { onLeave } from "./session";

const PREFIX = "interkeep-operation ";

/** The id for what is about to be done: `what` says what, such as "backup contoso-b2b". */
export function drawn(what: string): string {
  const kept = sessionStorage.getItem(PREFIX + what);
  if (kept !== null) return kept;
  const id = crypto.randomUUID();
  sessionStorage.setItem(PREFIX + what, id);
  return id;
}

const DRAFT = "interkeep-draft ";

/** What was filled in for something that is about to be done, after a reload too; else `first`. */
export function drafted<T>(what: string, first: () => T): T {
  const kept = sessionStorage.getItem(DRAFT + what);
  return kept === null ? first() : (JSON.parse(kept) as T);
}

/** Keep what is filled in; undefined where it was done, or given up. */
export function draft(what: string, value: unknown): void {
  if (value === undefined) sessionStorage.removeItem(DRAFT + what);
  else sessionStorage.setItem(DRAFT + what, JSON.stringify(value));
}

/** It was answered, or given up: the next one is another. */
export function spent(what: string): void {
  sessionStorage.removeItem(PREFIX + what);
}

// Also of pages that were not opened since the last load: what they keep has the same beginning.
const KEPT = [PREFIX, DRAFT, "interkeep-restore", "interkeep-picks "];
onLeave(() => {
  for (const key of Object.keys(sessionStorage)) if (KEPT.some((one) => key.startsWith(one))) sessionStorage.removeItem(key);
});
