/**
 * JSON as it was written: where each value stands in its text, so that a text is shown, cut and
 * sent without a number losing digits, and an error finds its line.
 */
import { json as words } from "../words/artifacts";

/** A value and where it stands, from its first character to behind its last one. */
export type Node = {
  kind: "object" | "list" | "text" | "number" | "word";
  from: number;
  to: number;
  /** Of an object by name, of a list by index. */
  parts: Part[];
};

export type Part = { name: string; from: number; value: Node };

export class NoJson extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
    this.name = "NoJson";
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACES = new Set([" ", "\t", "\n", "\r"]);

/** The value that a text is; throws `NoJson` where it is none. */
export function parsed(text: string): Node {
  let at = 0;
  const space = () => {
    while (SPACES.has(text[at] ?? "")) at += 1;
  };
  const fail = (said: string): never => {
    throw new NoJson(at, said);
  };
  const matched = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at += found[0].length;
    return found !== null;
  };
  const string = (): string => {
    const from = at;
    for (at += 1; text[at] !== '"'; at += 1) {
      const code = text.charCodeAt(at);
      if (Number.isNaN(code) || code < 32) fail(words.openText);
      if (text[at] === "\\") at += 1;
    }
    at += 1;
    try {
      return JSON.parse(text.slice(from, at)) as string;
    } catch {
      at = from;
      return fail(words.badEscape);
    }
  };
  const parts = (end: string, part: (index: number) => Part): Part[] => {
    const found: Part[] = [];
    at += 1;
    space();
    if (text[at] === end) {
      at += 1;
      return found;
    }
    for (;;) {
      found.push(part(found.length));
      space();
      if (text[at] === end) break;
      if (text[at] !== ",") fail(words.commaOr(end));
      at += 1;
      space();
    }
    at += 1;
    return found;
  };
  const member = (): Part => {
    const from = at;
    if (text[at] !== '"') fail(words.nameExpected);
    const name = string();
    space();
    if (text[at] !== ":") fail(words.colonExpected);
    at += 1;
    space();
    return { name, from, value: value() };
  };
  const value = (): Node => {
    const from = at;
    // Called behind the parts of the value, when `at` is behind it.
    const node = (kind: Node["kind"], inner: Part[] = []): Node => ({ kind, from, to: at, parts: inner });
    if (text[at] === "{") return node("object", parts("}", member));
    if (text[at] === "[") return node("list", parts("]", (index) => ({ name: String(index), from: at, value: value() })));
    if (text[at] === '"') return string(), node("text");
    if (matched(NUMBER)) return node("number");
    if (matched(WORD)) return node("word");
    return fail(words.valueExpected);
  };
  space();
  const found = value();
  space();
  if (at < text.length) fail(words.moreAfter);
  return found;
}

/** The part of a value at a JSON pointer (RFC 6901), or the innermost on the way that there is. */
export function nearest(node: Node, pointer: string): { from: number; value: Node; whole: boolean } {
  let found = { from: node.from, value: node, whole: true };
  for (const step of pointer.split("/").slice(1)) {
    const name = step.replace(/~1/g, "/").replace(/~0/g, "~");
    const part = found.value.parts.find((one) => one.name === name);
    if (part === undefined) return { ...found, whole: false };
    found = { from: part.from, value: part.value, whole: true };
  }
  return found;
}

/** The text of the value of a member; undefined where an object has it not. */
export function sourceOf(text: string, node: Node, name: string): string | undefined {
  const part = node.kind === "object" ? node.parts.find((one) => one.name === name) : undefined;
  return part && text.slice(part.value.from, part.value.to);
}

/** The line, from 1, that a character of a text is in. */
export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line += 1;
  return line;
}

const INDENT = "  ";

/** The text of a value with a line for each part; numbers and texts as they were written. */
export function laidOut(text: string, node: Node, indent = ""): string {
  if (node.parts.length === 0) return node.kind === "object" ? "{}" : node.kind === "list" ? "[]" : text.slice(node.from, node.to);
  const deeper = indent + INDENT;
  const lines = node.parts.map(({ from, name, value }) => {
    const shown = laidOut(text, value, deeper);
    return `${deeper}${node.kind === "object" ? `${nameIn(text, from, name)}: ` : ""}${shown}`;
  });
  const [begin, end] = node.kind === "object" ? "{}" : "[]";
  return `${begin}\n${lines.join(",\n")}\n${indent}${end}`;
}

/** A name as it was written, escapes included; from what it means where that is shorter to find. */
const nameIn = (text: string, from: number, name: string): string => {
  const plain = `"${name}"`;
  return text.startsWith(plain, from) ? plain : JSON.stringify(name);
};

/** A value as JavaScript has it; whole numbers that it would round are BigInts. */
export function valueOf(text: string, node: Node): unknown {
  if (node.kind === "list") return node.parts.map((one) => valueOf(text, one.value));
  if (node.kind === "object") {
    const entries = node.parts.map((one): [string, unknown] => [one.name, valueOf(text, one.value)]);
    return Object.fromEntries(entries);
  }
  const source = text.slice(node.from, node.to);
  const value: unknown = JSON.parse(source);
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** The JSON pointers of all parts that pass. */
export function pointersOf(text: string, node: Node, passes: (source: string) => boolean, at = ""): string[] {
  if (node.kind === "text") return passes(text.slice(node.from, node.to)) ? [at] : [];
  return node.parts.flatMap((one) =>
    pointersOf(text, one.value, passes, `${at}/${one.name.replace(/~/g, "~0").replace(/\//g, "~1")}`),
  );
}
