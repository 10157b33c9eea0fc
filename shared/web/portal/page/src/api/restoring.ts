/** What the pages of restoring and of storage accounts read. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, taken, valueOf } from "./client";
import { asProblem, type ApiProblem } from "./problem";
import { hasEnded, listAddress, pace, useList, waitOf } from "./reads";
import type { BrowsedBackup, RestoreBody, RestorePlan, Schemas } from "./types";

/** Reading an account opens each of its containers: not again by itself. */
const NEVER = 0;
const OFTEN = 10_000;
/** Pages that are read by themselves where none holds a backup; then somebody says to go on. */
const MOST_EMPTY = 20;
const SETTLED_MS = 350;
const SUGGESTED = 200;

/** The backups of a storage account, by their descriptors. */
export function useStored(account: string, service: string, top = 25) {
  const path = `storage-accounts/${encodeURIComponent(account)}/backups`;
  const read = useList<BrowsedBackup>(["stored", account], listAddress(path, { service, top: String(top) }), NEVER);
  const { rows, data, hasNextPage, isFetchingNextPage, fetchNextPage, error } = read;
  // Containers that hold no backup fill no page: go on for a while, until there is something to show.
  const pages = data?.pages.length ?? 0;
  const goOn = rows?.length === 0 && hasNextPage && !isFetchingNextPage && !error && pages % MOST_EMPTY !== 0;
  useEffect(() => {
    if (goOn) void fetchNextPage();
  }, [goOn, fetchNextPage]);
  return read;
}

/** One restore, read again while it runs, as its progress is. */
export const useRestored = (restore: string) =>
  useQuery({
    queryKey: ["restore", restore],
    queryFn: async ({ signal }) => {
      const { value, response } = await taken(api.GET("/restores/{restore}", { params: { path: { restore } }, signal }));
      return { ...value, wait: waitOf(response) };
    },
    refetchInterval: ({ state }) => (state.data && !hasEnded(state.data.operation) ? pace(state.data.wait) : false),
    refetchIntervalInBackground: true,
  });

/** Whether an answer says that there is no such service: no other one does. */
export const isGone = (error: unknown) => error != null && asProblem(error).code === "ServiceNotFound";

/** The service of a restore that has ended: before, there may be none yet. */
export const useLiving = (service: string, ended: boolean) =>
  useQuery({
    queryKey: ["living", service],
    queryFn: ({ signal }) => valueOf(api.GET("/services/{service}", { params: { path: { service } }, signal })),
    enabled: ended,
    // One that is gone is not asked for again and again.
    refetchInterval: ({ state }) => (isGone(state.error) ? false : OFTEN),
    retry: false,
  });

type Backed = Exclude<Schemas["Section"], "hybrid-connections">;

/** Records of a section of a backup, the first whose names begin so: to choose among. */
export const useRecords = (place: { service: string; backup: string } | undefined, section: Schemas["Section"], namePrefix = "") =>
  useQuery({
    queryKey: ["records", place, section, namePrefix],
    queryFn: async ({ signal }) => {
      const read = await valueOf(
        api.GET("/services/{service}/backups/{backup}/contents", {
          params: {
            path: { service: place?.service ?? "", backup: place?.backup ?? "" },
            query: { section: section as Backed, namePrefix: namePrefix || undefined, top: SUGGESTED },
          },
          signal,
        }),
      );
      return (read as Schemas["BackupRecords"]).value.filter((one) => "document" in one);
    },
    enabled: place !== undefined,
    staleTime: Infinity,
    retry: false,
  });

export type Planned = {
  plan: RestorePlan | undefined;
  problem: ApiProblem | undefined;
  /** Whether it is the plan of the request as it stands. */
  current: boolean;
  again: () => void;
};

/** The plan of a restore, asked for when the request has settled; it writes nothing. */
export function usePlan(body: RestoreBody | undefined): Planned {
  const text = body && JSON.stringify(body);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const read = useQuery({
    queryKey: ["plan", settled],
    queryFn: ({ signal }) => planned(settled, signal),
    enabled: settled !== undefined,
    placeholderData: keepPreviousData,
    // The request may hold secrets: it is not kept when nobody looks at it.
    gcTime: 0,
    retry: false,
  });
  const problem = read.error ? asProblem(read.error) : undefined;
  const current = text !== undefined && text === settled && !read.isPlaceholderData && (read.data !== undefined || problem !== undefined);
  return { plan: problem ? undefined : read.data, problem, current, again: () => void read.refetch() };
}

async function planned(text: string | undefined, signal: AbortSignal): Promise<RestorePlan> {
  const body = JSON.parse(text ?? "null") as RestoreBody;
  const asked = api.POST("/restores", { params: { query: { validateOnly: "true" } }, body, signal });
  // With validateOnly the answer is the plan; the other one of the two is the restore's monitor.
  return (await valueOf(asked)) as RestorePlan;
}

/** What the numbers would do by a policy: the plan of the same request with that one. */
export const useNumbersBy = (body: RestoreBody | undefined, policy: Schemas["NumbersPolicy"], by: number | undefined) => {
  const text = body && JSON.stringify({ ...body, controlNumbers: { policy, by } });
  const { plan, current } = usePlan(text ? (JSON.parse(text) as RestoreBody) : undefined);
  return current ? plan?.controlNumbers : undefined;
};
