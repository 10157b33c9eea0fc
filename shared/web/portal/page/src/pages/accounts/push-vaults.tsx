/** Key vaults in whose place certificates name others. */
import { useId } from "react";
import { Rows } from "../../parts/picks";
import { push as words } from "../../words/accounts";
import { Text, type Filling } from "./push-controls";
import type { Vault } from "./push-form";
import { useVaults } from "./push-offered";

export function Vaults({ form, change, wrong, service }: Filling & { service: string }) {
  const rows = form.vaults;
  const named = useVaults(service);
  const list = useId();
  const set = (vaults: Vault[]) => change({ vaults });
  const become = (index: number, to: Partial<Vault>) => set(rows.map((one, at) => (at === index ? { ...one, ...to } : one)));
  return (
    <fieldset className="whole">
      <legend>{words.vaults}</legend>
      <p className="hint">{words.vaultsHint}</p>
      <datalist id={list}>
        {named.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </datalist>
      <Rows
        at="/keyVaults"
        label={words.vault}
        kind="vaults"
        none={words.vaultsNone}
        add={words.addVault}
        many={rows.length}
        more={() => set([...rows, { from: named[rows.length] ?? "", to: "" }])}
        less={(index) => set(rows.filter((_, at) => at !== index))}
        wrong={wrong}
        locked={false}
      >
        {(index) => (
          <>
            <Text at={`/keyVaults/${index}/from`} label={words.vaultFrom} list={list} value={rows[index]!.from} set={(from) => become(index, { from })} wrong={wrong} />
            <Text at={`/keyVaults/${index}/to`} label={words.vaultTo} hint={words.vaultToHint} value={rows[index]!.to} set={(to) => become(index, { to })} wrong={wrong} />
          </>
        )}
      </Rows>
    </fieldset>
  );
}
