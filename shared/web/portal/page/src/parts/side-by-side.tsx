/**
 * Two or three texts side by side, line by line; on a narrow screen one under the other, as a
 * single text with its changes. What differs has a sign and a word, and not a colour alone.
 */
import { useMemo, useState } from "react";
import { compare as words, type Mark } from "../words/compare";
import { beside, parted, type Cell, type Row } from "./lines";

/** Equal lines that are shown around what differs. */
const CONTEXT = 3;
const AT_ONCE = 1_000;
const LONG = 300;
const KEPT_HEAD = 80;
const KEPT_MIDDLE = 180;

export type Text = { title: string; lines: readonly string[] };

export function SideBySide({ of, label }: { of: readonly Text[]; label: string }) {
  const found = useMemo(() => beside(of.map((one) => one.lines)), [of]);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [most, setMost] = useState(AT_ONCE);
  const pieces = useMemo(() => piecesOf(found.rows, opened), [found, opened]);
  if (found.differing === 0) return <p className="quiet">{words.alike}</p>;
  const left = pieces.length - most;
  return (
    <div className="beside-texts">
      {!found.exact && <p className="quiet">{words.rough}</p>}
      <div className="scroll" role="group" aria-label={label} tabIndex={0}>
        {/* Said again, as a browser takes it from what is shown as a block on a narrow screen. */}
        <table role="table" className={`beside of-${of.length}`} aria-label={label}>
          <thead role="rowgroup">
            <tr role="row">
              {of.map((one, index) => (
                <th key={index} scope="col" role="columnheader">
                  {one.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {pieces.slice(0, most).map((piece) =>
              typeof piece === "object" && "hidden" in piece ? (
                <tr key={`hidden ${piece.from}`} role="row" className="hidden">
                  <td role="cell" colSpan={of.length}>
                    <button type="button" className="bare wide" onClick={() => setOpened(new Set([...opened, piece.from]))}>
                      {words.equalLines(piece.hidden)}
                    </button>
                  </td>
                </tr>
              ) : (
                <Line key={piece.index} of={piece.row} titles={of.map((one) => one.title)} />
              ),
            )}
          </tbody>
        </table>
      </div>
      {left > 0 && (
        <p className="more">
          <button type="button" onClick={() => setMost(most + AT_ONCE)}>
            {words.moreLines(Math.min(left, AT_ONCE))}
          </button>
        </p>
      )}
    </div>
  );
}

type Piece = { row: Row; index: number } | { hidden: number; from: number };

/** The rows, and where many equal ones stand together a place that opens them. */
function piecesOf(rows: readonly Row[], opened: ReadonlySet<number>): Piece[] {
  const pieces: Piece[] = [];
  const show = (from: number, to: number) => {
    for (let index = from; index < to; index += 1) pieces.push({ row: rows[index]!, index });
  };
  for (let from = 0; from < rows.length; ) {
    let to = from;
    while (to < rows.length && isSame(rows[to]!)) to += 1;
    const first = from === 0 ? from : from + CONTEXT;
    const last = to === rows.length ? to : to - CONTEXT;
    if (last - first > 1 && !opened.has(first)) {
      show(from, first);
      pieces.push({ hidden: last - first, from: first });
      show(last, to);
    } else {
      show(from, to);
    }
    from = to;
    while (from < rows.length && !isSame(rows[from]!)) {
      show(from, from + 1);
      from += 1;
    }
  }
  return pieces;
}

const isSame = (row: Row) => row.marks[0] === "same";

function Line({ of, titles }: { of: Row; titles: readonly string[] }) {
  const first = of.cells[0];
  const same = isSame(of);
  return (
    <tr role="row" className={same ? "same" : of.clash ? "clash" : undefined}>
      {of.cells.map((one, column) => {
        const mark = of.marks[column]!;
        // What the first text has and another has not is told in the first one, and the other way round.
        const other = column > 0 ? first : of.cells.find((_, index) => index > 0 && of.marks[index] !== "same");
        return (
          <td key={column} role="cell" className={classOf(mark, column, one)} data-title={titles[column]}>
            <Told mark={mark} clash={of.clash && column > 0} there={one !== undefined} />
            {one && (
              <>
                <span className="line" aria-label={`${words.line} ${one.number}`} role="img">
                  {one.number}
                </span>
                <span className="sign" aria-hidden="true">
                  {mark === "same" ? " " : column === 0 ? "−" : "+"}
                </span>
                <Shown text={one.text} beside={mark === "changed" ? other?.text : undefined} />
              </>
            )}
          </td>
        );
      })}
    </tr>
  );
}

function classOf(mark: Mark, column: number, one: Cell | undefined): string {
  if (one === undefined) return "none";
  if (mark === "same") return "same";
  return column === 0 ? "gone" : "come";
}

function Told({ mark, clash, there }: { mark: Mark; clash: boolean; there: boolean }) {
  const said = [there ? "" : words.absent, clash ? words.clash : there ? words.marks[mark] : ""].filter(Boolean).join(", ");
  if (!said) return null;
  return clash ? <span className="told">{said}</span> : <span className="unseen">{said}: </span>;
}

/** A line; of a changed one what differs is marked, and a long one is cut around that. */
function Shown({ text, beside: other }: { text: string; beside: string | undefined }) {
  const [whole, setWhole] = useState(false);
  const [head, middle, tail] = other === undefined ? [text, "", ""] : parted(text, other);
  const long = text.length > LONG;
  const cut = long && !whole;
  return (
    <code>
      {cut && other !== undefined && head.length > KEPT_HEAD ? `…${head.slice(-KEPT_HEAD)}` : cut && other === undefined ? `${head.slice(0, LONG)}…` : head}
      {middle && <mark>{cut && middle.length > KEPT_MIDDLE ? `${middle.slice(0, KEPT_MIDDLE)}…` : middle}</mark>}
      {cut && tail.length > KEPT_HEAD ? `${tail.slice(0, KEPT_HEAD)}…` : tail}
      {long && (
        <button type="button" className="small" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? words.lessText : words.wholeText(text.length)}
        </button>
      )}
    </code>
  );
}
