/** What the pages read, each under one name in the cache. */
import { keepPreviousData, queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { API, api, follow, taken, valueOf } from "./client";
import { ApiProblem, asProblem } from "./problem";
import type { DeepHealth, ListedBackup, ListedService, Monitor, Page, Schemas, Summary } from "./types";

/** How often what may change by itself is read again, in milliseconds. */
const OFTEN = 10_000;
const NOW_AND_THEN = 60_000;
const RARELY = 10 * 60_000;
/** Rows of a page that is not read often. */
const MANY = 100;

export type Filters = Record<string, string | undefined>;

/** The address of a list under the API, with the filters that say something. */
export function listAddress(path: string, filters: Filters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  const text = query.toString();
  return `${API}/${path}${text ? `?${text}` : ""}`;
}

export function useList<T>(key: readonly unknown[], first: string, every: number) {
  const read = useInfiniteQuery({
    queryKey: [...key, first],
    queryFn: ({ pageParam, signal }) => follow<Page<T>>(pageParam, signal),
    initialPageParam: first,
    getNextPageParam: (last: Page<T>) => last.nextLink ?? undefined,
    // Whoever loaded more reads it all again: less often.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? NOW_AND_THEN : every),
    placeholderData: keepPreviousData,
  });
  return { ...read, rows: read.data?.pages.flatMap((page) => page.value) };
}

export type List<T> = ReturnType<typeof useList<T>>;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => valueOf(api.GET("/me", { signal })),
  staleTime: 5 * NOW_AND_THEN,
});

export const useMe = () => useQuery(meQuery).data;

/** Whether the caller may ever call an operation; unknown is yes: the API refuses what it must. */
export function useMay(): (operation: string) => boolean {
  const me = useMe();
  return (operation) => me === undefined || me.operations.includes(operation);
}

/** Services that need attention, of which as many are told by name; all are counted. */
const WORST = "100";

/** How all services stand: what a dashboard shows, without a row for each of them. */
export const useSummary = () =>
  useQuery({
    queryKey: ["summary"],
    queryFn: ({ signal }) => follow<Summary>(listAddress("summary", { top: WORST }), signal),
    refetchInterval: NOW_AND_THEN,
  });

/** With what is stored of each last backup, the API reads a row more for each: less often. */
export const useServices = (filters: Filters = {}, top = 100) =>
  useList<ListedService>(["services"], listAddress("services", { ...filters, top: String(top) }), filters["stored"] ? NOW_AND_THEN / 2 : OFTEN);

export const useService = (service: string) =>
  useQuery({
    queryKey: ["service", service],
    queryFn: ({ signal }) => taken(api.GET("/services/{service}", { params: { path: { service } }, signal })),
    // One that is gone may come back by a restore: no reason to ask for it every few seconds.
    refetchInterval: ({ state }) => (isGone(state.error) ? NOW_AND_THEN : OFTEN),
  });

export const isGone = (thrown: unknown) => thrown instanceof ApiProblem && thrown.code === "ServiceNotFound";

/** A service as the list has it, with its schedule in short; null where there is no such service. */
async function listedService(service: string, signal: AbortSignal): Promise<ListedService | null> {
  // Of the names that begin with a name, it is the first itself.
  const [first] = (await follow<Page<ListedService>>(listAddress("services", { namePrefix: service, top: "1" }), signal)).value;
  return first?.name.toLowerCase() === service.toLowerCase() ? first : null;
}

export const useListedService = (service: string) =>
  useQuery({
    queryKey: ["listed-service", service],
    queryFn: ({ signal }) => listedService(service, signal),
    refetchInterval: OFTEN,
  });

export const useBackups = (service: string, filters: Filters = {}, top = 50) =>
  useList<ListedBackup>(
    ["backups", service],
    listAddress(`services/${service}/backups`, { ...filters, top: String(top) }),
    top > MANY ? NOW_AND_THEN : OFTEN,
  );

export const useBackup = (service: string, backup: string) =>
  useQuery({
    queryKey: ["backup", service, backup],
    queryFn: ({ signal }) =>
      valueOf(api.GET("/services/{service}/backups/{backup}", { params: { path: { service, backup } }, signal })),
    refetchInterval: OFTEN,
  });

