/** The wizard of a restore: four pages and Review, each of which knows what the plan says of it. */
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { api, taken } from "../../api/client";
import { asProblem } from "../../api/problem";
import { queries } from "../../api/queries";
import { useBackup, useMay } from "../../api/reads";
import type { Monitor } from "../../api/types";
import { usePlan } from "../../api/restoring";
import { Confirm } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { count } from "../../parts/format";
import { Command, Head, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Request } from "../../parts/request";
import { goToControl } from "../../parts/wrong";
import { commands } from "../../words/service";
import { plan as ofPlan, request as ofRequest, restore as words } from "../../words/restore";
import { restoredAddress } from "../addresses";
import { isDefinite } from "../commands";
import { FillingContext, type Known } from "./controls";
import { forget, useDraft, type Drafting } from "./draft";
import { isOfRequest, wrongIn } from "./errors";
import { bodyOf, stepOf, stepsOf, unfinished, type Step } from "./form";
import { repeated } from "./report";
import { masked } from "./masked";
import { Review } from "./review";
import { ServiceStep } from "./service-step";
import { AdvancedStep, DatabaseStep, StoresStep } from "./settings-steps";
import { Steps } from "./steps";

export function Wizard() {
  const drafting = useDraft();
  const [given] = useSearchParams();
  const [service, backup] = [given.get("service"), given.get("backup")];
  const { account, container } = drafting.draft.form;
  if (service && backup && !(account && container)) return <OfHistory service={service} backup={backup} take={drafting.change} />;
  return <Filled drafting={drafting} known={service && backup ? { service, backup } : undefined} />;
}

/** A backup that a link names by the history: its container is read first. */
function OfHistory({ service, backup, take }: { service: string; backup: string; take: Drafting["change"] }) {
  const read = useBackup(service, backup);
  const found = read.data;
  const taking = useRef(take);
  taking.current = take;
  useEffect(() => {
    if (found) taking.current({ account: found.storageAccount, container: found.container });
  }, [found]);
  return (
    <>
      <Head title={words.title} />
      {read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />}
    </>
  );
}

function Filled({ drafting, known }: { drafting: Drafting; known: Known }) {
  const { draft, change, take, over } = drafting;
  const { form } = draft;
  const locked = draft.unanswered !== undefined;
  const [given] = useSearchParams();
  const [, go] = useLocation();
  const may = useMay()("start_restore");
  const steps = stepsOf(form);
  const step = steps.find((one) => one === given.get("step")) ?? "service";
  const missing = unfinished(form, draft.lost);
  const body = missing.length === 0 ? bodyOf(form) : undefined;
  const asked = usePlan(may ? body : undefined);
  const plan = form.container ? asked.plan : undefined;
  const told = asked.problem && !isOfRequest(asked.problem) ? [] : wrongIn(plan, body && asked.problem, form);
  const wrong = [...missing, ...told];
  const at = (pointer: string) => {
    // What nobody has filled in yet is not called wrong before Review is asked for it.
    const calm = (pointer.startsWith("/backup/") && form.container === "" && step !== "review") || undefined;
    return calm ? undefined : wrong.find((one) => one.pointer === pointer)?.message;
  };
  const to = (other: Step) => {
    const next = new URLSearchParams(given);
    next.set("step", other);
    return `/restore?${next}`;
  };
  const [wanted, setWanted] = useState("");
  const goTo = (pointer: string) => {
    setWanted(pointer);
    if (stepOf(pointer) !== step) go(to(stepOf(pointer)));
  };
  useFocus(step, wanted, () => setWanted(""));
  const [asking, setAsking] = useState(false);
  const anew = () => {
    setAsking(false);
    over();
    go(`/restore?${draft.source}`);
  };
  const place = steps.indexOf(step);
  return (
    <>
      <Head title={words.title}>
        <p className="quiet lead">{words.lead}</p>
        <div className="commands" role="group" aria-label={commands.bar}>
          <Command icon="restart" word={words.startOver} refused={locked ? ofRequest.sent : undefined} run={() => (drafting.isTouched ? setAsking(true) : anew())} />
        </div>
      </Head>
      {asking && (
        <Confirm
          title={words.startOverTitle}
          text={<p>{words.startOverText}</p>}
          word={words.startOver}
          busy={false}
          problem={undefined}
          run={anew}
          close={() => setAsking(false)}
        />
      )}
      {!may && <p className="banner">{words.reader}</p>}
      {locked && step !== "review" && <p className="banner">{ofRequest.sent}</p>}
      <FillingContext value={{ form, change, take, plan, wrong: at, known, locked, sealed: locked && !draft.retyped }}>
        <div className="wizard">
          <Steps form={form} step={step} wrong={form.container ? wrong : []} plan={plan} to={to} />
          <form className="page" onSubmit={(event) => event.preventDefault()} aria-labelledby="step">
            <p className="quiet small">{words.stepsOf(count(place + 1), count(steps.length))}</p>
            <h2 id="step" tabIndex={-1}>
              {words.step[step]}
            </h2>
            {asked.problem && !isOfRequest(asked.problem) && body && <Problem of={asked.problem} again={asked.again} />}
            <Page step={step}>
              <Review body={may ? body : undefined} plan={plan} current={asked.current} wrong={wrong} goTo={goTo}>
                {body && <Request path="restores" body={body} masked={masked(body)} id={draft.id} text={ofRequest.text} />}
                <Start
                  drafting={drafting}
                  name={plan?.target.name}
                  refused={refusal(may, missing.length > 0, locked, asked.current, wrong.length > 0 || !plan)}
                  repeats={repeats(plan)}
                />
              </Review>
            </Page>
            <Moves back={steps[place - 1]} next={steps[place + 1]} to={to} />
          </form>
        </div>
      </FillingContext>
    </>
  );
}

