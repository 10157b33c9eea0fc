/** The three-way view: what somebody started from, what is stored now, and what they wrote. */
import { useMemo } from "react";
import type { Read } from "../../api/artifacts";
import { Icon } from "../../parts/icons";
import { laidOut, parsed } from "../../parts/json-text";
import { Problem } from "../../parts/problem";
import { SideBySide } from "../../parts/side-by-side";
import { conflict as words } from "../../words/artifacts";

/** What is stored now; without `read` it was deleted, or cannot be read for `problem`. */
export type Theirs = { read: Read | undefined; problem: unknown };

export function Conflict(props: {
  base: string;
  isNew: boolean;
  theirs: Theirs;
  mine: string;
  busy: boolean;
  problem: unknown;
  take: () => void;
  keep: () => void;
  goOn: () => void;
}) {
  const { base, isNew, theirs, mine } = props;
  const texts = useMemo(
    () => [
      { title: words.base, lines: lines(isNew ? "{}" : base) },
      { title: words.theirs, lines: theirs.read ? lines(theirs.read.document) : [words.gone] },
      { title: words.mine, lines: lines(mine) },
    ],
    [base, isNew, theirs, mine],
  );
  const said = theirs.read === undefined ? words.goneText : isNew ? words.existsText : words.text;
  return (
    <section className="card conflict" aria-labelledby="conflict">
      <h2 id="conflict" tabIndex={-1} ref={(one) => one?.focus()}>
        <Icon name="warn" />
        {isNew ? words.existsTitle : words.title}
      </h2>
      {theirs.problem ? <Problem of={theirs.problem} /> : <p role="alert">{said}</p>}
      <SideBySide of={texts} label={words.three} />
      {props.problem ? <Problem of={props.problem} /> : null}
      <div className="ways">
        <p>
          <button type="button" onClick={props.take}>
            {words.take}
          </button>
          <span className="quiet">{words.takeText}</span>
        </p>
        <p>
          <button type="button" onClick={props.goOn}>
            {words.goOn}
          </button>
          <span className="quiet">{words.goOnText}</span>
        </p>
        <p>
          <button type="button" className="danger" onClick={props.keep} aria-disabled={props.busy || theirs.problem !== undefined}>
            {words.keep}
          </button>
          <span className="quiet">{words.keepText}</span>
        </p>
      </div>
    </section>
  );
}

/** The lines of a document, laid out alike whoever wrote it. */
const lines = (document: string) => laidOut(document, parsed(document)).split("\n");
