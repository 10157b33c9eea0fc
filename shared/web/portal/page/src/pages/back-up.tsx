/** The Back up dialog. */
import { useLocation } from "wouter";
import { api, taken } from "../api/client";
import { asProblem } from "../api/problem";
import { useAccounts, useBatches, useService } from "../api/reads";
import { Dialog } from "../parts/dialog";
import { useDraft } from "../parts/draft";
import { Field, Tick } from "../parts/fields";
import { count } from "../parts/format";
import { Problem } from "../parts/problem";
import { common } from "../words/shell";
import { backup as words } from "../words/backup";
import { operationAddress } from "./addresses";
import { useAct } from "./commands";

/** A name that says of what and when: "contoso-b2b-20261130-0725", in UTC. */
export function proposed(service: string, now = new Date()): string {
  const digits = now.toISOString().replace(/[-:T]/g, "");
  return `${service.toLowerCase()}-${digits.slice(0, 8)}-${digits.slice(8, 14)}`;
}

/** Where backups go unless somebody says otherwise: not beside what they protect. */
export function usualAccount(names: string[] | undefined): string {
  return names?.find((one) => one !== "default") ?? names?.[0] ?? "";
}

/** @param given What another backup was asked for, of which all but its name is taken over. */
export function BackUp({ service, given, close }: { service: string; given?: { account: string; idle: boolean; pull: boolean }; close: () => void }) {
  const first = () => ({ name: proposed(service), account: given?.account ?? "", idle: given?.idle ?? false, pull: given?.pull ?? true });
  const [{ name, account, idle, pull }, change] = useDraft(`backup ${service}`, first);
  const accounts = useAccounts();
  const linked = useService(service).data?.value.integrationAccount?.linked === true;
  const [, go] = useLocation();
  const names = accounts.data?.map((one) => one.name);
  // An account that is registered no longer is none to choose.
  const chosen = account && names?.includes(account) !== false ? account : usualAccount(names);
  const act = useAct(
    `backup ${service} ${name} ${chosen} ${idle} ${pull}`,
    (id) =>
      taken(
        api.POST("/services/{service}/backups", {
          params: { path: { service }, header: { "Operation-Id": id } },
          body: { name, storageAccount: chosen, requireIdleBatches: idle, ...(linked ? { pull } : {}) },
        }),
      ),
    ({ value }) => go(operationAddress(value)),
  );
  const problem = act.error ? asProblem(act.error) : undefined;
  const atName = problem?.at("name") ?? problem?.at("/name");
  const atAccount = problem?.at("storageAccount") ?? problem?.at("/storageAccount");
  return (
    <Dialog title={words.dialog(service)} busy={act.isPending} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!act.isPending && chosen) act.mutate();
        }}
      >
        <p className="text">{words.dialogText}</p>
        <Field label={words.name} hint={words.nameHint} wrong={atName}>
          {(field) => (
            <input {...field} value={name} onChange={(e) => change({ name: e.target.value })} data-first autoComplete="off" spellCheck={false} />
          )}
        </Field>
        <Field label={words.account} wrong={atAccount}>
          {(field) => (
            <select {...field} value={chosen} onChange={(e) => change({ account: e.target.value })}>
              {(names ?? []).map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        {accounts.error ? <Problem of={accounts.error} again={() => void accounts.refetch()} /> : null}
        {linked && <Tick label={words.pull} hint={words.pullHint} on={pull} set={(on) => change({ pull: on })} />}
        <Tick label={words.idle} on={idle} set={(on) => change({ idle: on })} />
        <Batches service={service} idle={idle} />
        {problem ? <Problem of={problem} /> : null}
        <div className="buttons">
          <button type="button" disabled={act.isPending} onClick={close}>
            {common.cancel}
          </button>
          <button type="submit" className="first" aria-disabled={act.isPending || !chosen}>
            {words.run}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Batches({ service, idle }: { service: string; idle: boolean }) {
  const batches = useBatches(service);
  if (batches.data === undefined) return <p className="hint">{batches.error ? asProblem(batches.error).message : common.unknown}</p>;
  const busy = batches.data.filter((one) => one.activeMessages > 0);
  if (busy.length === 0) return <p className="hint">{words.noBatches}</p>;
  const said = busy.map((one) => `${one.batch} (${count(one.activeMessages)})`).join(", ");
  return <p className="hint warned">{idle ? words.batchesRefused(said) : words.batches(said)}</p>;
}
