/** What each file becomes, and why some become nothing. */
import { WITH_CONTENT, type Section } from "../../api/artifacts";
import { size } from "../../parts/format";
import { refused as words } from "../../words/import";
import { MOST_FILES } from "./gather";
import { artifactsIn, isParameters, opened, type Found, type JsonFile } from "./json-files";
import {
  contentOfEnding,
  ending,
  isName,
  isOfSystem,
  sectionOfFolder,
  stem,
  typeOf,
  type Item,
  type Refused,
  type Source,
} from "./kinds";
import { MOST_REQUEST } from "./send";
import { unzipped } from "./unzip";

export type Recognised = { items: Item[]; refused: Refused[] };

const AT_ONCE = 8;
/** JSON is read whole; what no import takes need not be. */
const MOST_JSON = 64 * 1024 * 1024;
/** As much of a text as tells what it is. */
const HEAD = 64 * 1024;

const REASONS: Record<string, string> = {
  p7b: words.pkcs7,
  p7c: words.pkcs7,
  p7s: words.pkcs7,
  jks: words.keyStore,
  key: words.privateKey,
};

/** Read and recognise, a few files at a time. */
export async function recognised(given: readonly Source[], tell: (done: number, total: number) => void): Promise<Recognised> {
  const refused: Refused[] = [];
  const sources: Source[] = [];
  for (const one of given) {
    const unpacked = ending(one.path) === "zip" ? await unzipped(one, MOST_FILES) : [one];
    if (Array.isArray(unpacked)) sources.push(...unpacked);
    else refused.push(unpacked);
  }
  // In whatever order a browser lists them: of two of one name, the same one is taken each time.
  sources.sort((one, other) => (one.path < other.path ? -1 : 1));
  let done = 0;
  const read = await eachOf(sources, async (source) => {
    const found = await readOne(source).catch((): Refused => ({ path: source.path, why: words.unreadable }));
    done += 1;
    tell(done, sources.length);
    return found;
  });
  const isFile = (one: JsonFile | Found | Refused): one is JsonFile => "node" in one;
  const parameters = read.filter(isFile).filter(isParameters);
  const items: Item[] = [];
  for (const one of read) {
    if ("why" in one) refused.push(one);
    else if (!isFile(one)) items.push(...one.items), refused.push(...one.refused);
    else if (parameters.includes(one)) refused.push({ path: one.path, why: words.parameters });
    else {
      const found = artifactsIn(one, parameters);
      items.push(...found.items);
      refused.push(...found.refused);
    }
  }
  return joined(items, refused);
}

async function eachOf<T, R>(all: readonly T[], act: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array<R>(all.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < all.length; index = next++) results[index] = await act(all[index]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function readOne(source: Source): Promise<JsonFile | Found | Refused> {
  const { path, bytes } = source;
  const no = (why: string): Refused => ({ path, why });
  const kind = ending(path);
  if (isOfSystem(path)) return no(words.system);
  const folder = sectionOfFolder(path);
  if (kind === "json") {
    if (bytes.size > MOST_JSON) return no(words.json(size(MOST_JSON)));
    const found = opened(path, await bytes.text());
    // Templates in JSON are content where a folder says so, and a document nowhere else.
    return "node" in found || folder === undefined || !WITH_CONTENT.has(folder) ? found : contentOf(source, folder);
  }
  if (kind === "pfx" || kind === "p12") return { items: [{ ...bare(path, "certificates"), pfx: bytes }], refused: [] };
  const reason = REASONS[kind];
  if (reason) return no(reason);
  const known = contentOfEnding(path);
  if (folder !== undefined && WITH_CONTENT.has(folder) && (known === undefined || known.section === folder)) {
    return contentOf(source, folder);
  }
  if (known) return contentOf(source, known.section);
  const section = kind === "xml" ? sectionOfXml(await bytes.slice(0, HEAD).text()) : undefined;
  return section ? contentOf(source, section) : no(words.kind);
}

const bare = (path: string, section: Section): Item => ({
  section,
  name: stem(path),
  document: undefined,
  fallback: "{}",
  content: undefined,
  pfx: undefined,
  from: [path],
  notes: [],
});

async function contentOf({ path, bytes }: Source, section: Section): Promise<Found | Refused> {
  const head = await bytes.slice(0, HEAD).text();
  if (section === "certificates" && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(head)) return { path, why: words.privateKey };
  const found = bare(path, section);
  found.content = { bytes, type: typeOf(path, bytes.type) };
  const namespace = section === "schemas" ? /\btargetNamespace\s*=\s*(["'])([^"'<]*)\1/.exec(head)?.[2] : undefined;
  if (namespace) found.fallback = JSON.stringify({ targetNamespace: namespace });
  return { items: [found], refused: [] };
}

function sectionOfXml(head: string): Section | undefined {
  if (/<(?:[\w.-]+:)?schema[\s>]/.test(head) && head.includes("http://www.w3.org/2001/XMLSchema")) return "schemas";
  return /<(?:[\w.-]+:)?(?:stylesheet|transform)[\s>]/.test(head) && head.includes("http://www.w3.org/1999/XSL/Transform")
    ? "transforms"
    : undefined;
}

/** Documents and bytes of the same name put together; names that no artifact has, and doubles, refused. */
function joined(items: readonly Item[], refused: Refused[]): Recognised {
  const found = new Map<string, Item>();
  for (const one of items) {
    const from = one.from[0] ?? "";
    const key = `${one.section}/${one.name.normalize("NFC").toLowerCase()}`;
    const other = found.get(key);
    if (!isName(one.name)) refused.push({ path: from, why: words.badName(one.name) });
    else if (other === undefined) found.set(key, one);
    else if (fits(other, one)) {
      found.set(key, {
        ...other,
        name: other.document === undefined ? one.name : other.name,
        document: other.document ?? one.document,
        fallback: other.fallback === "{}" ? one.fallback : other.fallback,
        content: other.content ?? one.content,
        pfx: other.pfx ?? one.pfx,
        from: [...other.from, ...one.from],
        notes: [...other.notes, ...one.notes].filter((note) => note !== words.bytesElsewhere || !(other.content ?? one.content)),
      });
    } else refused.push({ path: from, why: words.twice(one.section, one.name, other.from.join(", ")) });
  }
  const whole = [...found.values()].filter((one) => {
    if ((one.document?.length ?? 0) + (one.pfx?.size ?? 0) * 2 <= MOST_REQUEST) return true;
    refused.push({ path: one.from.join(", "), why: words.tooLarge(size(MOST_REQUEST)) });
    return false;
  });
  whole.sort((one, other) => one.section.localeCompare(other.section) || one.name.localeCompare(other.name));
  refused.sort((one, other) => one.path.localeCompare(other.path));
  return { items: whole, refused };
}

const fits = (one: Item, other: Item) =>
  !(one.document !== undefined && other.document !== undefined) && !(one.content && other.content) && !(one.pfx && other.pfx) &&
  !(one.pfx && other.document !== undefined) && !(other.pfx && one.document !== undefined);
