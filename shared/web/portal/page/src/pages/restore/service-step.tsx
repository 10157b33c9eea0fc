/** Restore BizTalk Service: from which backup, and what the new service is called and holds. */
import { useState } from "react";
import { useEditions } from "../../api/reads";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icons";
import { common } from "../../words/shell";
import { restore as words } from "../../words/restore";
import { Browse, isSealed } from "../storage/browse";
import { Choice, Text, Ticked, useAliases, useFilling } from "./controls";
import { Parts } from "./parts";
import { Replacements } from "./replacements";

export function ServiceStep() {
  return (
    <>
      <BackupUrl />
      <Target />
      <Parts />
      <Replacements />
    </>
  );
}

function BackupUrl() {
  const [browsing, setBrowsing] = useState(false);
  const { plan, locked } = useFilling();
  const aliases = useAliases();
  return (
    <fieldset>
      <legend>{words.backup}</legend>
      <div className="row place">
        <Place at="/backup/storageAccount" label={words.account} aliases={aliases} />
        <Place at="/backup/container" label={words.container} />
        <button type="button" className="browse-button" disabled={locked} onClick={() => setBrowsing(true)}>
          <Icon name="storage" />
          {words.browse}
        </button>
      </div>
      <p className="hint" role="status">
        {plan ? words.readable(plan.backup, plan.backedUpName) : words.containerHint}
      </p>
      <div className="ticks">
        <Ticked at="/acceptPartial" of="acceptPartial" label={words.acceptPartial} hint={words.acceptPartialHint} />
        <Ticked at="/acceptRenamed" of="acceptRenamed" label={words.acceptRenamed} hint={words.acceptRenamedHint} />
      </div>
      {browsing && <BrowseDialog close={() => setBrowsing(false)} />}
    </fieldset>
  );
}

/** Either half of where the backup is: the address of the page says it too. */
function Place({ at, label, aliases }: { at: "/backup/storageAccount" | "/backup/container"; label: string; aliases?: [string, string][] }) {
  const filling = useFilling();
  const { form, take, wrong, locked } = filling;
  const id = at.slice(1).replace("/", "-");
  const set = (to: string) => (aliases ? take(to, form.container) : take(form.account, to));
  const said = wrong(at);
  const given = { id, disabled: locked, "data-member": at, "aria-invalid": said !== undefined, "aria-describedby": said && `${id}-wrong` };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {aliases ? (
        <select {...given} value={form.account} onChange={(event) => set(event.target.value)}>
          {(aliases.some(([one]) => one === form.account) ? aliases : [...aliases, [form.account, form.account] as const]).map(([one, word]) => (
            <option key={one} value={one}>
              {word}
            </option>
          ))}
        </select>
      ) : (
        <input {...given} value={form.container} onChange={(event) => set(event.target.value)} autoComplete="off" spellCheck={false} />
      )}
      {said && (
        <p className="wrong" id={`${id}-wrong`}>
          {said}
        </p>
      )}
    </div>
  );
}

function BrowseDialog({ close }: { close: () => void }) {
  const { form, take } = useFilling();
  const [account, setAccount] = useState(form.account);
  const [service, setService] = useState("");
  return (
    <Dialog title={words.browseTitle} close={close}>
      <Browse
        account={account}
        choice={(name, here, shown) => (
          <button type="button" aria-pressed={here} data-first={here || undefined} onClick={() => setAccount(name)}>
            {shown}
          </button>
        )}
        service={service}
        setService={setService}
        name={(one) =>
          !isSealed(one) ? (
            one.container
          ) : (
            <button
              type="button"
              className="choosing"
              aria-label={words.chooseThis(one.container)}
              onClick={() => {
                const known = one.known && one.service && one.backup && { service: one.service.name, backup: one.backup.name };
                take(account, one.container, known || undefined);
                close();
              }}
            >
              {one.container}
            </button>
          )
        }
      />
      <div className="buttons">
        <button type="button" onClick={close}>
          {common.cancel}
        </button>
      </div>
    </Dialog>
  );
}

function Target() {
  const { plan, form } = useFilling();
  const editions = useEditions().data?.filter((one) => one.backup) ?? [];
  const target = plan?.target;
  const usual = (mine: string, value: string | number | undefined, else_: string) =>
    mine === "" && value !== undefined && value !== "" ? `${else_} ${words.usually(String(value))}` : `${else_} ${mine === "" ? words.fromBackup : ""}`;
  return (
    <>
      <fieldset>
        <legend>{words.target}</legend>
        <div className="row">
          <Text at="/service/name" label={words.name} hint={usual(form.name, target?.name, words.nameHint)} />
          <Text at="/service/domainUrl" label={words.domain} type="url" hint={usual(form.domainUrl, target?.domainUrl, words.domainHint)} />
        </div>
        <div className="row">
          <Choice
            at="/service/edition"
            label={words.edition}
            hint={words.editionHint}
            choices={[["", words.asBackedUp], ...editions.map((one): [string, string] => [one.edition, one.edition])]}
          />
          <Text at="/service/region" label={words.region} hint={usual(form.region, target?.region, "").trim()} />
          <Text
            at="/service/unitCount"
            label={words.units}
            type="number"
            most={8}
            hint={usual(form.unitCount, target?.unitCount, "").trim()}
          />
        </div>
      </fieldset>
      <fieldset>
        <legend>{words.access}</legend>
        <div className="row">
          <Text at="/service/accessControl/namespace" label={words.namespace} />
          <Text at="/service/accessControl/key" label={words.key} type="secret" />
        </div>
        <p className="hint">{words.accessHint}</p>
      </fieldset>
    </>
  );
}
