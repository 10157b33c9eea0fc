/** The way to the checklist of the restore that a service came from. */
import { Link } from "wouter";
import { useOperations, useService } from "../../api/reads";
import { restored as words } from "../../words/restore";
import { restoredAddress } from "../addresses";

/** The address of the last restore of a service; undefined where there is none, or it is not read yet. */
export function useChecklist(service: string): string | undefined {
  const read = useOperations(service, { operation: "RestoreBizTalkService", status: "Succeeded" }, 1);
  const found = read.rows?.[0];
  return found && restoredAddress(service, found.id);
}

export function ToChecklist({ service }: { service: string }) {
  const address = useChecklist(service);
  const restored = useService(service).data?.value.restoredFrom;
  return address && restored ? (
    <p>
      <Link href={address}>{words.overviewLink}</Link>
    </p>
  ) : null;
}
