/** Push: what is asked for, its plan, and the press that starts it. */
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { api, taken } from "../../api/client";
import { nameOfId, planOf, type PushBody, type PushPlan } from "../../api/integration-accounts";
import { asProblem } from "../../api/problem";
import { useMay, useService } from "../../api/reads";
import type { Monitor, Service } from "../../api/types";
import { useDraft } from "../../parts/draft";
import { Field } from "../../parts/fields";
import { count } from "../../parts/format";
import { Head, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Reason } from "../../parts/reason";
import { Chip } from "../../parts/status";
import { push as words, plan as ofPlan } from "../../words/accounts";
import { services as ofServices } from "../../words/pages";
import { operationAddress } from "../addresses";
import { useAct } from "../commands";
import { PushFields } from "./push-fields";
import { bodyOf, emptyForm, type Form } from "./push-form";
import { PushReport } from "./push-report";

export function PushPage({ service }: { service: string }) {
  const read = useService(service);
  const found = read.data?.value;
  return (
    <>
      <Head
        title={words.titleOf(service)}
        trail={[["/services", ofServices.title], [`/services/${service}`, service]]}
        beside={found && <Chip of={found.state} />}
      />
      {found ? <Pushing of={found} /> : read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />}
    </>
  );
}

type Planned = { text: string; plan: PushPlan };

function Pushing({ of }: { of: Service }) {
  const service = of.name;
  const own = of.integrationAccount?.linked ? of.integrationAccount.resourceId : undefined;
  const [form, change] = useDraft<Form>(`push ${service}`, () => emptyForm(own !== undefined));
  const may = useMay()("push");
  const body = bodyOf(form);
  const text = JSON.stringify(body);
  const head = useRef<HTMLHeadingElement>(null);
  const planning = useMutation<Planned, unknown, PushBody>({
    mutationFn: async (asked) => ({ text: JSON.stringify(asked), plan: await planOf(service, asked) }),
  });
  const planned = planning.data;
  const current = planned !== undefined && planned.text === text;
  useEffect(() => {
    // What was asked for stands below the form: who planned goes on there.
    if (planned) head.current?.focus();
  }, [planned]);
  const problem = planning.error ? asProblem(planning.error) : undefined;
  const wrong = (member: string) => problem?.at(member) ?? (current ? planned.plan.errors?.find((one) => one.target === member)?.message : undefined);
  const proposal = planned?.plan.controlNumbers.proposedBy;
  const propose = (by: number) => {
    const next: Form = { ...form, policy: "advance", by: String(by) };
    change(next);
    const asked = bodyOf(next);
    if (asked) planning.mutate(asked);
  };
  return (
    <div className="push-page">
      <p className="quiet intro">{words.lead}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (body && !planning.isPending) planning.mutate(body);
        }}
        className="push-page"
      >
        <PushFields form={form} change={change} wrong={wrong} own={own} />
        {problem && <Problem of={problem} />}
        <div className="buttons">
          <span className="quiet" role="status">
            {planning.isPending ? words.planning : planned && !current ? words.stale : ""}
          </span>
          <button type="submit" className="first" aria-disabled={!body || planning.isPending || !may}>
            {words.plan}
            {!may && <Reason why={words.refusedRole} />}
          </button>
        </div>
      </form>
      {planned && !problem && (
        <>
          <h2 ref={head} tabIndex={-1}>
            {ofPlan.title}
          </h2>
          {proposal != null && (
            <p>
              <button type="button" onClick={() => propose(proposal)} disabled={planning.isPending}>
                {words.proposal(count(proposal))}
              </button>
            </p>
          )}
          <PushReport of={planned.plan} />
          {body && may && <Run service={service} body={body} plan={planned.plan} current={current && !planning.isPending} />}
        </>
      )}
    </div>
  );
}

/** The press that starts it, after the account's name was typed. */
function Run({ service, body, plan, current }: { service: string; body: PushBody; plan: PushPlan; current: boolean }) {
  const [typed, setTyped] = useState("");
  const [, go] = useLocation();
  const name = nameOfId(plan.target.resourceId);
  const act = useAct<{ value: Monitor }>(
    `push ${service} ${JSON.stringify(body)}`,
    async (id) => {
      const asked = api.POST("/services/{service}/push", { params: { path: { service }, header: { "Operation-Id": id } }, body });
      const { value, ...rest } = await taken(asked);
      // Without validateOnly the answer is the push's monitor.
      return { ...rest, value: value as unknown as Monitor };
    },
    ({ value }) => go(operationAddress(value)),
  );
  const shut = !current ? words.stale : (plan.errors ?? []).length > 0 ? words.forbidden : typed !== name ? words.typed(name) : undefined;
  return (
    <form
      className="card run-push"
      aria-label={words.run}
      onSubmit={(event) => event.preventDefault()}
    >
      <Field label={words.typed(name)}>
        {(field) => <input {...field} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />}
      </Field>
      {act.error ? <Problem of={act.error} /> : null}
      <div className="buttons">
        <button type="button" className="first" aria-disabled={shut !== undefined || act.isPending} onClick={() => shut === undefined && !act.isPending && act.mutate()}>
          {words.run}
          {shut !== undefined && <Reason why={shut} />}
        </button>
      </div>
    </form>
  );
}
