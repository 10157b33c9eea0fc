/** Two backups of a list that are compared: a tick in each row, and the button. */
import { useState } from "react";
import { useLocation } from "wouter";
import type { ListedBackup } from "../../api/types";
import { Command } from "../../parts/parts";
import { ShutTick } from "../../parts/shut-tick";
import { changes as words } from "../../words/inside";
import { changesAddress, LIVE } from "./addresses";
import { isStored } from "./tabs";

type Ticked = Pick<ListedBackup, "name" | "startedAt">;

export function useCompared(service: string) {
  const [ticked, setTicked] = useState<readonly Ticked[]>([]);
  const [, go] = useLocation();
  const compare = () => {
    const [older, newer] = inTime(ticked);
    if (older && newer) go(changesAddress(service, newer.name, older.name));
  };
  const tick = (of: ListedBackup) => {
    const on = ticked.some((one) => one.name === of.name);
    const refused = !isStored(of) ? words.notCompared : !on && ticked.length === 2 ? words.twoAlready : undefined;
    return (
      <ShutTick
        label={words.compareTick(of.name)}
        on={on}
        why={refused}
        set={(now) => setTicked(now ? [...ticked, of] : ticked.filter((one) => one.name !== of.name))}
      />
    );
  };
  const button = <Command icon="settings" word={words.compareTwo} run={compare} refused={ticked.length === 2 ? undefined : words.compareHint} />;
  return { tick, button };
}

/** The older one first; a backup that is called as the living service is can only be the second. */
function inTime(ticked: readonly Ticked[]): readonly Ticked[] {
  return [...ticked].sort((one, other) => {
    if (one.name === LIVE || other.name === LIVE) return one.name === LIVE ? 1 : -1;
    return Date.parse(one.startedAt) - Date.parse(other.startedAt);
  });
}
