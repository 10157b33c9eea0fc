/** Where artifacts have their pages. Names may hold what stands for something else in an address. */
export const artifactsAddress = (service: string, section?: string) =>
  `/services/${service}/artifacts${section ? `/${section}` : ""}`;

export const artifactAddress = (service: string, section: string, name: string) =>
  `${artifactsAddress(service, section)}/${encodeURIComponent(name)}`;

export const newArtifactAddress = (service: string, section: string) => `/services/${service}/new-artifact/${section}`;

export const importAddress = (service: string) => `/services/${service}/import`;

/** A name as it stands in an address: of the router, what is reserved there is still encoded. */
export function nameOf(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
