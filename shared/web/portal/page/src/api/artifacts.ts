/** What the pages of artifacts read and write. Documents stay texts: parsed, numbers lose digits. */
import { useQuery } from "@tanstack/react-query";
import { parsed, sourceOf, laidOut } from "../parts/json-text";
import { api, follow, taken } from "./client";
import { asProblem, problemOf } from "./problem";
import { listAddress, useList } from "./reads";
import type { Page, Schemas } from "./types";

export type Section = Schemas["Section"];
export type Artifact = Schemas["Artifact"];
export type CertificateFacts = Schemas["CertificateFacts"];

const OFTEN = 15_000;
/** Lists bring whole documents along: they are read again more rarely. */
const SELDOM = 60_000;
const ROWS = "50";
const OFFERED = "200";

export const SECTIONS: readonly Section[] = [
  "agreements",
  "assemblies",
  "batches",
  "bridges",
  "certificates",
  "hybrid-connections",
  "partners",
  "pipelines",
  "rosettanet-processes",
  "schemas",
  "templates",
  "transforms",
  "x12-mappings",
];

/** Those that a backup has. */
export const BACKED_UP: readonly Section[] = SECTIONS.filter((one) => one !== "hybrid-connections");

/** Sections whose artifacts have bytes of their own. */
export const WITH_CONTENT: ReadonlySet<Section> = new Set([
  "assemblies",
  "certificates",
  "schemas",
  "templates",
  "transforms",
  "x12-mappings",
]);

export const isSection = (name: string): name is Section => (SECTIONS as readonly string[]).includes(name);

/** States in which artifacts may change (docs/api.md, States). */
const TAKES_CHANGES = new Set(["Active", "Suspended", "Stopped"]);

export const takesChanges = (state: string) => TAKES_CHANGES.has(state);

export const useSections = (service: string) =>
  useQuery({
    queryKey: ["sections", service],
    queryFn: async ({ signal }) => {
      const path = { service };
      return (await taken(api.GET("/services/{service}/artifacts", { params: { path }, signal }))).value.value;
    },
    refetchInterval: SELDOM,
  });

export const useArtifacts = (service: string, section: Section, namePrefix: string) =>
  useList<Artifact>(
    ["artifacts", service, section],
    listAddress(`services/${service}/artifacts/${section}`, { namePrefix, top: ROWS }),
    SELDOM,
  );

/** An artifact with its document as a text, laid out. */
export type Read = { of: Artifact; document: string; etag: string };

const NONE: Artifact[] = [];

/** The first artifacts of a section, to choose among. */
export const useOffered = (service: string, section: Section) =>
  useQuery({
    queryKey: ["offered", service, section],
    queryFn: async ({ signal }) => (await follow<Page<Artifact>>(listAddress(`services/${service}/artifacts/${section}`, { top: OFFERED }), signal)).value,
    staleTime: SELDOM,
    retry: false,
  }).data ?? NONE;

type Place = { service: string; section: Section; name: string };

export async function readArtifact(path: Place, signal?: AbortSignal): Promise<Read> {
  const { value, etag, response } = await taken(
    api.GET("/services/{service}/artifacts/{section}/{name}", { params: { path }, parseAs: "text", ...(signal ? { signal } : {}) }),
  );
  try {
    const answer = parsed(value);
    const document = sourceOf(value, answer, "document") ?? "{}";
    const of = JSON.parse(value) as Artifact;
    return { of, document: laidOut(document, parsed(document)), etag: etag ?? "" };
  } catch {
    throw problemOf(response, undefined);
  }
}

export const useArtifact = (path: Place) =>
  useQuery({
    queryKey: ["artifact", path.service, path.section, path.name],
    queryFn: ({ signal }) => readArtifact(path, signal),
    refetchInterval: OFTEN,
  });

export type Condition = { "If-Match": string } | { "If-None-Match": "*" };

/** Write a document, given as a text that is JSON. */
export const putArtifact = (path: Place, document: string, condition: Condition, allowReuse: boolean) =>
  taken(
    api.PUT("/services/{service}/artifacts/{section}/{name}", {
      params: { path, header: condition, query: allowReuse ? { allowReuse: "true" } : {} },
      body: { document: {} },
      // The text itself instead of what JavaScript would make of it.
      bodySerializer: () => `{"document":${document}}`,
    }),
  );

export const deleteArtifact = (path: Place, etag: string) =>
  taken(
    api.DELETE("/services/{service}/artifacts/{section}/{name}", { params: { path, header: { "If-Match": etag } } }),
  );

/** Content as a whole or as a stream; of none at all, the client says that there was no answer. */
async function contentOf(path: Place, parseAs: "blob" | "stream") {
  const answered = await api.GET("/services/{service}/artifacts/{section}/{name}/content", { params: { path }, parseAs });
  const { error, response } = answered;
  return taken<unknown>(Promise.resolve({ data: answered.data ?? (response.ok ? new Blob() : undefined), error, response }));
}

/** The bytes of an artifact, to be saved as a file. */
export const readContent = async (path: Place) => (await contentOf(path, "blob")).value as Blob;

/** The ETag of the content that is there now, undefined where there is none; no byte of it is read. */
export async function contentTag(path: Place): Promise<string | undefined> {
  try {
    const read = await contentOf(path, "stream");
    await read.response.body?.cancel().catch(() => undefined);
    return read.etag ?? undefined;
  } catch (thrown) {
    if (asProblem(thrown).code === "ArtifactNotFound") return undefined;
    throw thrown;
  }
}

/** Give an artifact its bytes; without a condition over whatever is there. */
export const putContent = (path: Place, bytes: Blob, type: string, condition?: Condition) =>
  taken(
    api.PUT("/services/{service}/artifacts/{section}/{name}/content", {
      params: { path, header: condition ?? {} },
      body: bytes,
      bodySerializer: (body) => body as Blob,
      headers: { "Content-Type": type },
    }),
  );
