/** Review: what forbids, what surprises, the numbers, what will be there; then the request. */
import type { ReactNode } from "react";
import { useNumbersBy } from "../../api/restoring";
import type { RestoreBody, RestorePlan, Schemas } from "../../api/types";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Skeleton } from "../../parts/parts";
import { Wrongs, type Wrong } from "../../parts/wrong";
import { plan as words, restore as ofWizard } from "../../words/restore";
import { Text, useFilling } from "./controls";
import { Counters, repeated, Report, Surprises } from "./report";

type Policy = Schemas["NumbersPolicy"];
const POLICIES = Object.keys(words.policies) as Policy[];

type Given = {
  body: RestoreBody | undefined;
  plan: RestorePlan | undefined;
  current: boolean;
  wrong: Wrong[];
  goTo: (pointer: string) => void;
  /** Between the report and the end: the request, and its button. */
  children: ReactNode;
};

export function Review({ body, plan, current, wrong, goTo, children }: Given) {
  return (
    <div className="stack">
      <Verdict plan={plan} current={current} asked={body !== undefined} wrong={wrong} goTo={goTo} />
      {plan && <Surprises of={plan} />}
      <Numbers body={body} plan={plan} />
      {plan && <Report of={plan} />}
      {children}
    </div>
  );
}

function Verdict({ plan, current, asked, wrong, goTo }: Pick<Given, "plan" | "current" | "wrong" | "goTo"> & { asked: boolean }) {
  const known = wrong.length > 0 || (plan !== undefined && current);
  return (
    <section className={`verdict ${wrong.length > 0 ? "bad" : known ? "good" : "unknown"}`} aria-labelledby="verdict">
      <div role="status">
        <h2 id="verdict">
          <Icon name={wrong.length > 0 ? "cross" : known ? "check" : "busy"} />
          {wrong.length > 0 ? words.forbids(count(wrong.length), wrong.length === 1) : known ? words.allowed : asked ? words.waiting : words.noPlan}
        </h2>
      </div>
      {wrong.length === 0 && plan && known && <p className="quiet">{words.allowedText(plan.target.name, plan.backup)}</p>}
      {wrong.length === 0 && plan === undefined && <Skeleton lines={2} />}
      <Wrongs of={wrong} goTo={goTo} />
    </section>
  );
}

function Numbers({ body, plan }: { body: RestoreBody | undefined; plan: RestorePlan | undefined }) {
  const { form, change, wrong, locked } = useFilling();
  const said = wrong("/controlNumbers/policy");
  return (
    <section className="card" aria-labelledby="numbers">
      <h2 id="numbers">{words.numbers}</h2>
      <fieldset className="policies" aria-describedby={said && "policy-wrong"}>
        <legend className="unseen">{words.policy}</legend>
        {POLICIES.map((policy) => (
          <label key={policy} className={form.policy === policy ? "on" : ""}>
            <input
              type="radio"
              name="policy"
              disabled={locked}
              data-member="/controlNumbers/policy"
              checked={form.policy === policy}
              onChange={() => change({ policy })}
            />
            <span>{words.policies[policy]}</span>
            <Repeats body={body} policy={policy} by={form.by} />
            <span className="hint">{words.policyText[policy]}</span>
          </label>
        ))}
      </fieldset>
      {said && (
        <p className="wrong" id="policy-wrong">
          {said}
        </p>
      )}
      {form.policy === "advance" && (
        <div className="by">
          <Text at="/controlNumbers/by" label={words.by} type="number" hint={words.byHint} />
        </div>
      )}
      {plan && <Counters of={plan.controlNumbers} />}
      {!plan && body === undefined && <p className="quiet">{ofWizard.notAsked}</p>}
    </section>
  );
}

/** What a policy would repeat: the plan says so, of each of the three. */
function Repeats({ body, policy, by }: { body: RestoreBody | undefined; policy: Policy; by: string }) {
  const leaving = policy === "advance" ? Number(by) || 1 : undefined;
  const numbers = useNumbersBy(body, policy, leaving);
  if (!numbers) return <span className="repeats quiet">{words.repeats.notKnown}</span>;
  const { issued, unknown } = repeated(numbers);
  if (issued > 0) return <span className="repeats warned">{words.repeats.some(count(issued))}</span>;
  if (unknown > 0) return <span className="repeats warned">{words.repeats.unknown(count(unknown), unknown === 1)}</span>;
  return <span className="repeats good">{words.repeats.none}</span>;
}
