/** What the pages that look into a backup read: its records, and how it differs. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, follow, taken } from "./client";
import { listAddress, type Filters } from "./reads";
import type { Page, Schemas } from "./types";

export type BackedUpRecord = Schemas["BackedUpRecord"];
export type BackedUpContent = Schemas["BackedUpContent"];
export type Change = Schemas["Change"];
export type Changes = Schemas["BackupChanges"];

const AT_ONCE = "100";

/** Pages that are followed by themselves where one after another holds nothing. */
const MOST_EMPTY = 20;

/** What is in a backup stays as it is: it is read once. */
const FOR_GOOD = Infinity;
const NOW_AND_THEN = 60_000;

const backupPath = (service: string, backup: string, what: string) =>
  `services/${encodeURIComponent(service)}/backups/${encodeURIComponent(backup)}/${what}`;

/** A page with something on it, or the last one: the API ends pages early where it passes over much. */
async function filled<P extends Page<unknown>>(link: string, signal: AbortSignal): Promise<P> {
  let page = await follow<P>(link, signal);
  for (let left = MOST_EMPTY; page.value.length === 0 && page.nextLink && left > 0; left -= 1) {
    page = await follow<P>(page.nextLink, signal);
  }
  return page;
}

function usePages<T, P extends Page<T> = Page<T>>(key: readonly unknown[], first: string, stale: number, enabled = true) {
  const read = useInfiniteQuery({
    queryKey: [...key, first],
    queryFn: ({ pageParam, signal }) => filled<P>(pageParam, signal),
    initialPageParam: first,
    getNextPageParam: (last: P) => last.nextLink ?? undefined,
    staleTime: stale,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
    enabled,
  });
  return { ...read, rows: read.data?.pages.flatMap((page) => page.value) };
}

/** The records of a section, a page at a time; by the beginning of their names. */
export const useRecords = (service: string, backup: string, section: string, namePrefix: string) =>
  usePages<BackedUpRecord>(
    ["records", service, backup, section],
    listAddress(backupPath(service, backup, "contents"), { section, namePrefix, top: AT_ONCE }),
    FOR_GOOD,
  );

/** The hashes of the content that a backup has. */
export const useContents = (service: string, backup: string) =>
  usePages<BackedUpContent>(
    ["records", service, backup, "content"],
    listAddress(backupPath(service, backup, "contents"), { section: "content", top: AT_ONCE }),
    FOR_GOOD,
  );

/** One record by its name; null where the section has none of it. */
export const useRecord = (service: string, backup: string, section: string, name: string) =>
  useQuery({
    queryKey: ["record", service, backup, section, name],
    queryFn: ({ signal }) => one<BackedUpRecord>(backupPath(service, backup, "contents"), { section, name }, signal),
    staleTime: FOR_GOOD,
    refetchOnWindowFocus: false,
  });

export type ContentPlace = { service: string; backup: string; section: string; name: string };

/** The bytes of an artifact as a backup has them; of none at all, the client says that there was no answer. */
export async function readBackedUpContent({ section, ...place }: ContentPlace): Promise<Blob> {
  const path = { ...place, section: section as Schemas["Section"] };
  const answered = await api.GET("/services/{service}/backups/{backup}/contents/{section}/{name}/content", {
    params: { path },
    parseAs: "blob",
  });
  const { error, response } = answered;
  const bytes = (answered.data as Blob | undefined) ?? (response.ok ? new Blob() : undefined);
  return (await taken<Blob>(Promise.resolve({ ...(bytes ? { data: bytes } : {}), error, response }))).value;
}

/** What differs from `since` to the backup, a page at a time; of one section or of all. */
export const useChanges = (service: string, backup: string, since: string, section: string, enabled = true) =>
  usePages<Change, Changes>(
    ["changes", service, backup, since],
    listAddress(backupPath(service, backup, "changes"), { since, section, top: AT_ONCE }),
    since === "live" ? NOW_AND_THEN : FOR_GOOD,
    enabled,
  );

/** A record that differs, as it is on both sides; null where it does not differ any more. */
export const useChange = (service: string, backup: string, since: string, section: string, name: string) =>
  useQuery({
    queryKey: ["changes", service, backup, since, "one", section, name],
    queryFn: ({ signal }) => one<Change>(backupPath(service, backup, "changes"), { since, section, name }, signal),
    staleTime: since === "live" ? NOW_AND_THEN : FOR_GOOD,
    refetchOnWindowFocus: false,
  });

async function one<T>(path: string, filters: Filters, signal: AbortSignal): Promise<T | null> {
  for (let link: string | null | undefined = listAddress(path, filters); link; ) {
    const page: Page<T> = await follow<Page<T>>(link, signal);
    if (page.value[0] !== undefined) return page.value[0];
    link = page.nextLink;
  }
  return null;
}
