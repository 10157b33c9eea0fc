/** The form of a push: into which account, what of it, and how workflows go on. */
import { nameOfId, unreadOf, useFoundAccounts } from "../../api/integration-accounts";
import { Tick } from "../../parts/fields";
import { Picks, type Offered } from "../../parts/picks";
import { Problem } from "../../parts/problem";
import { accounts as ofFound, push as words } from "../../words/accounts";
import { picks as ofPicks } from "../../words/parts";
import { Choice, Text, type Filling } from "./push-controls";
import { PUSHED, TIERS, type Form, type Target } from "./push-form";
import { Numbers } from "./push-numbers";
import { Names } from "./push-offered";
import { Vaults } from "./push-vaults";

export function PushFields(props: Filling & { service: string; own: string | undefined }) {
  const { form, change, wrong, service } = props;
  const offered: Offered = (id, section) => <Names id={id} service={service} section={section} />;
  const choosing = { wrong, locked: false, sections: PUSHED, offered };
  return (
    <div className="push-form">
      <Into {...props} />
      <Differs {...props} />
      <Numbers {...props} offered={offered} />
      <fieldset className="whole">
        <legend>{words.part}</legend>
        <p className="hint">{words.partHint}</p>
        <Picks of="include" none={ofPicks.includeNone} rows={form.include} set={(include) => change({ include })} {...choosing} />
        <Picks of="exclude" none={ofPicks.excludeNone} rows={form.exclude} set={(exclude) => change({ exclude })} {...choosing} />
      </fieldset>
      <Vaults {...props} />
    </div>
  );
}

function Into(filling: Filling & { own: string | undefined }) {
  const { form, change, wrong, own } = filling;
  const free = useFoundAccounts(false);
  const taken = useFoundAccounts(true);
  const listed = [...(free.rows ?? []), ...(taken.rows ?? [])].filter((one) => !one.gone && one.resourceId.toLowerCase() !== own?.toLowerCase());
  const ids = listed.map((one) => one.resourceId);
  const known = form.listed && !ids.includes(form.listed) ? [form.listed, ...ids] : ids;
  const choices = {
    ...(own ? { own: words.own(nameOfId(own)) } : {}),
    listed: words.listed,
    create: words.create,
  } as Record<Target, string>;
  const failed = free.error ?? taken.error;
  const unread = unreadOf(free, taken);
  const named = { "": words.chooseAccount, ...Object.fromEntries(known.map((one) => [one, nameOfId(one)])) };
  return (
    <fieldset>
      <legend>{words.target}</legend>
      <Choice
        at={form.target === "own" ? "/resourceId" : undefined}
        label={words.account}
        value={form.target}
        of={choices}
        set={(target) => change({ target })}
        wrong={wrong}
      />
      {form.target === "listed" && (
        <>
          <Choice at="/resourceId" label={words.chooseAccount} value={form.listed} of={named} set={(to) => change({ listed: to })} wrong={wrong} />
          {failed ? <Problem of={failed} quietly /> : null}
          {unread.length > 0 && <p className="hint">{ofFound.unreadListed}</p>}
        </>
      )}
      {form.target === "create" && (
        <>
          <Text at="/create/resourceId" label={words.id} hint={words.idHint} value={form.id} set={(id) => change({ id })} wrong={wrong} />
          <div className="row">
            <Text at="/create/location" label={words.location} hint={words.locationHint} value={form.location} set={(location) => change({ location })} wrong={wrong} />
            <Choice
              at="/create/sku"
              label={words.tier}
              value={form.tier}
              of={Object.fromEntries(TIERS.map((one) => [one, one])) as Record<Form["tier"], string>}
              set={(tier) => change({ tier })}
              wrong={wrong}
            />
          </div>
        </>
      )}
      <Tick at="/link" label={words.link} hint={words.linkHint} on={form.link} set={(link) => change({ link })} wrong={wrong("/link")} />
    </fieldset>
  );
}

function Differs({ form, change, wrong }: Filling) {
  return (
    <fieldset>
      <legend>{words.differs}</legend>
      <Choice at="/existing" label={words.existing} value={form.existing} of={words.existings} set={(existing) => change({ existing })} wrong={wrong} />
      <Choice at="/extra" label={words.extra} value={form.extra} of={words.extras} set={(extra) => change({ extra })} wrong={wrong} />
      <Choice at="/workflows" label={words.workflows} value={form.workflows} of={words.workflowPolicies} set={(workflows) => change({ workflows })} wrong={wrong} />
    </fieldset>
  );
}
