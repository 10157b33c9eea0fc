/** A long list that is drawn in parts. */
import { useState, type ReactNode } from "react";
import { count } from "../../parts/format";
import { importing as words } from "../../words/import";

const AT_ONCE = 100;

export function useParts<T>(all: readonly T[]): { shown: readonly T[]; more: ReactNode } {
  const [most, setMost] = useState(AT_ONCE);
  const shown = all.slice(0, most);
  const more = all.length > AT_ONCE && (
    <p className="more">
      <span className="quiet">{words.shown(count(shown.length), count(all.length))}</span>
      {shown.length < all.length && (
        <button type="button" onClick={() => setMost(most + AT_ONCE)}>
          {words.more}
        </button>
      )}
    </p>
  );
  return { shown, more };
}
