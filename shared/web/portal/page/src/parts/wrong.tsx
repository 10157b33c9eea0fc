/** What is wrong with a request: each thing at the member whose control can mend it. */
import { Icon } from "./icons";
import { Said } from "./said";
import { wrong as words } from "../words/parts";

/** What is wrong, and the pointer of the member; "" where no control mends it. */
export type Wrong = { code: string; message: string; pointer: string };

/** The control of a member takes the focus; false where the page that is open has none. */
export function goToControl(pointer: string): boolean {
  const control = document.querySelector<HTMLElement>(`[data-member="${CSS.escape(pointer)}"]`);
  control?.focus();
  control?.scrollIntoView({ block: "center" });
  return control !== null;
}

/** Each thing with its code, and the way to its control. */
export function Wrongs({ of, goTo }: { of: readonly Wrong[]; goTo: (pointer: string) => void }) {
  return (
    <ul className="remarks">
      {of.map((one, index) => (
        <li key={index}>
          <span>
            <Said text={one.message} />
          </span>
          <span className="facts">
            {one.code && (
              <a href={`/api/docs#error-${one.code}`} target="_blank" rel="noreferrer">
                <code>{one.code}</code>
              </a>
            )}
            {one.pointer && (
              <button type="button" className="small" onClick={() => goTo(one.pointer)} aria-label={words.goToField(one.pointer)}>
                {words.goTo}
                <Icon name="next" />
              </button>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
