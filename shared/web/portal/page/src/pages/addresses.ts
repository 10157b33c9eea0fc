/** Where things have their page. */
import type { Monitor } from "../api/types";

export function operationAddress(of: Pick<Monitor, "id" | "service">): string {
  return of.service ? `/services/${of.service}/log/${of.id}` : `/log/${of.id}`;
}

export function backupAddress(service: string, backup: string): string {
  return `/services/${service}/backups/${encodeURIComponent(backup)}`;
}
