/** How control numbers go on in the account: those of all agreements, and of some otherwise. */
import { ArtifactOf, Rows, type Offered } from "../../parts/picks";
import { push as words } from "../../words/accounts";
import { Choice, Text, type Filling } from "./push-controls";
import type { Numbered } from "./push-form";

export function Numbers({ form, change, wrong, offered }: Filling & { offered: Offered }) {
  const rows = form.agreements;
  const set = (agreements: Numbered[]) => change({ agreements });
  return (
    <fieldset className="whole">
      <legend>{words.numbers}</legend>
      <div className="row">
        <Choice
          at="/controlNumbers/policy"
          label={words.policy}
          value={form.policy}
          of={words.policies}
          set={(policy) => change({ policy })}
          wrong={wrong}
        />
        {form.policy === "advance" && (
          <Text at="/controlNumbers/by" label={words.by} hint={words.byHint} number value={form.by} set={(by) => change({ by })} wrong={wrong} />
        )}
      </div>
      <Rows
        at="/controlNumbers/agreements"
        label={words.agreement}
        kind="numbered"
        none={words.agreementsNone}
        add={words.addAgreement}
        many={rows.length}
        more={() => set([...rows, { agreement: "", policy: "advance", by: "" }])}
        less={(index) => set(rows.filter((_, at) => at !== index))}
        wrong={wrong}
        locked={false}
      >
        {(index) => (
          <Agreement
            of={rows[index]!}
            at={`/controlNumbers/agreements/${index}`}
            set={(to) => set(rows.map((one, at) => (at === index ? { ...one, ...to } : one)))}
            wrong={wrong}
            offered={offered}
          />
        )}
      </Rows>
    </fieldset>
  );
}

type Given = { of: Numbered; at: string; set: (to: Partial<Numbered>) => void; wrong: Filling["wrong"]; offered: Offered };

function Agreement({ of, at, set, wrong, offered }: Given) {
  return (
    <>
      <ArtifactOf
        at={`${at}/agreement`}
        label={words.agreement}
        section="agreements"
        value={of.agreement}
        set={(agreement) => set({ agreement })}
        wrong={wrong}
        locked={false}
        offered={offered}
      />
      <Choice at={`${at}/policy`} label={words.policyOf} value={of.policy} of={words.policies} set={(policy) => set({ policy })} wrong={wrong} />
      {of.policy === "advance" && (
        <Text at={`${at}/by`} label={words.byOf} number value={of.by} set={(by) => set({ by })} wrong={wrong} />
      )}
    </>
  );
}
