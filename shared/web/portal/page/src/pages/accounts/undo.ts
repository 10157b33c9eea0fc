/** The undo of a push: the backup that it made before is restored as a service, and that is pushed. */
import { nameOfId } from "../../api/integration-accounts";
import type { Service } from "../../api/types";
import { pushAddress } from "../addresses";

const LONGEST = 20;

/** A name for the service in between, by the account that it undoes a push into. */
export function undoName(resourceId: string): string {
  const account = nameOfId(resourceId).replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `undo-${account || "push"}`.slice(0, LONGEST).replace(/-$/, "");
}

/** How the API calls the service of a backup that a push made before it. */
const BEFORE_PUSH = /^before-[0-9a-f]{12}$/;

/** Whether it was restored from a backup of an account, and is not linked to one: it is there to be pushed. */
export const isToPush = (of: Service) => of.restoredFrom != null && of.integrationAccount?.linked === false;

/** Where it is pushed; of what a push made before it, with the account as it was then filled in. */
export function pushOf(of: Service): string {
  const account = of.integrationAccount?.resourceId;
  const undoes = isToPush(of) && BEFORE_PUSH.test(of.restoredFrom?.service ?? "");
  if (!undoes || !account) return `/services/${of.name}/push`;
  return pushAddress(of.name, { resourceId: account, existing: "replace", extra: "delete" });
}
