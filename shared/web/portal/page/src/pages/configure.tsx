/** Configure: the backup schedule, and beside it what it would do. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type FormEvent } from "react";
import { api, taken, valueOf } from "../api/client";
import { asProblem, type ApiProblem } from "../api/problem";
import { queries } from "../api/queries";
import { useAccounts, useMay, useSchedule } from "../api/reads";
import type { ScheduleBody } from "../api/types";
import { Confirm } from "../parts/dialog";
import { Field, Tick } from "../parts/fields";
import { moment } from "../parts/format";
import { Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { Reason } from "../parts/reason";
import { backup as ofBackup, schedule as words } from "../words/backup";
import { commands } from "../words/service";
import { usualAccount } from "./back-up";
import { Calendar } from "./calendar";
import { useAct } from "./commands";
import { Overtaken, useEditing, type Stored } from "./schedule-editing";
import { bodyOf, formOf, type Form } from "./schedule-form";

const PREVIEWED_DAYS = 35;
const SETTLED_MS = 350;

export function Configure({ service }: { service: string }) {
  const read = useSchedule(service);
  const accounts = useAccounts();
  if (read.error && read.data === undefined) return <Problem of={read.error} again={() => void read.refetch()} />;
  if (read.data === undefined || (accounts.data === undefined && !accounts.error)) return <Skeleton lines={8} />;
  const names = accounts.data?.map((one) => one.name) ?? [];
  return <Editing key={service} service={service} stored={read.data} accounts={names} />;
}

function Editing({ service, stored, accounts }: { service: string; stored: Stored; accounts: string[] }) {
  const editing = useEditing(stored, accounts);
  const { form, base, mine } = editing;
  const [turningOff, setTurningOff] = useState(false);
  const [justSaved, setJustSaved] = useState("");
  const may = useMay()("put_schedule");
  const body = bodyOf(form);
  const preview = usePreview(service, body);
  const formed = (of: Stored) => formOf(of?.value, usualAccount(accounts), new Date());
  const act = useAct(
    `schedule ${service} ${JSON.stringify(body)}`,
    async () => {
      try {
        return await save(service, body, editing.etag);
      } catch (thrown) {
        if (asProblem(thrown).code === "ConditionNotMet") {
          const now = await readAgain(service);
          // Saved before by this form, and the answer was lost: nobody was quicker.
          if (now && JSON.stringify(bodyOf(formed(now))) === JSON.stringify(body)) return now;
          setTurningOff(false);
          editing.overtakenBy(now);
        }
        throw thrown;
      }
    },
    (read) => {
      queries.setQueryData(["schedule", service], read);
      editing.begin(read);
      setJustSaved(read.value.savedAt);
      setTurningOff(false);
    },
  );
  // What overtook it stands above, with what differs.
  const problem = act.error && !mine ? asProblem(act.error) : undefined;
  const wrong = (member: string) => problem?.at(`/${member}`) ?? preview.problem?.at(`/schedule/${member}`);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (act.isPending || !body) return;
    if (body.status === "None" && base?.value.status === "Automatic") setTurningOff(true);
    else act.mutate();
  };
  return (
    <>
      {mine ? (
        <Overtaken text={words.changed} stored={form} mine={mine} word={words.useMine} run={editing.useMine} />
      ) : editing.isOvertaken ? (
        <Overtaken text={words.changedWhileEditing} stored={formed(stored)} mine={form} word={words.useStored} run={() => editing.begin(stored)} />
      ) : null}
      <div className="configure">
        <form className="card form" onSubmit={submit} aria-labelledby="schedule">
          <h2 id="schedule">{words.title}</h2>
          <p className="quiet">{words.text}</p>
          <Fields form={form} set={editing.set} wrong={wrong} accounts={accounts} />
          {problem && !turningOff && <Problem of={problem} />}
          <div className="buttons">
            <span role="status" className="quiet">
              {justSaved !== "" && justSaved === base?.value.savedAt && !editing.isEdited ? words.saved : ""}
            </span>
            <button type="submit" className="first" aria-disabled={act.isPending || !body || !may}>
              {words.save}
              {!may && <Reason why={commands.mayNot} />}
            </button>
          </div>
        </form>
        <section className="card" aria-labelledby="preview">
          <h2 id="preview">{words.preview}</h2>
          {form.status === "None" ? (
            <p className="quiet">{words.previewNone}</p>
          ) : (
            <Calendar of={preview.value} problem={preview.problem} waits={!body} />
          )}
        </section>
      </div>
      {turningOff && (
        <Confirm
          title={words.off}
          text={<p>{words.offText}</p>}
          word={words.offRun}
          busy={act.isPending}
          problem={act.error}
          run={() => act.mutate()}
          close={() => setTurningOff(false)}
        />
      )}
    </>
  );
}

async function save(service: string, body: ScheduleBody | undefined, etag: string | undefined) {
  if (!body) throw new Error(words.previewWait);
  // Over what was read, and nothing else: two people may look at this form.
  const header = etag ? { "If-Match": etag } : { "If-None-Match": "*" };
  const path = { service };
  return await taken(api.PUT("/services/{service}/backup-schedule", { params: { path, header }, body }));
}

/** What is stored by now. */
async function readAgain(service: string): Promise<Stored> {
  await queries.invalidateQueries({ queryKey: ["schedule", service] });
  return queries.getQueryData<Stored>(["schedule", service]) ?? null;
}

