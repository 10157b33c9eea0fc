/**
 * Ids of operations. One is drawn when a dialog opens, and kept until its request was answered, so
 * that a request whose answer was lost is the same operation when it is sent again, also after a
 * reload.
 */
const PREFIX = "interkeep-operation ";

/** The id for what is about to be done: `what` says what, such as "backup contoso-b2b". */
export function drawn(what: string): string {
  const kept = sessionStorage.getItem(PREFIX + what);
  if (kept !== null) return kept;
  const id = crypto.randomUUID();
  sessionStorage.setItem(PREFIX + what, id);
  return id;
}

/** It was answered, or given up: the next one is another. */
export function spent(what: string): void {
  sessionStorage.removeItem(PREFIX + what);
}
