/** A new artifact of a section. */
import { useLocation } from "wouter";
import { isSection } from "../../api/artifacts";
import { useService } from "../../api/reads";
import { Head } from "../../parts/parts";
import { editor as words } from "../../words/artifacts";
import { Missing } from "../missing";
import { artifactAddress, artifactsAddress } from "./addresses";
import { StateBanner, trailTo } from "./artifact";
import { Edit } from "./edit";
import { accountOf, ManagedBanner, whyRefused } from "./managed";

export function NewArtifact({ service, section }: { service: string; section: string }) {
  const [, go] = useLocation();
  const owner = useService(service).data?.value;
  if (!isSection(section)) return <Missing />;
  return (
    <>
      <Head title={words.newTitle(section)} trail={trailTo(service, section)} />
      {accountOf(owner) ? <ManagedBanner of={owner} /> : <StateBanner state={owner?.state} />}
      <Edit
        service={service}
        section={section}
        start={undefined}
        done={(name) => go(artifactAddress(service, section, name), { replace: true })}
        cancel={() => go(artifactsAddress(service, section))}
        refused={whyRefused(owner)}
      />
    </>
  );
}
