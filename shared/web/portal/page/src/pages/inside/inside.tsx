/** Inside a backup: what is in it, and what changed. */
import { useBackup } from "../../api/reads";
import { Chip } from "../../parts/status";
import { Head } from "../../parts/parts";
import { services as ofServices } from "../../words/pages";
import { service as ofService } from "../../words/service";
import { Missing } from "../missing";
import { ChangesTab } from "./changes";
import { ContentsTab } from "./contents";
import { PickBar, usePicks } from "./picks";
import { BackupTabs } from "./tabs";

export function InsidePage(props: { service: string; backup: string; tab: string; section: string | undefined }) {
  const { service, backup, tab, section } = props;
  const read = useBackup(service, backup);
  const picks = usePicks(service, backup);
  if (tab !== "contents" && (tab !== "changes" || section !== undefined)) return <Missing />;
  return (
    <>
      <Head
        title={backup}
        trail={[
          ["/services", ofServices.title],
          [`/services/${service}`, service],
          [`/services/${service}/backups`, ofService.backups],
        ]}
        beside={
          read.data && (
            <>
              <Chip of={read.data.status} />
              {read.data.pinned && <Chip of="pinned" />}
            </>
          )
        }
      >
        <BackupTabs service={service} backup={backup} here={tab} />
      </Head>
      {tab === "contents" ? (
        <ContentsTab service={service} backup={backup} section={section} picks={picks} />
      ) : (
        <ChangesTab service={service} backup={backup} picks={picks} />
      )}
      <PickBar service={service} backup={backup} picks={picks} />
    </>
  );
}