export const useOverview = (service: string, backup: string, enabled: boolean) =>
  useQuery({
    queryKey: ["overview", service, backup],
    queryFn: async ({ signal }) => {
      const path = { service, backup };
      const read = await valueOf(api.GET("/services/{service}/backups/{backup}/contents", { params: { path }, signal }));
      return read as Schemas["BackupOverview"];
    },
    staleTime: NOW_AND_THEN,
    enabled,
  });

export const useOperations = (service: string, filters: Filters = {}, top = 50) =>
  useList<Monitor>(
    ["operations", service],
    listAddress(`services/${service}/operations`, { ...filters, top: String(top) }),
    OFTEN,
  );

/** The log of the installation: of all services, and of what concerns none. */
export const useAllOperations = (filters: Filters = {}, top = 50) =>
  useList<Monitor>(["operations"], listAddress("operations", { ...filters, top: String(top) }), OFTEN);

/** What runs now, of all services. */
export const useRunning = () =>
  useList<Monitor>(["running"], listAddress("operations", { status: "Running", top: "50" }), OFTEN);

export const useSchedule = (service: string) =>
  useQuery({
    queryKey: ["schedule", service],
    queryFn: async ({ signal }) => {
      // What is not there is not asked for: a browser's console calls each 404 an error.
      if (!(await listedService(service, signal))?.schedule) return null;
      try {
        const path = { service };
        return await taken(api.GET("/services/{service}/backup-schedule", { params: { path }, signal }));
      } catch (thrown) {
        if (asProblem(thrown).code === "ScheduleNotFound") return null;
        throw thrown;
      }
    },
  });

/** What each edition may do and hold. */
export const useEditions = () =>
  useQuery({
    queryKey: ["editions"],
    queryFn: async ({ signal }) => (await valueOf(api.GET("/editions", { signal }))).value,
    staleTime: Infinity,
  });

export const useAccounts = () =>
  useQuery({
    queryKey: ["accounts"],
    queryFn: async ({ signal }) => (await valueOf(api.GET("/storage-accounts", { signal }))).value,
    staleTime: NOW_AND_THEN,
  });

export const useBatches = (service: string) =>
  useQuery({
    queryKey: ["batches", service],
    queryFn: async ({ signal }) => {
      const path = { service };
      return (await valueOf(api.GET("/services/{service}/batch-activity", { params: { path }, signal }))).value;
    },
    refetchInterval: OFTEN / 2,
  });

export const useHealth = () =>
  useQuery({
    queryKey: ["health"],
    queryFn: async ({ signal }): Promise<DeepHealth> => {
      const asked = api.GET("/health/deep", { signal });
      try {
        return await valueOf(asked);
      } catch (thrown) {
        // What is failing answers 503 with the same report: that is what was asked for.
        const report = (await asked.catch(() => undefined))?.error as DeepHealth | undefined;
        if (report && "checks" in report) return report;
        throw thrown;
      }
    },
    // It asks vaults, accounts and every service: no page of a portal needs that each minute.
    staleTime: RARELY,
    refetchInterval: RARELY,
  });

/** After how many milliseconds the app says to look again; undefined where it does not say. */
export function waitOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** How long to wait before what runs is read again: as the API says, and longer where nobody looks. */
export const pace = (wait = 2_000) => (document.hidden ? wait * 5 : wait);

/** One operation; while it runs, as often as the API says, and slower where nobody looks. */
export const useOperation = (service: string | undefined, id: string) =>
  useQuery({
    queryKey: ["operation", service ?? "", id],
    queryFn: async ({ signal }) => {
      const read = service
        ? await taken(api.GET("/services/{service}/operations/{id}", { params: { path: { service, id } }, signal }))
        : await taken(api.GET("/operations/{id}", { params: { path: { id } }, signal }));
      return { monitor: read.value, wait: waitOf(read.response) };
    },
    refetchInterval: ({ state }) => {
      if (state.data === undefined || hasEnded(state.data.monitor)) return false;
      return pace(state.data.wait);
    },
    refetchIntervalInBackground: true,
  });

const OPEN = new Set(["NotStarted", "Running"]);

export const hasEnded = (monitor: Monitor) => !OPEN.has(monitor.status ?? "NotStarted");
