/**
 * JSON documents as lines, and texts beside each other by their lines. The first text is what the
 * others are compared with.
 */
import type { Mark } from "../words/compare";

const INDENT = "  ";

/** A JSON value as lines that are the same for equal values: members stand by their names. */
export function linesOf(value: unknown): string[] {
  const lines: string[] = [];
  write(value, "", "", "", lines);
  return lines;
}

function write(value: unknown, indent: string, before: string, behind: string, lines: string[]): void {
  const entries = entriesOf(value);
  if (entries === undefined || entries.length === 0) {
    lines.push(`${indent}${before}${JSON.stringify(value) ?? "null"}${behind}`);
    return;
  }
  const [begin, end] = Array.isArray(value) ? "[]" : "{}";
  lines.push(`${indent}${before}${begin}`);
  entries.forEach(([name, one], index) =>
    write(one, indent + INDENT, name, index < entries.length - 1 ? "," : "", lines),
  );
  lines.push(`${indent}${end}${behind}`);
}

/** What stands before each part of a list or an object, and the part; undefined for a text or number. */
function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (Array.isArray(value)) return value.map((one): [string, unknown] => ["", one]);
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, one]): [string, unknown] => [`${JSON.stringify(name)}: `, one]);
}

/** Lines of the first text that another one has not as they are, and what it has there instead. */
export type Hunk = { from: number; to: number; otherFrom: number; otherTo: number };

export type Difference = {
  hunks: Hunk[];
  /** Whether they were matched line by line; false where they differ too much for that. */
  exact: boolean;
};

/** Differing lines up to which texts are matched line by line: beyond, it costs memory and time. */
export const MOST_EDITS = 1_200;

