/** What is filled in in a dialog: it goes with the dialog, and survives a reload. */
import { useEffect, useState } from "react";
import { draft, drafted } from "../api/drawn";

/**
 * A name that a dialog proposes is of the moment at which it opened. Drawn anew after a reload, it
 * would make a second operation of one whose answer was lost.
 */
export function useDraft<T extends object>(what: string, first: () => T): [T, (change: Partial<T>) => void] {
  const [value, setValue] = useState(() => drafted(what, first));
  useEffect(() => draft(what, value), [what, value]);
  // A reload ends the page without coming here.
  useEffect(() => () => draft(what, undefined), [what]);
  return [value, (change) => setValue((before) => ({ ...before, ...change }))];
}
