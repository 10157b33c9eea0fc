/** What the page of control numbers reads. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, follow, taken } from "./client";
import { listAddress, useBackups, useList, useOverview, type Filters } from "./reads";
import type { Page, Schemas } from "./types";

const OFTEN = 10_000;
const PAGE = 50;
/** Records of a backup that one request reads, and how many requests at most. */
const RECORDS = 500;
const MOST_REQUESTS = 10;
const CANDIDATES = 10;

type Numbers = Schemas["ShownNumbers"];
type Counted = { name: string; document: Record<string, { next: number; cycle?: number }> };

export const useNumbers = (service: string, filters: Filters) =>
  useList<Numbers>(["numbers", service], listAddress(`services/${service}/control-numbers`, { ...filters, top: String(PAGE) }), OFTEN);

/** One agreement, with the ETag that what is set of it must bring. */
export const useAgreementNumbers = (service: string, agreement: string) =>
  useQuery({
    queryKey: ["agreement-numbers", service, agreement],
    queryFn: ({ signal }) =>
      taken(api.GET("/services/{service}/control-numbers/{agreement}", { params: { path: { service, agreement } }, signal })),
    staleTime: 0,
  });

/** The newest backup that a restore could rely on, and when it read the counters. */
export function useLastGood(service: string) {
  const backups = useBackups(service, { status: "Succeeded" }, CANDIDATES);
  const good = backups.rows?.find((one) => one.verifyStatus !== "Failed");
  const overview = useOverview(service, good?.name ?? "", good !== undefined);
  return {
    known: backups.rows !== undefined,
    name: good?.name,
    readAt: good && overview.data ? overview.data.consistency.runtimeReadFrom : undefined,
    problem: backups.error ?? (good ? overview.error : undefined),
  };
}

/** The counters of some agreements as a backup has them, by the agreements' names. */
export function useBackedUp(service: string, backup: string | undefined, prefix: string, wanted: string[]) {
  return useQuery({
    queryKey: ["backed-up-numbers", service, backup, prefix, wanted],
    queryFn: async ({ signal }) => {
      const missing = new Set(wanted.map((one) => one.toLowerCase()));
      const found = new Map<string, Counted["document"]>();
      let link: string | null | undefined = listAddress(`services/${service}/backups/${backup}/contents`, {
        section: "control-numbers",
        namePrefix: prefix,
        top: String(RECORDS),
      });
      for (let asked = 0; link && missing.size > 0 && asked < MOST_REQUESTS; asked += 1) {
        const page: Page<Counted> = await follow<Page<Counted>>(link, signal);
        for (const one of page.value) {
          const name = one.name.toLowerCase();
          if (missing.delete(name)) found.set(name, one.document);
        }
        link = page.nextLink;
      }
      return found;
    },
    enabled: backup !== undefined && wanted.length > 0,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
}