/** Where two texts differ, by Myers' shortest way from one to the other. */
export function difference(first: readonly string[], other: readonly string[]): Difference {
  let head = 0;
  while (head < first.length && head < other.length && first[head] === other[head]) head += 1;
  let tail = 0;
  const most = Math.min(first.length, other.length) - head;
  while (tail < most && first[first.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1;
  const rows = first.length - head - tail;
  const columns = other.length - head - tail;
  const whole: Hunk = { from: head, to: head + rows, otherFrom: head, otherTo: head + columns };
  if (rows === 0 && columns === 0) return { hunks: [], exact: true };
  if (rows === 0 || columns === 0) return { hunks: [whole], exact: true };
  const kept = matched((x, y) => first[head + x] === other[head + y], rows, columns);
  if (kept === undefined) return { hunks: [whole], exact: false };
  return { hunks: between(kept, rows, columns, head), exact: true };
}

/** The pairs of lines that are kept, from the last to the first; undefined beyond the most edits. */
function matched(same: (x: number, y: number) => boolean, rows: number, columns: number): [number, number][] | undefined {
  const middle = MOST_EDITS + 1;
  const furthest = new Int32Array(2 * middle + 1);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= Math.min(MOST_EDITS, rows + columns); edits += 1) {
    trace.push(furthest.slice(middle - edits - 1, middle + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const below = at(furthest, middle + diagonal + 1);
      const right = at(furthest, middle + diagonal - 1);
      const down = diagonal === -edits || (diagonal !== edits && right < below);
      let x = down ? below : right + 1;
      while (x < rows && x - diagonal < columns && same(x, x - diagonal)) x += 1;
      furthest[middle + diagonal] = x;
      if (x >= rows && x - diagonal >= columns) return walkedBack(trace, rows, columns);
    }
  }
  return undefined;
}

function walkedBack(trace: Int32Array[], rows: number, columns: number): [number, number][] {
  const kept: [number, number][] = [];
  let x = rows;
  let y = columns;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const furthest = trace[edits]!;
    const middle = edits + 1;
    const diagonal = x - y;
    const down = diagonal === -edits || (diagonal !== edits && at(furthest, middle + diagonal - 1) < at(furthest, middle + diagonal + 1));
    const former = down ? diagonal + 1 : diagonal - 1;
    const formerX = edits === 0 ? 0 : at(furthest, middle + former);
    const formerY = edits === 0 ? 0 : formerX - former;
    const startX = edits === 0 ? 0 : down ? formerX : formerX + 1;
    while (x > startX) {
      x -= 1;
      y -= 1;
      kept.push([x, y]);
    }
    x = formerX;
    y = formerY;
  }
  return kept;
}

const at = (numbers: Int32Array, index: number) => numbers[index] ?? 0;

/** What lies between kept pairs. */
function between(kept: [number, number][], rows: number, columns: number, head: number): Hunk[] {
  const hunks: Hunk[] = [];
  let x = 0;
  let y = 0;
  for (const [nextX, nextY] of [...kept.reverse(), [rows, columns] as [number, number]]) {
    if (nextX > x || nextY > y) hunks.push({ from: head + x, to: head + nextX, otherFrom: head + y, otherTo: head + nextY });
    x = nextX + 1;
    y = nextY + 1;
  }
  return hunks;
}

/** A line of a text, with its number from 1. */
export type Cell = { number: number; text: string };

export type Row = {
  /** A cell for each text; undefined where it has no line there. */
  cells: (Cell | undefined)[];
  /** For each text how it differs from the first one there; of the first one itself the worst of the others. */
  marks: Mark[];
  /** Whether two others differ there from the first one, and from each other. */
  clash: boolean;
};

export type Beside = { rows: Row[]; exact: boolean; differing: number };

/** Two or three texts beside each other, line by line. */
export function beside(texts: readonly (readonly string[])[]): Beside {
  const [first = [], ...others] = texts;
  const found = others.map((other) => difference(first, other));
  const rows: Row[] = [];
  const next = texts.map(() => 0);
  const take = (ends: number[]) => {
    const height = Math.max(...ends.map((end, column) => end - next[column]!));
    for (let line = 0; line < height; line += 1) {
      rows.push(
        row(texts.map((text, column) => (next[column]! + line < ends[column]! ? cell(text, next[column]! + line) : undefined))),
      );
    }
    ends.forEach((end, column) => (next[column] = end));
  };
  for (const { from, to, ends } of regions(found)) {
    const equal = from - next[0]!;
    take(next.map((line) => line + equal));
    take([to, ...ends]);
  }
  take(texts.map((text) => text.length));
  return { rows, exact: found.every((one) => one.exact), differing: rows.filter((one) => one.marks[0] !== "same").length };
}

type Region = { from: number; to: number; ends: number[] };

/** The parts of the first text that differ in any other, those that touch put together. */
function regions(found: Difference[]): Region[] {
  const all = found.flatMap(({ hunks }) => hunks).sort((one, other) => one.from - other.from || one.to - other.to);
  const put: { from: number; to: number }[] = [];
  for (const { from, to } of all) {
    const last = put[put.length - 1];
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else put.push({ from, to });
  }
  return put.map(({ from, to }) => ({ from, to, ends: found.map((one) => otherEnd(one.hunks, to)) }));
}

/** The line of another text that stands where a region of the first one ends. */
function otherEnd(hunks: Hunk[], to: number): number {
  let shift = 0;
  for (const one of hunks) {
    if (one.to > to) break;
    shift = one.otherTo - one.to;
  }
  return to + shift;
}

const cell = (text: readonly string[], line: number): Cell => ({ number: line + 1, text: text[line]! });

function row(cells: (Cell | undefined)[]): Row {
  const [first, ...others] = cells;
  const marks = others.map((other) => markOf(first, other));
  const worst = marks.find((mark) => mark !== "same") ?? "same";
  const differing = others.filter((_, index) => marks[index] !== "same");
  return { cells, marks: [worst, ...marks], clash: differing.length > 1 && differing.some((one) => one?.text !== differing[0]?.text) };
}

function markOf(first: Cell | undefined, other: Cell | undefined): Mark {
  if (first?.text === other?.text) return "same";
  if (first === undefined) return "added";
  return other === undefined ? "removed" : "changed";
}

/** A line as what begins like the one beside it, what differs, whole words of it, and what ends like it. */
export function parted(text: string, beside: string): [string, string, string] {
  const most = Math.min(text.length, beside.length);
  let head = 0;
  while (head < most && text[head] === beside[head]) head += 1;
  while (head > 0 && isInWord(text, head)) head -= 1;
  let tail = 0;
  while (tail < most - head && text[text.length - 1 - tail] === beside[beside.length - 1 - tail]) tail += 1;
  while (tail > 0 && isInWord(text, text.length - tail)) tail -= 1;
  return [text.slice(0, head), text.slice(head, text.length - tail), text.slice(text.length - tail)];
}

const WORD = /^[\p{L}\p{N}_]$/u;
const LOW_SURROGATE = /^[\uDC00-\uDFFF]$/;

/** Whether a place of a text is within a word, or within a character of two units. */
function isInWord(text: string, place: number): boolean {
  const behind = text[place] ?? "";
  return (WORD.test(text[place - 1] ?? "") && WORD.test(behind)) || LOW_SURROGATE.test(behind);
}
