/** The wizard's form of a request that was sent before, as its record shows it: secrets masked. */
import type { RestoreBody, Schemas } from "../../api/types";
import { MASK } from "../../parts/tree";
import { BLANK, SECRET, TYPED, type Form, type Picked, type Pointer, type StoreKind } from "./form";

const typed = (value: string | number | null | undefined) => (value == null || value === MASK ? "" : String(value));

/** What stands at a JSON pointer; undefined where nothing does. */
function at(of: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .reduce<unknown>((value, member) => (value as Record<string, unknown> | null | undefined)?.[member], of);
}

function kindOf(store: Schemas["Store"] | null | undefined): StoreKind {
  if (!store) return "";
  return store.storageAccount == null ? "connection" : "account";
}

const picked = (all: readonly Schemas["Pick"][] | undefined): Picked[] => (all ?? []).map(({ section, name }) => ({ section, name: name ?? "" }));

/** The form, and the pointers of what is secret and must be entered again. */
export function formOf(request: RestoreBody): { form: Form; lost: Pointer[] } {
  const { service, controlNumbers } = request;
  const form: Form = {
    ...BLANK,
    acceptPartial: request.acceptPartial ?? false,
    acceptRenamed: request.acceptRenamed ?? false,
    advanced: service?.trackingDatabase?.advanced != null,
    monitoring: kindOf(service?.monitoringStore),
    archiving: kindOf(service?.archivingStore),
    policy: controlNumbers?.policy ?? "continue",
    include: picked(request.include),
    exclude: picked(request.exclude),
    // Their values are secret for all that is known of them, and the record has none.
    replace: (request.replace ?? []).map(({ section, name, pointer }) => ({ section, name, pointer, value: "", json: false, lost: true })),
  };
  for (const pointer of Object.keys(TYPED) as Pointer[]) {
    Object.assign(form, { [TYPED[pointer]]: typed(at(request, pointer) as string | number | null | undefined) });
  }
  return { form, lost: SECRET.filter((pointer) => at(request, pointer) === MASK) };
}
