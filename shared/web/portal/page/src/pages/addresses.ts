/** Where things have their page. */
import type { Monitor } from "../api/types";

export function operationAddress(of: Pick<Monitor, "id" | "service">): string {
  return of.service ? `/services/${of.service}/log/${of.id}` : `/log/${of.id}`;
}

export function backupAddress(service: string, backup: string): string {
  return `/services/${service}/backups/${encodeURIComponent(backup)}`;
}

/** The wizard, for a backup of the history; `include` names sections or artifacts of it. */
export function restoreAddress(service: string, backup: string, include: readonly string[] = []): string {
  const query = new URLSearchParams({ service, backup });
  for (const one of include) query.append("include", one);
  return `/restore?${query}`;
}

/** The wizard, for a backup in a container, whoever made it; `name` is proposed for the service. */
export function restoreFrom(account: string, container: string, name?: string): string {
  return `/restore?${new URLSearchParams({ account, container, ...(name ? { name } : {}) })}`;
}

/** The page of a restore. */
export function restoredAddress(service: string, operation: string): string {
  return `/restores/${encodeURIComponent(`${service}.${operation}`)}`;
}

/** The form of a push with what is known of it filled in: members of the request, and `into=new` for an account that is made first. */
export function pushAddress(service: string, filled: Record<string, string>): string {
  return `/services/${service}/push?${new URLSearchParams(filled)}`;
}
