/**
 * Expressions of ARM templates, as far as an export has them: texts, parameters, variables, concat
 * and format. What only a deployment knows is `undefined`.
 */
import type { Node } from "../../parts/json-text";
import { nearest, valueOf } from "../../parts/json-text";

/** What parameters and variables are, by name in lower case. */
export type Known = { parameters: ReadonlyMap<string, unknown>; variables: ReadonlyMap<string, unknown> };

export const isExpression = (text: string) => /^\[(?!\[).*\]$/s.test(text);

const TOKEN = /\s*(?:'((?:[^']|'')*)'|([A-Za-z_]\w*)|(\d+)|([(),]))/y;
/** In place of what is not known, in a text of which the rest is. */
const HOLE = "\u0000";

/** The value of a text of a template; undefined where it is not known completely. */
export function resolved(text: string, known: Known): unknown {
  if (text.startsWith("[[")) return text.slice(1);
  if (!isExpression(text)) return text;
  const found = evaluated(text.slice(1, -1), known);
  return typeof found === "string" && found.includes(HOLE) ? undefined : found;
}

/** The last part of a name such as "[concat(parameters('account'), '/Contoso')]". */
export function lastName(text: string, known: Known): string | undefined {
  const found = isExpression(text) ? evaluated(text.slice(1, -1), known) : text;
  const last = typeof found === "string" ? found.split("/").pop() : undefined;
  return last === undefined || last === "" || last.includes(HOLE) ? undefined : last;
}

function evaluated(expression: string, known: Known): unknown {
  const tokens: RegExpExecArray[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < expression.trimEnd().length; at = TOKEN.lastIndex) {
    const token = TOKEN.exec(expression);
    if (token === null) return undefined;
    tokens.push(token);
  }
  let next = 0;
  const is = (sign: string) => tokens[next]?.[4] === sign;
  const value = (): unknown => {
    const token = tokens[next];
    next += 1;
    if (token?.[1] !== undefined) return token[1].replace(/''/g, "'");
    if (token?.[3] !== undefined) return Number(token[3]);
    const name = token?.[2]?.toLowerCase();
    if (name === undefined || !is("(")) return undefined;
    const given: unknown[] = [];
    next += 1;
    while (next < tokens.length && !is(")")) {
      given.push(value());
      if (is(",")) next += 1;
    }
    next += 1;
    return called(name, given, known);
  };
  const found = value();
  return next === tokens.length ? found : undefined;
}

function called(name: string, given: unknown[], known: Known): unknown {
  const [first, ...rest] = given;
  const text = (one: unknown) => (one === undefined ? HOLE : String(one));
  if (name === "parameters") return known.parameters.get(text(first).toLowerCase());
  if (name === "variables") return known.variables.get(text(first).toLowerCase());
  if (name === "concat") return given.map(text).join("");
  if (name === "format") return text(first).replace(/\{(\d+)\}/g, (_, index: string) => text(rest[Number(index)]));
  return undefined;
}

/** What a template knows: defaults of its parameters, those of the file beside it, its variables. */
export function knownOf(text: string, template: Node, given: ReadonlyMap<string, unknown>): Known {
  const parameters = new Map<string, unknown>();
  for (const one of partOf(template, "/parameters")) {
    const standard = nearest(one.value, "/defaultValue");
    if (standard.whole) parameters.set(one.name.toLowerCase(), valueOf(text, standard.value));
  }
  for (const [name, value] of given) parameters.set(name, value);
  const variables = new Map<string, unknown>();
  for (const one of partOf(template, "/variables")) {
    const value = valueOf(text, one.value);
    variables.set(one.name.toLowerCase(), typeof value === "string" ? resolved(value, { parameters, variables }) : value);
  }
  return { parameters, variables };
}

/** The values of a parameters file. */
export function parametersOf(text: string, file: Node): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const one of partOf(file, "/parameters")) {
    const value = nearest(one.value, "/value");
    if (value.whole) found.set(one.name.toLowerCase(), valueOf(text, value.value));
  }
  return found;
}

function partOf(node: Node, pointer: string) {
  const found = nearest(node, pointer);
  return found.whole && found.value.kind === "object" ? found.value.parts : [];
}
