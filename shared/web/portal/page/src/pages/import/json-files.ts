/** Artifacts in JSON files: as the API has them, of Logic Apps, in ARM templates, or by their folder. */
import { isSection, type Section } from "../../api/artifacts";
import { laidOut, lineAt, nearest, NoJson, parsed, sourceOf, type Node } from "../../parts/json-text";
import { json } from "../../words/artifacts";
import { refused as words } from "../../words/import";
import { isExpression, knownOf, lastName, parametersOf, resolved, type Known } from "./expressions";
import { fileName, sectionOfFolder, sectionOfType, stem, type Item, type Refused } from "./kinds";

export type Found = { items: Item[]; refused: Refused[] };

const NOTHING_KNOWN: Known = { parameters: new Map(), variables: new Map() };

/** A JSON file with what it is, before templates look for their parameters. */
export type JsonFile = { path: string; text: string; node: Node };

/** A file as JSON, or why it is none. */
export function opened(path: string, text: string): JsonFile | Refused {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  try {
    return { path, text: plain, node: parsed(plain) };
  } catch (thrown) {
    if (thrown instanceof NoJson) return { path, why: words.noJson(lineAt(plain, thrown.at), thrown.message) };
    return { path, why: words.noJson(1, json.deep) };
  }
}

const textOf = (text: string, node: Node, name: string): string | undefined => {
  const source = sourceOf(text, node, name);
  return source?.startsWith('"') ? (JSON.parse(source) as string) : undefined;
};

const listOf = (node: Node, name: string): Node[] | undefined => {
  const part = nearest(node, `/${name}`);
  return node.kind === "object" && part.whole && part.value.kind === "list" ? part.value.parts.map((one) => one.value) : undefined;
};

const isTemplate = (file: JsonFile) => /deploymentTemplate\.json#?$/i.test(textOf(file.text, file.node, "$schema") ?? "");

export const isParameters = (file: JsonFile) => /deploymentParameters\.json#?$/i.test(textOf(file.text, file.node, "$schema") ?? "");

/** All artifacts of a file; `beside` are the parameters files that there are. */
export function artifactsIn(file: JsonFile, beside: readonly JsonFile[]): Found {
  const { path, text, node } = file;
  if (isTemplate(file)) return ofTemplate(file, beside);
  const many = node.kind === "list" ? node.parts.map((one) => one.value) : (listOf(node, "artifacts") ?? listOf(node, "value"));
  if (many === undefined || isOne(text, node)) return one(path, text, node, NOTHING_KNOWN, true);
  const found = many.map((each, index) => one(`${path}[${index}]`, text, each, NOTHING_KNOWN, false));
  if (found.length === 0) return { items: [], refused: [{ path, why: words.empty }] };
  return { items: found.flatMap((each) => each.items), refused: found.flatMap((each) => each.refused) };
}

/** Whether an object is an artifact by itself, whatever lists it has. */
const isOne = (text: string, node: Node) =>
  node.kind === "object" && (sectionOfType(textOf(text, node, "type") ?? "") !== null || textOf(text, node, "section") !== undefined);

function one(path: string, text: string, node: Node, known: Known, alone: boolean): Found {
  const no = (why: string): Found => ({ items: [], refused: [{ path, why }] });
  if (node.kind !== "object") return no(words.noArtifact);
  const section = textOf(text, node, "section");
  if (section !== undefined) {
    const name = textOf(text, node, "name");
    const document = sourceOf(text, node, "document");
    if (!isSection(section)) return no(words.badSection(section));
    if (name === undefined) return no(words.noName);
    if (!document?.startsWith("{")) return no(words.noDocument);
    const notes = sourceOf(text, node, "content")?.startsWith("{") ? [words.bytesElsewhere] : [];
    return { items: [item(path, section, name, laid(document), notes)], refused: [] };
  }
  const type = textOf(text, node, "type") ?? typeOfId(textOf(text, node, "id"));
  const ofType = type === undefined ? null : sectionOfType(type);
  if (type !== undefined && ofType !== null) {
    if (ofType === undefined) return no(words.type(type));
    return ofResource(path, text, node, ofType, known);
  }
  const folder = alone ? sectionOfFolder(path) : undefined;
  if (folder === undefined) return no(words.noArtifact);
  return { items: [item(path, folder, stem(path), laid(text.slice(node.from, node.to)), [])], refused: [] };
}

/** The type in the id of a resource, which exports by the API of Azure have beside it or instead. */
const typeOfId = (id: string | undefined) => {
  const found = /\/providers\/Microsoft\.Logic\/integrationAccounts\/[^/]+\/([^/]+)\/[^/]+$/i.exec(id ?? "")?.[1];
  return found && `Microsoft.Logic/integrationAccounts/${found}`;
};

