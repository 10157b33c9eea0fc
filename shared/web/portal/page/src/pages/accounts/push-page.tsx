/** Push: what is asked for, its plan, and the press that starts it. */
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { api, taken } from "../../api/client";
import { drawn } from "../../api/drawn";
import { nameOfId, planOf, type PushBody, type PushPlan } from "../../api/integration-accounts";
import { asProblem, type ApiProblem } from "../../api/problem";
import { useMay, useOperation, useService } from "../../api/reads";
import type { Monitor, Service } from "../../api/types";
import { useDraft } from "../../parts/draft";
import { Field } from "../../parts/fields";
import { count } from "../../parts/format";
import { Head, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Reason } from "../../parts/reason";
import { Request } from "../../parts/request";
import { Chip } from "../../parts/status";
import { goToControl, type Wrong } from "../../parts/wrong";
import { push as words, plan as ofPlan } from "../../words/accounts";
import { services as ofServices } from "../../words/pages";
import { operationAddress } from "../addresses";
import { useAct } from "../commands";
import { PushFields } from "./push-fields";
import { bodyOf, emptyForm, formAt, formOf, pointerOf, unfinished, type Form } from "./push-form";
import { Proposals } from "./push-proposals";
import { PushReport } from "./push-report";

/** Things that are wrong with one member and said at its field; all are in the plan. */
const MOST_AT_FIELD = 3;

export function PushPage({ service }: { service: string }) {
  const read = useService(service);
  const found = read.data?.value;
  const query = useSearchParams()[0];
  const again = query.get("again");
  return (
    <>
      <Head
        title={words.titleOf(service)}
        trail={[["/services", ofServices.title], [`/services/${service}`, service]]}
        beside={found && <Chip of={found.state} />}
      />
      {!found ? (
        read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />
      ) : again ? (
        <Again of={found} id={again} />
      ) : (
        <Pushing key={query.toString()} of={found} first={(linked) => formAt(query, linked)} from={query.toString()} />
      )}
    </>
  );
}

/** A push that was asked for before, to be asked for once more: its record has the request. */
function Again({ of, id }: { of: Service; id: string }) {
  const read = useOperation(of.name, id);
  if (!read.data) return read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />;
  const request = read.data.monitor.parameters?.["request"] as PushBody | undefined;
  return <Pushing of={of} first={(linked) => (request ? formOf(request) : emptyForm(linked))} from={id} />;
}

type Planned = { text: string; plan: PushPlan };

type Given = {
  of: Service;
  /** What the form begins with. */
  first: (linked: boolean) => Form;
  /** The push that it is taken over from, or the address that says how it begins. */
  from: string;
};

function Pushing({ of, first, from }: Given) {
  const service = of.name;
  const own = of.integrationAccount?.linked ? of.integrationAccount.resourceId : undefined;
  const [kept, change] = useDraft<Form>(`pushing ${service} ${from}`, () => first(own !== undefined));
  // The link may have ended since.
  const form: Form = kept.target === "own" && own === undefined ? { ...kept, target: "listed" } : kept;
  const [tried, setTried] = useState(false);
  const may = useMay()("push");
  const body = bodyOf(form);
  const head = useRef<HTMLHeadingElement>(null);
  // The former plan stays while another one is asked for.
  const [planned, setPlanned] = useState<Planned>();
  const planning = useMutation<Planned, unknown, PushBody>({
    mutationFn: async (wanted) => ({ text: JSON.stringify(wanted), plan: await planOf(service, wanted) }),
    onSuccess: setPlanned,
  });
  const act = usePush(service, body);
  const asked = JSON.stringify(body);
  const current = planned !== undefined && planned.text === asked;
  useEffect(() => {
    // What was asked for stands below the form: who planned goes on there.
    if (planned) head.current?.focus();
  }, [planned]);
  const problem = planning.error ? asProblem(planning.error) : undefined;
  const forbids = (planned?.plan.errors ?? []).map((one) => placed(one, form));
  const missing = tried ? unfinished(form) : [];
  const isRefused = problem !== undefined && JSON.stringify(planning.variables) === asked;
  const refusal = isRefused ? problem : current && act.error ? asProblem(act.error) : undefined;
  const told = refusal ? inAll(refusal).map((one) => placed(one, form)) : current ? forbids : [];
  const wrong = (pointer: string) => {
    const all = [...missing, ...told].filter((one) => one.pointer === pointer).map((one) => one.message);
    const more = all.length - MOST_AT_FIELD;
    return all.length === 0 ? undefined : [...all.slice(0, MOST_AT_FIELD), ...(more > 0 ? [words.moreWrong(count(more))] : [])].join(" ");
  };
  const plan = (next: Form) => {
    const wanted = bodyOf(next);
    if (!wanted || planning.isPending) return;
    act.reset();
    planning.mutate(wanted);
  };
  const submit = () => {
    const [open] = unfinished(form);
    setTried(open !== undefined);
    if (open) requestAnimationFrame(() => goToControl(open.pointer));
    else plan(form);
  };
  return (
    <div className="push-page">
      <p className="quiet intro">{words.lead}</p>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (may) submit();
        }}
        className="push-page"
      >
        <PushFields form={form} change={change} wrong={wrong} own={own} service={service} />
        {problem && <Problem of={problem} />}
        <div className="buttons">
          <span className="quiet" role="status">
            {planning.isPending ? words.planning : missing.length > 0 ? words.unfinished : planned && !current ? words.stale : ""}
          </span>
          <button type="submit" className="first" aria-disabled={planning.isPending || !may}>
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
          <Proposals
            of={planned.plan.controlNumbers}
            busy={planning.isPending}
            form={form}
            take={(to) => {
              change(to);
              plan({ ...form, ...to });
            }}
          />
          <PushReport of={planned.plan} forbids={forbids} goTo={goToControl} />
        </>
      )}
      {body && may && <Request path={`services/${service}/push`} body={body} id={drawn(pushOf(service, body))} text={words.requestText} />}
      {planned && !problem && may && <Run act={act} plan={planned.plan} current={current && !planning.isPending} />}
    </div>
  );
}

/** The parts of a problem; itself where it has none. */
const inAll = (of: ApiProblem): readonly Told[] => (of.details.length > 0 ? of.details : [of]);

type Told = { code: string; message: string; target?: string | null | undefined };

const placed = ({ code, message, target }: Told, form: Form): Wrong => ({ code, message, pointer: pointerOf(code, target, form) });

const pushOf = (service: string, body: PushBody | undefined) => `push ${service} ${JSON.stringify(body)}`;

/** The push itself: its request is one operation until it was answered. */
function usePush(service: string, body: PushBody | undefined) {
  const [, go] = useLocation();
  return useAct<{ value: Monitor }>(
    pushOf(service, body),
    async (id) => {
      const asked = api.POST("/services/{service}/push", { params: { path: { service }, header: { "Operation-Id": id } }, body: body ?? {} });
      const { value, ...rest } = await taken(asked);
      // Without validateOnly the answer is the push's monitor.
      return { ...rest, value: value as unknown as Monitor };
    },
    ({ value }) => go(operationAddress(value)),
  );
}

/** The press that starts it, after the account's name was typed. */
function Run({ act, plan, current }: { act: ReturnType<typeof usePush>; plan: PushPlan; current: boolean }) {
  const [typed, setTyped] = useState("");
  const name = nameOfId(plan.target.resourceId);
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
