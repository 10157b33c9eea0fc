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
import { changesRefused } from "./sections";

export function NewArtifact({ service, section }: { service: string; section: string }) {
  const [, go] = useLocation();
  const state = useService(service).data?.value.state;
  if (!isSection(section)) return <Missing />;
  return (
    <>
      <Head title={words.newTitle(section)} trail={trailTo(service, section)} />
      <StateBanner state={state} />
      <Edit
        service={service}
        section={section}
        start={undefined}
        done={(name) => go(artifactAddress(service, section, name), { replace: true })}
        cancel={() => go(artifactsAddress(service, section))}
        refused={changesRefused(state)}
      />
    </>
  );
}