const laid = (document: string) => laidOut(document, parsed(document));

const item = (path: string, section: Section, name: string, document: string, notes: string[]): Item => ({
  section,
  name,
  document,
  fallback: "{}",
  content: undefined,
  pfx: undefined,
  from: [path],
  notes,
});

/** Members that say when and where a resource was, and nothing of what it is. */
const ABOUT = new Set(["createdTime", "changedTime", "contentLink", "contentSize"]);

/** Where resources keep bytes: as a text, or in base64. */
const BYTES: Partial<Record<Section, { member: string; packed: boolean }>> = {
  schemas: { member: "content", packed: false },
  transforms: { member: "content", packed: false },
  assemblies: { member: "content", packed: true },
  certificates: { member: "publicCertificate", packed: true },
};

function ofResource(path: string, text: string, node: Node, section: Section, known: Known): Found {
  const no = (why: string): Found => ({ items: [], refused: [{ path, why }] });
  const given = textOf(text, node, "name");
  const name = given === undefined ? undefined : lastName(given, known);
  if (name === undefined) return no(given === undefined ? words.noName : words.expression("/name"));
  const properties = nearest(node, "/properties");
  if (!properties.whole || properties.value.kind !== "object") return no(words.noDocument);
  let unresolved = "";
  const plain = rewritten(text, properties.value, "/properties", (source, at) => {
    const value = JSON.parse(source) as string;
    if (!value.startsWith("[[") && !isExpression(value)) return source;
    const found = resolved(value, known);
    if (found === undefined) unresolved ||= at;
    return JSON.stringify(found ?? null);
  });
  if (unresolved) return no(words.expression(unresolved));
  const whole = parsed(plain);
  const bytes = BYTES[section];
  const held = bytes && textOf(plain, whole, bytes.member);
  const kept = whole.parts.filter((part) => !ABOUT.has(part.name) && !(held !== undefined && part.name === bytes?.member));
  const document = laidOut(plain, { ...whole, parts: kept });
  const linked = sourceOf(plain, whole, "contentLink") !== undefined && held === undefined;
  const found = item(path, section, name, document, linked ? [words.link] : []);
  if (bytes && held !== undefined) {
    const type = textOf(plain, whole, "contentType") ?? (bytes.packed ? "application/octet-stream" : "application/xml");
    const unpacked = bytes.packed ? fromBase64(held) : new TextEncoder().encode(held);
    if (unpacked === undefined) return no(words.base64);
    found.content = { bytes: new Blob([unpacked]), type };
  }
  return { items: [found], refused: [] };
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** The text of a value with every text in it replaced. */
function rewritten(text: string, node: Node, at: string, replace: (source: string, at: string) => string): string {
  if (node.kind === "text") return replace(text.slice(node.from, node.to), at);
  if (node.parts.length === 0) return text.slice(node.from, node.to);
  const parts = node.parts.map((part) => {
    const value = rewritten(text, part.value, `${at}/${part.name}`, replace);
    return node.kind === "object" ? `${JSON.stringify(part.name)}:${value}` : value;
  });
  return node.kind === "object" ? `{${parts.join(",")}}` : `[${parts.join(",")}]`;
}

function ofTemplate(file: JsonFile, beside: readonly JsonFile[]): Found {
  const { path, text, node } = file;
  const folder = path.slice(0, path.length - fileName(path).length);
  const given = beside.find((one) => one.path.slice(0, one.path.length - fileName(one.path).length) === folder);
  const known = knownOf(text, node, given ? parametersOf(given.text, given.node) : new Map<string, unknown>());
  const found: Found = { items: [], refused: [] };
  const walk = (resources: Node[] | undefined, parent: string, at: string) => {
    for (const [index, resource] of (resources ?? []).entries()) {
      const place = `${at}/${index}`;
      const own = textOf(text, resource, "type") ?? "";
      const type = own.includes("/") ? own : `${parent}/${own}`;
      const section = sectionOfType(type);
      if (section === undefined) found.refused.push({ path: `${path}${place}`, why: words.type(type) });
      if (section) {
        const one = ofResource(`${path}${place}`, text, resource, section, known);
        found.items.push(...one.items);
        found.refused.push(...one.refused);
      }
      walk(listOf(resource, "resources"), type, `${place}/resources`);
    }
  };
  walk(listOf(node, "resources"), "", "/resources");
  if (found.items.length === 0 && found.refused.length === 0) found.refused.push({ path, why: words.noResources });
  return found;
}
