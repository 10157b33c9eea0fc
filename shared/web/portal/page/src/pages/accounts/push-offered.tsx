/** What a service has, to choose among while a push of it is filled in. */
import { useOffered, type Section } from "../../api/artifacts";

/** The names of a section's artifacts. */
export function Names({ id, service, section }: { id: string; service: string; section: Section }) {
  return (
    <datalist id={id}>
      {useOffered(service, section).map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </datalist>
  );
}

type Certificate = { key?: { keyVault?: { id?: unknown } } };

/** The vaults that certificates of the service name. */
export function useVaults(service: string): string[] {
  const named = useOffered(service, "certificates").map((one) => (one.document as Certificate).key?.keyVault?.id);
  return [...new Set(named.filter((one) => typeof one === "string"))];
}
