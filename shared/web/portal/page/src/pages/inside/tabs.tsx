/** The tabs of a backup, and the commands that lead into it. */
import { Link } from "wouter";
import type { Backup } from "../../api/types";
import { Icon } from "../../parts/icons";
import { Command, Tabs } from "../../parts/parts";
import { backup as ofBackup } from "../../words/backup";
import { inside as words } from "../../words/inside";
import { backupAddress } from "../addresses";
import { changesAddress, contentsAddress, LIVE } from "./addresses";

const STORED = new Set<string>(["Succeeded", "PartiallySucceeded"]);

/** Whether there is something stored that can be looked into. */
export const isStored = (of: Pick<Backup, "status">) => STORED.has(of.status);

export function BackupTabs({ service, backup, here }: { service: string; backup: string; here: "" | "contents" | "changes" }) {
  const tabs = [
    [backupAddress(service, backup), words.facts],
    [contentsAddress(service, backup), words.contents],
    [changesAddress(service, backup, LIVE), words.changes],
  ] as const;
  const current = here === "" ? 0 : here === "contents" ? 1 : 2;
  return <Tabs label={words.tabs(backup)} of={tabs} here={tabs[current][0]} />;
}

/** A link of the command bar: how a backup differs from the living service. */
export function CompareWithLive({ service, of }: { service: string; of: Backup }) {
  const icon = "settings";
  if (!isStored(of)) return <Command icon={icon} word={words.compareWithLive} run={() => undefined} refused={ofBackup.notStored} />;
  return (
    <Link href={changesAddress(service, of.name, LIVE)} className="command">
      <Icon name={icon} />
      {words.compareWithLive}
    </Link>
  );
}
