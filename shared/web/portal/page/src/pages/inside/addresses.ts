/** Where the pages that look into a backup are. */
import { backupAddress } from "../addresses";

export const LIVE = "live";

export const contentsAddress = (service: string, backup: string, section = "", query: Record<string, string> = {}) =>
  `${backupAddress(service, backup)}/contents${section && `/${encodeURIComponent(section)}`}${queryOf(query)}`;

export const changesAddress = (service: string, backup: string, since: string, query: Record<string, string> = {}) =>
  `${backupAddress(service, backup)}/changes${queryOf({ since, ...query })}`;

function queryOf(query: Record<string, string>): string {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}
