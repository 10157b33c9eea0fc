/** What a file is by its folder, its name's ending, and its type in Logic Apps. */
import type { Section } from "../../api/artifacts";
import { SECTIONS } from "../../api/artifacts";

/** A file as it was chosen or unpacked, with the folders that it stands in. */
export type Source = { path: string; bytes: Blob };

/** An artifact to be: of one file, or of two of which one has the document and one the bytes. */
export type Item = {
  section: Section;
  name: string;
  /** JSON, as it was written. Undefined where the file has none: then an empty one, of what is new alone. */
  document: string | undefined;
  /** Of the new one, where no file has any. */
  fallback: string;
  content: { bytes: Blob; type: string } | undefined;
  pfx: Blob | undefined;
  from: string[];
  notes: string[];
};

export type Refused = { path: string; why: string };

const ALIASES: Record<string, Section> = {
  maps: "transforms",
  batchconfigurations: "batches",
  rosettanetprocessconfigurations: "rosettanet-processes",
};
const BY_FOLDER = new Map<string, Section>([
  ...SECTIONS.map((one): [string, Section] => [one.replace(/-/g, ""), one]),
  ...Object.entries(ALIASES),
]);

/** The section that a folder on a path names, the innermost. */
export function sectionOfFolder(path: string): Section | undefined {
  const folders = path.split("/").slice(0, -1).reverse();
  for (const folder of folders) {
    const found = BY_FOLDER.get(folder.toLowerCase().replace(/[-_ ]/g, ""));
    if (found) return found;
  }
  return undefined;
}

const PREFIX = /^microsoft\.logic\/integrationaccounts\//i;

/** The section of a resource of an integration account: one, undefined for others of it, null for none of it. */
export function sectionOfType(type: string): Section | undefined | null {
  if (!PREFIX.test(type)) return null;
  return BY_FOLDER.get(type.replace(PREFIX, "").toLowerCase());
}

export const ending = (path: string) => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";

export const fileName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** The name of an artifact that a file is: its own, without its ending. */
export const stem = (path: string) => fileName(path).replace(/\.[^.]+$/, "").trim();

type Content = { section: Section; type: string };

const BY_ENDING: Record<string, Content> = {
  xsd: { section: "schemas", type: "application/xml" },
  xsl: { section: "transforms", type: "application/xml" },
  xslt: { section: "transforms", type: "application/xml" },
  liquid: { section: "transforms", type: "text/plain" },
  trfm: { section: "transforms", type: "application/xml" },
  dll: { section: "assemblies", type: "application/octet-stream" },
  cer: { section: "certificates", type: "application/pkix-cert" },
  crt: { section: "certificates", type: "application/pkix-cert" },
  der: { section: "certificates", type: "application/pkix-cert" },
  pem: { section: "certificates", type: "application/x-pem-file" },
};

/** What content a file is by its ending. */
export const contentOfEnding = (path: string): Content | undefined => BY_ENDING[ending(path)];

/** The type of content of a file in a folder of a section, whatever its ending. */
export const typeOf = (path: string, given: string) =>
  BY_ENDING[ending(path)]?.type ?? (ending(path) === "xml" ? "application/xml" : given || "application/octet-stream");

const SYSTEM = /(^|\/)(\.git|\.svn|\.hg|__MACOSX)\/|(^|\/)(\.[^/]+|Thumbs\.db|desktop\.ini)$/i;

export const isOfSystem = (path: string) => SYSTEM.test(path);

/** Whether an artifact can have this name, as far as the page can tell. */
export const isName = (name: string) =>
  name.length >= 1 && [...name].length <= 80 && name === name.trim() && name !== "." && name !== ".." && !/[/\\#?%\p{Cc}]/u.test(name);
