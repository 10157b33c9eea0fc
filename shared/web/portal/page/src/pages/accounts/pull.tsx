/** A pull of a service's integration account, and one that is let remove what is gone. */
import { useLocation } from "wouter";
import { api, taken } from "../../api/client";
import type { Monitor } from "../../api/types";
import { Confirm } from "../../parts/dialog";
import type { IconName } from "../../parts/icons";
import { Command } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { linked as words } from "../../words/accounts";
import { operationAddress } from "../addresses";
import { useAct } from "../commands";

/** A pull is asked for; then its page is shown. */
function usePull(service: string, acceptRemovals: boolean) {
  const [, go] = useLocation();
  return useAct<{ value: Monitor }>(
    `pull ${service} ${acceptRemovals}`,
    (id) =>
      taken(
        api.POST("/services/{service}/pull", {
          params: { path: { service }, header: { "Operation-Id": id } },
          body: acceptRemovals ? { acceptRemovals } : {},
        }),
      ),
    ({ value }) => go(operationAddress(value)),
  );
}

export function Pull(props: { service: string; icon: IconName; word: string; first?: boolean; refused?: string }) {
  const { service, ...command } = props;
  const act = usePull(service, false);
  return (
    <>
      <Command {...command} run={() => act.isPending || act.mutate()} />
      {act.error ? <Problem of={act.error} /> : null}
    </>
  );
}

export function AcceptGone({ service, close }: { service: string; close: () => void }) {
  const act = usePull(service, true);
  return (
    <Confirm
      title={words.acceptTitle(service)}
      text={<p>{words.acceptText}</p>}
      word={words.accept}
      typed={service}
      danger
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}
