/** One record that differs: how, where, and on demand both sides of it. */
import { useMemo, useState } from "react";
import { useChange, type BackedUpRecord, type Change } from "../../api/inside";
import { Facts, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { linesOf } from "../../parts/lines";
import { SideBySide } from "../../parts/side-by-side";
import { Time } from "../../parts/time";
import { changes as words, picks as ofPicks } from "../../words/inside";
import type { ChangePlace } from "./changes";
import { NOT_PICKED, PickTick } from "./picks";
import { contentFacts } from "./record";

export const KINDS = ["added", "changed", "removed"] as const;

const FEW = 6;

export function ChangeMark({ of }: { of: Change["change"] }) {
  return (
    <span className={`chip ${words.tones[of]}`}>
      <b aria-hidden="true">{words.signs[of]}</b>
      {words.of[of]}
    </span>
  );
}

export function ChangeRow({ of, place, show }: { of: Change; place: ChangePlace; show: (open: string) => void }) {
  const id = `${of.section}/${of.name}`;
  const open = place.open === id;
  return (
    <li className={open ? "opened" : undefined} data-change={id}>
      <div className="aligned">
        <span className="pick">
          {!NOT_PICKED.has(of.section) && (
            <PickTick
              picks={place.picks}
              section={of.section}
              name={of.name}
              refused={of.change === "removed" ? ofPicks.notThere : undefined}
            />
          )}
        </span>
        <ChangeMark of={of.change} />
        <div className="what">
          <strong className="name">{of.name}</strong>
          <Where of={of} />
        </div>
        <span className="quiet">
          <Time at={of.changedAt} short />
        </span>
        <button type="button" className="small" aria-expanded={open} aria-label={words.openOf(of.section, of.name)} onClick={() => show(open ? "" : id)}>
          {words.open}
        </button>
      </div>
      {open && <Both of={of} place={place} />}
    </li>
  );
}

/** Where a record differs. */
function Where({ of }: { of: Change }) {
  const lists: [string, readonly string[] | null | undefined][] = [
    ["", of.pointers],
    [words.secrets, of.secretsChanged],
    [words.secretsUnknown, of.secretsNotCompared],
  ];
  return (
    <>
      {of.nameBefore && <span className="quiet">{words.nameBefore(of.nameBefore)}</span>}
      {of.contentChanged && <span className="quiet">{words.contentChanged}</span>}
      {lists.map(([title, pointers]) => pointers && pointers.length > 0 && <Pointers key={title} title={title} of={pointers} />)}
      {of.more ? <span className="quiet">{words.morePointers(of.more)}</span> : null}
    </>
  );
}

function Pointers({ title, of }: { title: string; of: readonly string[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? of : of.slice(0, FEW);
  return (
    <span className="pointers">
      {title && <span className="quiet">{title}:</span>}
      {shown.map((one) => (
        <code key={one}>{one || words.whole}</code>
      ))}
      {shown.length < of.length && (
        <button type="button" className="bare" onClick={() => setAll(true)}>
          {words.morePointers(of.length - shown.length)}
        </button>
      )}
    </span>
  );
}

function Both({ of, place }: { of: Change; place: ChangePlace }) {
  const { service, backup, since, sinceName } = place;
  const read = useChange(service, backup, since, of.section, of.name);
  const found = read.data;
  const before = found?.before;
  const after = found?.after;
  const texts = useMemo(
    () => [
      { title: sinceName, lines: before ? linesOf(before.document) : [] },
      { title: backup, lines: after ? linesOf(after.document) : [] },
    ],
    [before, after, sinceName, backup],
  );
  if (read.error) return <Problem of={read.error} again={() => void read.refetch()} />;
  if (found === undefined) return <Skeleton lines={4} />;
  if (found === null) return <p className="quiet">{words.alikeNow}</p>;
  const alike = texts[0]!.lines.join("\n") === texts[1]!.lines.join("\n");
  return (
    <div className="both">
      {found.contentChanged && (
        <div className="columns">
          <Content title={words.contentOf(sinceName)} of={before} />
          <Content title={words.contentOf(backup)} of={after} />
        </div>
      )}
      {alike ? <p className="quiet">{words.sameDocuments}</p> : <SideBySide of={texts} label={words.documents(of.section, of.name)} />}
    </div>
  );
}

function Content({ title, of }: { title: string; of: BackedUpRecord | null | undefined }) {
  const facts = of ? contentFacts(of) : [];
  return (
    <div>
      <h3>{title}</h3>
      {facts.length > 0 ? <Facts of={facts} /> : <p className="quiet">{words.noContent}</p>}
    </div>
  );
}