/** What would happen by a schedule that is not saved, asked when the form has settled. */
function usePreview(service: string, body: ScheduleBody | undefined) {
  const [settled, setSettled] = useState(body);
  const text = JSON.stringify(body);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text ? (JSON.parse(text) as ScheduleBody) : undefined), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const read = useQuery({
    queryKey: ["preview", service, settled],
    queryFn: ({ signal }) =>
      valueOf(
        api.POST("/services/{service}/backup-schedule/preview", {
          params: { path: { service } },
          body: { days: PREVIEWED_DAYS, ...(settled ? { schedule: settled } : {}) },
          signal,
        }),
      ),
    enabled: settled?.status === "Automatic",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const problem: ApiProblem | undefined = read.error ? asProblem(read.error) : undefined;
  return { value: problem ? undefined : read.data, problem };
}

type FieldsGiven = {
  form: Form;
  set: <K extends keyof Form>(name: K, value: Form[K]) => void;
  wrong: (member: string) => string | undefined;
  accounts: string[];
};

function Fields({ form, set, wrong, accounts }: FieldsGiven) {
  const known = accounts.includes(form.account) || !form.account ? accounts : [...accounts, form.account];
  return (
    <>
      <Field label={words.status} wrong={wrong("status")}>
        {(field) => (
          <select {...field} value={form.status} onChange={(e) => set("status", e.target.value as Form["status"])}>
            <option value="None">{words.none}</option>
            <option value="Automatic">{words.automatic}</option>
          </select>
        )}
      </Field>
      <fieldset disabled={form.status === "None"} className="plain">
        <Field label={words.account} wrong={wrong("storageAccount")}>
          {(field) => (
            <select {...field} value={form.account} onChange={(e) => set("account", e.target.value)}>
              {known.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Start form={form} set={set} wrong={wrong} />
        <div className="row">
          <Whole label={words.frequency} value={form.frequency} set={(to) => set("frequency", to)} wrong={wrong("frequencyDays")} />
          <Whole label={words.retention} value={form.retention} set={(to) => set("retention", to)} wrong={wrong("retentionDays")} />
        </div>
        <p className="hint">{words.retentionHint}</p>
        <Tick label={words.keepOne} on={form.keepOne} set={(on) => set("keepOne", on)} />
        <fieldset>
          <legend>{words.keep}</legend>
          <p className="hint">{words.keepHint}</p>
          <div className="row four">
            {(["daily", "weekly", "monthly", "yearly"] as const).map((name) => (
              <Whole key={name} label={words[name]} value={form[name]} set={(to) => set(name, to)} wrong={wrong(`keep/${name}`)} least={0} />
            ))}
          </div>
        </fieldset>
        <div className="row">
          <Field label={words.verify}>
            {(field) => (
              <select {...field} value={form.level} onChange={(e) => set("level", e.target.value as Form["level"])}>
                <option value="">{words.verifyNone}</option>
                {Object.entries(ofBackup.levels).map(([level, word]) => (
                  <option key={level} value={level}>
                    {word.split(":")[0]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {form.level && <Whole label={words.verifyEvery} value={form.nth} set={(to) => set("nth", to)} wrong={wrong("verify/everyNthBackup")} />}
        </div>
      </fieldset>
    </>
  );
}

function Start({ form, set, wrong }: Pick<FieldsGiven, "form" | "set" | "wrong">) {
  const start = new Date(`${form.start}:00Z`);
  const hint = Number.isNaN(start.getTime())
    ? words.summer
    : `${words.startHint(moment(start, true), moment(start, false))} ${words.summer}`;
  return (
    <Field label={words.start} hint={hint} wrong={wrong("startAt")}>
      {(field) => <input {...field} type="datetime-local" value={form.start} onChange={(e) => set("start", e.target.value)} />}
    </Field>
  );
}

function Whole(props: { label: string; value: string; set: (to: string) => void; wrong: string | undefined; least?: number }) {
  return (
    <Field label={props.label} wrong={props.wrong}>
      {(field) => (
        <input
          {...field}
          type="number"
          inputMode="numeric"
          min={props.least ?? 1}
          step={1}
          value={props.value}
          onChange={(event) => props.set(event.target.value)}
        />
      )}
    </Field>
  );
}
