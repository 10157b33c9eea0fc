/** The request of a restore with its secrets masked, as answers of the API mask them. */
import type { RestoreBody } from "../../api/types";
import { MASK } from "../../parts/tree";

export function masked(body: RestoreBody): RestoreBody {
  const mask = <T,>(value: T) => (typeof value === "string" ? MASK : value);
  const { service, replace } = body;
  const stored = (of: NonNullable<typeof service>["archivingStore"]) => of && { ...of, connectionString: mask(of.connectionString) };
  return {
    ...body,
    service: service && {
      ...service,
      accessControl: service.accessControl && { ...service.accessControl, key: mask(service.accessControl.key) },
      trackingDatabase: service.trackingDatabase && { ...service.trackingDatabase, password: mask(service.trackingDatabase.password) },
      monitoringStore: stored(service.monitoringStore),
      archivingStore: stored(service.archivingStore),
    },
    replace: replace?.map((one) => ({ ...one, value: MASK })),
  };
}
