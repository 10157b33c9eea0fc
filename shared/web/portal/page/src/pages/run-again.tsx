/** Run again: what an operation was asked for, as far as its record holds it, asked for once more. */
import { useState } from "react";
import { useLocation } from "wouter";
import { hasEnded, useMay } from "../api/reads";
import type { Monitor, RestoreBody, Schemas } from "../api/types";
import { Command } from "../parts/parts";
import { operation as words } from "../words/service";
import { AcceptGone, Pull } from "./accounts/pull";
import { BackUp } from "./back-up";
import { VerifyBackup } from "./backup-commands";
import { draftAgain } from "./restore/draft";

/** Each kind that can be, and what its caller must be allowed to. */
const KINDS: Record<string, string> = {
  BackupBizTalkService: "start_backup",
  VerifyBackupBizTalkService: "verify_backup",
  RestoreBizTalkService: "start_restore",
  PullIntegrationAccount: "pull",
  PushIntegrationAccount: "push",
};

const LEVELS: ReadonlySet<unknown> = new Set<Schemas["VerifyLevel"]>(["descriptor", "data", "restore"]);

export function RunAgain({ of }: { of: Monitor }) {
  const [asked, setAsked] = useState(false);
  const [, go] = useLocation();
  const may = useMay();
  const kind = KINDS[of.operation];
  const { service, parameters = {} } = of;
  if (kind === undefined || !service || !hasEnded(of) || !may(kind)) return null;
  const close = () => setAsked(false);
  const text = (member: string) => (typeof parameters[member] === "string" ? parameters[member] : "");

  if (of.operation === "RestoreBizTalkService") {
    const request = parameters["request"] as RestoreBody | undefined;
    const again = request && draftAgain(request);
    const run = () => {
      if (again) go(again());
    };
    return <Command icon="restart" word={words.again} run={run} {...(request ? again ? {} : { refused: words.againWaits } : { refused: words.againUnknown })} />;
  }
  if (of.operation === "PushIntegrationAccount") {
    const known = parameters["request"] !== undefined;
    const run = () => go(`/services/${service}/push?again=${of.id}`);
    return <Command icon="restart" word={words.again} run={run} {...(known ? {} : { refused: words.againUnknown })} />;
  }
  if (of.operation === "PullIntegrationAccount") {
    if (parameters["acceptRemovals"] !== true) return <Pull service={service} icon="restart" word={words.again} />;
    return (
      <>
        <Command icon="restart" word={words.again} run={() => setAsked(true)} />
        {asked && <AcceptGone service={service} close={close} />}
      </>
    );
  }
  if (of.operation === "VerifyBackupBizTalkService") {
    const [name, level] = [text("backup"), parameters["level"]];
    const known = name !== "" && LEVELS.has(level);
    return (
      <>
        <Command icon="restart" word={words.again} run={() => setAsked(true)} {...(known ? {} : { refused: words.againUnknown })} />
        {asked && <VerifyBackup service={service} of={{ name }} first={level as Schemas["VerifyLevel"]} close={close} />}
      </>
    );
  }
  return (
    <>
      <Command icon="restart" word={words.again} run={() => setAsked(true)} />
      {asked && (
        <BackUp service={service} given={{ account: text("storageAccount"), idle: parameters["requireIdleBatches"] === true, pull: parameters["pull"] !== false }} close={close} />
      )}
    </>
  );
}