/** Why the restore cannot begin; one whose answer was lost is sent again, whatever a plan says by now. */
function refusal(may: boolean, open: boolean, again: boolean, current: boolean, forbidden: boolean): string | undefined {
  if (!may) return ofRequest.refusedRole;
  if (open) return ofRequest.refusedUnfinished;
  if (again) return undefined;
  if (!current) return ofRequest.refusedBusy;
  return forbidden ? ofRequest.refusedErrors : undefined;
}

function repeats(plan: Parameters<typeof Review>[0]["plan"]): boolean {
  const { issued, unknown } = repeated(plan?.controlNumbers);
  return issued > 0 || unknown > 0;
}

function Page({ step, children }: { step: Step; children: ReactNode }) {
  if (step === "service") return <ServiceStep />;
  if (step === "database") return <DatabaseStep />;
  if (step === "advanced") return <AdvancedStep />;
  return step === "stores" ? <StoresStep /> : children;
}

function Moves({ back, next, to }: { back: Step | undefined; next: Step | undefined; to: (step: Step) => string }) {
  return (
    <div className="buttons moves">
      {back && (
        <Link href={to(back)} className="button">
          {words.back}
        </Link>
      )}
      {next && (
        <Link href={to(next)} className="button first">
          {words.next}
        </Link>
      )}
    </div>
  );
}

/** A new step takes the focus to its headline; one that was gone to for a member, to its control. */
function useFocus(step: Step, wanted: string, done: () => void) {
  const before = useRef(step);
  useEffect(() => {
    if (wanted) {
      if (!goToControl(wanted) && stepOf(wanted) !== step) return;
      before.current = step;
      done();
    } else if (before.current !== step) {
      before.current = step;
      scrollTo(0, 0);
      document.getElementById("step")?.focus({ preventScroll: true });
    }
  });
}

/** The button that begins the restore, with the name typed where numbers would be repeated. */
function Start(props: { drafting: Drafting; name: string | undefined; refused: string | undefined; repeats: boolean }) {
  const { drafting, name = "" } = props;
  const { draft } = drafting;
  const [typed, setTyped] = useState("");
  const [, go] = useLocation();
  const act = useMutation({
    mutationFn: () =>
      taken(api.POST("/restores", { params: { header: { "Operation-Id": draft.id } }, body: bodyOf(draft.form) })),
    onMutate: () => drafting.unanswered(draft.unanswered ?? name),
    onError: (thrown) => {
      if (isDefinite(asProblem(thrown))) drafting.renew();
    },
    onSuccess: ({ value }) => {
      const begun = value as Monitor;
      forget();
      void queries.invalidateQueries({ predicate: ({ queryKey }) => !["health", "plan"].includes(String(queryKey[0])) });
      if (drafting.there.current) go(restoredAddress(begun.service ?? name, begun.id));
    },
  });
  const again = draft.unanswered !== undefined;
  const asksName = props.repeats && name !== "" && !again;
  const refused = props.refused ?? (asksName && typed !== name ? ofRequest.refusedTyped : undefined);
  const lost = again && !act.isPending && !act.isSuccess;
  return (
    <section className="card start" aria-label={ofRequest.start}>
      {asksName && (
        <Field label={ofRequest.typed(name)}>
          {(field) => <input {...field} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />}
        </Field>
      )}
      {act.error ? <Problem of={act.error} /> : null}
      {lost && (
        <p className="banner">
          {ofRequest.lost} <Link href={restoredAddress(draft.unanswered ?? name, draft.id)}>{ofRequest.look}</Link>
        </p>
      )}
      {lost && (
        <p>
          {ofRequest.anewText}{" "}
          <button type="button" className="small" onClick={() => (act.reset(), setTyped(""), drafting.renew())}>
            {ofRequest.anew}
          </button>
        </p>
      )}
      <div className="buttons">
        <span className="quiet" id="start-refused">
          {refused ?? ofPlan.allowedText(draft.unanswered ?? name, draft.form.container)}
        </span>
        <button
          type="button"
          className="first"
          aria-disabled={refused !== undefined || act.isPending}
          aria-describedby="start-refused"
          onClick={() => refused === undefined && !act.isPending && act.mutate()}
        >
          {ofRequest.start}
        </button>
      </div>
    </section>
  );
}
