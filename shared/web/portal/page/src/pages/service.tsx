/** A service: its head with commands, and its tabs. */
import { isGone, useService } from "../api/reads";
import type { Service } from "../api/types";
import { Chip } from "../parts/status";
import { Head, Skeleton, Tabs } from "../parts/parts";
import { Problem } from "../parts/problem";
import { numbers as ofNumbers } from "../words/numbers";
import { service as words } from "../words/service";
import { services as ofServices } from "../words/pages";
import { Artifacts } from "./artifacts/sections";
import { Backups } from "./backups";
import { Commands } from "./commands";
import { Configure } from "./configure";
import { Log } from "./log";
import { Missing } from "./missing";
import { Numbers } from "./numbers";
import { Overview } from "./overview";

const TABS: [string, string][] = [
  ["", words.overview],
  ["backups", words.backups],
  ["artifacts", words.artifacts],
  ["numbers", ofNumbers.tab],
  ["configure", words.configure],
  ["log", words.log],
];

export function ServicePage(props: { service: string; tab?: string | undefined; section?: string | undefined }) {
  const { service, tab = "" } = props;
  const read = useService(service);
  if (!TABS.some(([name]) => name === tab)) return <Missing />;
  // History and log outlive a service: their tabs are shown of one that is gone too.
  const gone = isGone(read.error);
  const at = (name: string) => `/services/${service}${name && `/${name}`}`;
  const found = gone ? undefined : read.data?.value;
  return (
    <>
      <Head
        title={service}
        trail={[["/services", ofServices.title]]}
        beside={found && <Chip of={found.state} />}
      >
        {found && <Commands of={found} />}
        <Tabs label={words.tabs(service)} of={TABS.map(([name, word]) => [at(name), word])} here={at(tab)} />
      </Head>
      {gone ? <p className="banner">{words.gone}</p> : null}
      <Tab service={service} tab={tab} section={props.section} found={found} gone={gone} problem={read.error} again={() => void read.refetch()} />
    </>
  );
}

function Tab(props: {
  service: string;
  tab: string;
  section: string | undefined;
  found: Service | undefined;
  gone: boolean;
  problem: unknown;
  again: () => void;
}) {
  const { service, tab, found } = props;
  if (tab === "backups") return <Backups service={service} canBackUp={found?.allowedOperations.includes("backup") ?? false} />;
  if (tab === "log") return <Log service={service} />;
  if (props.problem && !found) return <Problem of={props.problem} again={props.gone ? undefined : props.again} />;
  if (tab === "artifacts") return <Artifacts service={service} section={props.section} of={found} />;
  if (tab === "numbers" && found) return <Numbers of={found} />;
  if (tab === "configure") return <Configure service={service} />;
  return found ? <Overview of={found} /> : <Skeleton lines={8} />;
}
