/** The form of a push: into which account, what of it, and how numbers and workflows go on. */
import { useId } from "react";
import { nameOfId, useFoundAccounts } from "../../api/integration-accounts";
import { Field, Tick } from "../../parts/fields";
import { Problem } from "../../parts/problem";
import { push as words } from "../../words/accounts";
import { TIERS, wrongPick, wrongVault, type Form, type Target } from "./push-form";

type Given = {
  form: Form;
  change: (to: Partial<Form>) => void;
  /** What the plan or a refusal says of a member. */
  wrong: (member: string) => string | undefined;
};

export function PushFields(props: Given & { own: string | undefined }) {
  return (
    <div className="push-form">
      <Into {...props} />
      <Differs {...props} />
      <Numbers {...props} />
      <Part {...props} />
    </div>
  );
}

/** A list of choices, each with its words. */
function Choice<K extends string>(props: { label: string; value: K; of: Record<K, string>; set: (to: K) => void; wrong: string | undefined; hint?: string }) {
  return (
    <Field label={props.label} wrong={props.wrong} hint={props.hint}>
      {(field) => (
        <select {...field} value={props.value} onChange={(event) => props.set(event.target.value as K)}>
          {(Object.entries(props.of) as [K, string][]).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Into({ form, change, wrong, own }: Given & { own: string | undefined }) {
  const free = useFoundAccounts(false);
  const taken = useFoundAccounts(true);
  const listed = [...(free.rows ?? []), ...(taken.rows ?? [])].filter((one) => one.resourceId.toLowerCase() !== own?.toLowerCase());
  const ids = listed.map((one) => one.resourceId);
  const known = form.listed && !ids.includes(form.listed) ? [form.listed, ...ids] : ids;
  const choices = {
    ...(own ? { own: words.own(nameOfId(own)) } : {}),
    listed: words.listed,
    create: words.create,
  } as Record<Target, string>;
  const failed = free.error ?? taken.error;
  return (
    <fieldset>
      <legend>{words.target}</legend>
      <Choice label={words.account} value={form.target} of={choices} set={(target) => change({ target })} wrong={form.target === "own" ? wrong("/resourceId") : undefined} />
      {form.target === "listed" && (
        <>
          <Field label={words.chooseAccount} wrong={wrong("/resourceId")}>
            {(field) => (
              <select {...field} value={form.listed} onChange={(event) => change({ listed: event.target.value })}>
                <option value="">{words.chooseAccount}</option>
                {known.map((one) => (
                  <option key={one} value={one}>
                    {nameOfId(one)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {failed ? <Problem of={failed} quietly /> : null}
        </>
      )}
      {form.target === "create" && (
        <>
          <Field label={words.id} hint={words.idHint} wrong={wrong("/create/resourceId") ?? wrong("/create")}>
            {(field) => (
              <input {...field} autoComplete="off" spellCheck={false} value={form.id} onChange={(event) => change({ id: event.target.value })} />
            )}
          </Field>
          <div className="row">
            <Field label={words.location} hint={words.locationHint} wrong={wrong("/create/location")}>
              {(field) => (
                <input {...field} autoComplete="off" spellCheck={false} value={form.location} onChange={(event) => change({ location: event.target.value })} />
              )}
            </Field>
            <Field label={words.tier} wrong={wrong("/create/sku")}>
              {(field) => (
                <select {...field} value={form.tier} onChange={(event) => change({ tier: event.target.value as Form["tier"] })}>
                  {TIERS.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </select>
              )}
            </Field>
          </div>
        </>
      )}
      <Tick label={words.link} hint={words.linkHint} on={form.link} set={(link) => change({ link })} />
    </fieldset>
  );
}

function Differs({ form, change, wrong }: Given) {
  return (
    <fieldset>
      <legend>{words.differs}</legend>
      <Choice label={words.existing} value={form.existing} of={words.existings} set={(existing) => change({ existing })} wrong={wrong("/existing")} />
      <Choice label={words.extra} value={form.extra} of={words.extras} set={(extra) => change({ extra })} wrong={wrong("/extra")} />
      <Choice label={words.workflows} value={form.workflows} of={words.workflowPolicies} set={(workflows) => change({ workflows })} wrong={wrong("/workflows")} />
    </fieldset>
  );
}

function Numbers({ form, change, wrong }: Given) {
  return (
    <fieldset>
      <legend>{words.numbers}</legend>
      <Choice
        label={words.policy}
        value={form.policy}
        of={words.policies}
        set={(policy) => change({ policy })}
        wrong={wrong("/controlNumbers/policy") ?? wrong("/controlNumbers")}
      />
      {form.policy === "advance" && (
        <Field label={words.by} hint={words.byHint} wrong={wrong("/controlNumbers/by")}>
          {(field) => (
            <input {...field} type="number" inputMode="numeric" min={1} step={1} value={form.by} onChange={(event) => change({ by: event.target.value })} />
          )}
        </Field>
      )}
      <Lines label={words.vaults} hint={words.vaultsHint} value={form.vaults} set={(vaults) => change({ vaults })} wrong={wrongVault(form.vaults) ?? wrong("/keyVaults")} />
    </fieldset>
  );
}

function Part({ form, change, wrong }: Given) {
  const hint = useId();
  return (
    <fieldset aria-describedby={hint}>
      <legend>{words.part}</legend>
      <p className="hint" id={hint}>
        {words.partHint}
      </p>
      <Lines label={words.include} hint={words.includeHint} value={form.include} set={(include) => change({ include })} wrong={wrongPick(form.include) ?? wrong("/include")} />
      <Lines label={words.exclude} value={form.exclude} set={(exclude) => change({ exclude })} wrong={wrongPick(form.exclude) ?? wrong("/exclude")} />
    </fieldset>
  );
}

function Lines(props: { label: string; hint?: string; value: string; set: (to: string) => void; wrong: string | undefined }) {
  return (
    <Field label={props.label} hint={props.hint} wrong={props.wrong}>
      {(field) => <textarea {...field} rows={2} spellCheck={false} value={props.value} onChange={(event) => props.set(event.target.value)} />}
    </Field>
  );
}
