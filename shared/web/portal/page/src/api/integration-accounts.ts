/** What the pages of integration accounts read. */
import { useQuery } from "@tanstack/react-query";
import { api, follow, taken, valueOf } from "./client";
import { asProblem } from "./problem";
import { listAddress, useList, type Filters } from "./reads";
import type { Page, Schemas } from "./types";

export type FoundAccount = Schemas["ListedIntegrationAccount"];
export type UnreadScope = Schemas["UnreadScope"];
/** A page of them; while the app is updated, one of before may lack what could not be read. */
export type FoundAccounts = Page<FoundAccount> & { unread?: UnreadScope[] };
export type ShownLink = Schemas["ShownLink"];
export type AccountChange = Schemas["AccountChange"];
export type PushBody = Schemas["PushBody"];
export type PushPlan = Schemas["PushPlan"];

/** Each page of the list asks Azure for all accounts: seldom. */
const RARELY = 10 * 60_000;
const OFTEN = 10_000;
const SELDOM = 60_000;
const TOLD = "100";

/** The accounts that may be linked, those that a service has or those that none has, and the scopes that could not be read. */
export function useFoundAccounts(linked: boolean, top = 100) {
  const address = listAddress("integration-accounts", { linked: String(linked), top: String(top) });
  const list = useList<FoundAccount>(["found-accounts", linked], address, RARELY);
  return { ...list, unread: ((list.data?.pages ?? []) as FoundAccounts[]).flatMap((page) => page.unread ?? []) };
}

/** The scopes that one of several lists could not read, each once. */
export const unreadOf = (...lists: { unread: UnreadScope[] }[]): UnreadScope[] => [
  ...new Map(lists.flatMap((list) => list.unread).map((one) => [one.scope, one])).values(),
];

/** The accounts that nobody protects, the first hundred; where Azure does not say, nothing. */
export const useUnprotected = (may: boolean) =>
  useQuery({
    queryKey: ["unprotected"],
    queryFn: ({ signal }) => follow<FoundAccounts>(listAddress("integration-accounts", { linked: "false", top: TOLD }), signal),
    enabled: may,
    staleTime: RARELY,
    refetchInterval: RARELY,
    retry: false,
  }).data;

/** A service's link, with its ETag; null where it ended meanwhile. */
export const useLink = (service: string, linked: boolean) =>
  useQuery({
    queryKey: ["link", service],
    queryFn: async ({ signal }) => {
      try {
        return await taken(api.GET("/services/{service}/integration-account", { params: { path: { service } }, signal }));
      } catch (thrown) {
        if (asProblem(thrown).code === "IntegrationAccountNotLinked") return null;
        throw thrown;
      }
    },
    // What is not there is not asked for: a browser's console calls each 404 an error.
    enabled: linked,
    refetchInterval: OFTEN,
  });

/** What pulls found changed in the account of a service, the newest first. */
export const useAccountChanges = (service: string, filters: Filters, top = 100) =>
  useList<AccountChange>(
    ["account-changes", service],
    listAddress(`services/${service}/integration-account/changes`, { ...filters, top: String(top) }),
    SELDOM,
  );

/** The plan of a push; nothing is written. */
export async function planOf(service: string, body: PushBody): Promise<PushPlan> {
  const asked = api.POST("/services/{service}/push", { params: { path: { service }, query: { validateOnly: "true" } }, body });
  // With validateOnly the answer is the plan; the other one of the two is the push's monitor.
  return (await valueOf(asked)) as PushPlan;
}

/** The code of a pull of an account that Azure has no more. */
export const GONE = "IntegrationAccountNotFound";

/** The last part of an ARM id: what people call it. */
export const nameOfId = (resourceId: string) => resourceId.slice(resourceId.lastIndexOf("/") + 1);
