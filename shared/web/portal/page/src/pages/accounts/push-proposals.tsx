/** What the plan proposes for numbers of which nobody knows what was issued since: one count, or each agreement's own. */
import type { Schemas } from "../../api/types";
import { count } from "../../parts/format";
import { push as words } from "../../words/accounts";
import { eachAgreement, type Form } from "./push-form";

type Given = { of: Schemas["PlannedNumbers"]; busy: boolean; form: Form; take: (to: Partial<Form>) => void };

export function Proposals({ of, busy, form, take }: Given) {
  const by = of.proposedBy;
  if (by == null) return null;
  const uncertain = of.uncertain ?? [];
  const each = eachAgreement(form.agreements, uncertain);
  // Where the plan does not list all of them, or there is one alone, their own counts are no help.
  const differ = !of.moreUncertain && new Set(uncertain.map((one) => one.agreement)).size > 1;
  return (
    <div className="proposals">
      <button type="button" disabled={busy} onClick={() => take({ policy: "advance", by: String(by) })}>
        {words.proposal(count(by))}
      </button>
      {differ && (
        <button type="button" disabled={busy} onClick={() => take({ agreements: each })}>
          {words.proposalEach}
        </button>
      )}
    </div>
  );
}
