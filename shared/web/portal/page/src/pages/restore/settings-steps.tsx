/** The wizard's pages of the database, of a new one, of monitoring and archiving. */
import { restore as words } from "../../words/restore";
import { Choice, Text, Ticked, useAliases, useFilling } from "./controls";
import type { StoreKind } from "./form";
import { Field } from "../../parts/fields";

export function DatabaseStep() {
  return (
    <fieldset className="plain">
      <legend className="unseen">{words.step.database}</legend>
      <p className="quiet">{words.databaseText}</p>
      <div className="row">
        <Text at="/service/trackingDatabase/server" label={words.server} hint={words.serverHint} />
        <Text at="/service/trackingDatabase/name" label={words.database} />
      </div>
      <div className="row">
        <Text at="/service/trackingDatabase/login" label={words.login} />
        <Text at="/service/trackingDatabase/password" label={words.password} type="secret" hint={words.passwordHint} />
      </div>
      <Ticked at="/service/trackingDatabase/advanced" of="advanced" label={words.advanced} hint={words.advancedHint} />
    </fieldset>
  );
}

export function AdvancedStep() {
  return (
    <fieldset className="plain">
      <legend className="unseen">{words.step.advanced}</legend>
      <p className="quiet">{words.advancedText}</p>
      <div className="row">
        <Text at="/service/trackingDatabase/advanced/edition" label={words.databaseEdition} />
        <Text at="/service/trackingDatabase/advanced/maxSizeGB" label={words.size} type="number" most={4096} />
      </div>
      <Text at="/service/trackingDatabase/advanced/collation" label={words.collation} />
    </fieldset>
  );
}

export function StoresStep() {
  return (
    <>
      <p className="quiet">{words.storesText}</p>
      <Store of="monitoring" member="monitoringStore" label={words.monitoring} />
      <Store of="archiving" member="archivingStore" label={words.archiving} hint={words.archivingHint} />
    </>
  );
}

type Given = { of: "monitoring" | "archiving"; member: "monitoringStore" | "archivingStore"; label: string; hint?: string };

function Store({ of, member, label, hint }: Given) {
  const { form, change, wrong } = useFilling();
  const aliases = useAliases();
  const kind = form[of];
  return (
    <fieldset>
      <legend>{label}</legend>
      <div className="row">
        <Field label={words.store} hint={hint} wrong={wrong(`/service/${member}`)}>
          {(field) => (
            <select {...field} data-member={`/service/${member}`} value={kind} onChange={(event) => change({ [of]: event.target.value as StoreKind })}>
              {Object.entries(words.storeKinds).map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </select>
          )}
        </Field>
        {kind === "account" && <Choice at={`/service/${member}/storageAccount`} label={words.account} choices={aliases} />}
        {kind === "connection" && (
          <Text at={`/service/${member}/connectionString`} label={words.connection} type="secret" hint={words.connectionHint} />
        )}
      </div>
    </fieldset>
  );
}
