/** What can be done with a service: its bar of commands, and the question before each. */
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { api, taken } from "../api/client";
import { drawn, spent } from "../api/drawn";
import { type ApiProblem, asProblem } from "../api/problem";
import { queries } from "../api/queries";
import { useEditions, useMay } from "../api/reads";
import type { Service } from "../api/types";
import { Confirm } from "../parts/dialog";
import { Field } from "../parts/fields";
import { Icon, type IconName } from "../parts/icons";
import { Command } from "../parts/parts";
import { linked as ofLinked } from "../words/accounts";
import { commands as words, type Verb } from "../words/service";
import { shownStatus } from "../words/status";
import { isToPush, pushOf } from "./accounts/undo";
import { operationAddress } from "./addresses";
import { BackUp } from "./back-up";
import { ToChecklist } from "./restore/to-checklist";

const ICONS: Record<Verb, IconName> = {
  suspend: "pause",
  resume: "play",
  start: "play",
  stop: "stop",
  restart: "restart",
  disable: "block",
  enable: "check",
};
const VERBS = Object.keys(ICONS) as Verb[];

/** Those that make sense only out of some states are not shown in others. */
const PAIRED = new Set<Verb>(["resume", "start", "enable"]);

export type Asked = "backup" | "scale" | "delete" | Verb;

export function Commands({ of }: { of: Service }) {
  const [asked, setAsked] = useState<Asked>();
  const may = useMay();
  const allowed = new Set(of.allowedOperations);
  const refused = (name: string) => (allowed.has(name) ? undefined : words.refused(shownStatus(of.state).word));
  const close = () => setAsked(undefined);
  const edition = useEditions().data?.find((one) => one.edition === of.edition);
  // Of a service that holds an account, the account's tier counts, which can be backed up.
  const without = edition?.backup === false && !of.integrationAccount;
  // It waits to be pushed: resumed, it does nothing yet.
  const toPush = of.state === "Suspended" && isToPush(of) && may("push");
  const noBackup = without ? words.noBackup(of.edition) : refused("backup");
  return (
    <div className="commands" role="group" aria-label={words.bar}>
      {toPush && (
        <Link href={pushOf(of)} className="command first">
          <Icon name="upload" />
          {ofLinked.push}
        </Link>
      )}
      {may("start_backup") && (
        <Command icon="backup" word={words.backup} first={!toPush} run={() => setAsked("backup")} refused={noBackup} />
      )}
      {VERBS.filter((verb) => may(`${verb}_service`) && (allowed.has(verb) || !PAIRED.has(verb))).map((verb) => (
        <Command
          key={verb}
          icon={ICONS[verb]}
          word={words.verbs[verb].word}
          run={() => setAsked(verb)}
          refused={refused(verb)}
        />
      ))}
      {may("scale_service") && <Command icon="scale" word={words.scale} run={() => setAsked("scale")} refused={refused("scale")} />}
      {may("delete_service") && <Command icon="trash" word={words.delete} run={() => setAsked("delete")} refused={refused("delete")} />}
      {asked === "backup" && <BackUp service={of.name} close={close} />}
      {asked === "scale" && <Scale of={of} most={edition?.maxUnits} close={close} />}
      {asked === "delete" && <Delete service={of.name} close={close} />}
      {asked !== undefined && asked in ICONS && <VerbDialog service={of.name} verb={asked as Verb} linked={of.integrationAccount?.linked === true} close={close} />}
    </div>
  );
}

/** Whether an answer says for good that nothing was begun: then the next request is another. */
export function isDefinite(problem: ApiProblem): boolean {
  return problem.status >= 400 && problem.status < 500 && problem.status !== 401 && problem.code !== "OperationInProgress";
}

/** Something that is asked once, under an id that outlives a lost answer. */
export function useAct<T>(what: string, act: (id: string) => Promise<T>, done: (value: T) => void) {
  // Closed or about something else by now: given up. A reload comes here with the same id.
  const there = useRef(true);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
      spent(what);
    };
  }, [what]);
  return useMutation({
    mutationFn: () => act(drawn(what)),
    onError: (thrown) => {
      if (isDefinite(asProblem(thrown))) spent(what);
    },
    onSuccess: (value) => {
      spent(what);
      void queries.invalidateQueries({ predicate: (one) => one.queryKey[0] !== "health" });
      // Who went elsewhere meanwhile stays there.
      if (there.current) done(value);
    },
  });
}

export function VerbDialog({ service, verb, linked, close }: { service: string; verb: Verb; linked?: boolean; close: () => void }) {
  const act = useAct(
    `${verb} ${service}`,
    (id) =>
      taken(
        api.POST(`/services/{service}/${verb}`, {
          params: { path: { service }, header: { "Operation-Id": id } },
        }),
      ),
    close,
  );
  const { word, text } = words.verbs[verb];
  return (
    <Confirm
      title={words.title(word, service)}
      text={
        <>
          <p>{text}</p>
          {linked && (verb === "suspend" || verb === "resume") && <p>{ofLinked.verbs[verb]}</p>}
          {verb === "resume" && <ToChecklist service={service} />}
        </>
      }
      word={word}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}

function Scale({ of, most, close }: { of: Service; most: number | undefined; close: () => void }) {
  const [units, setUnits] = useState(String(of.unitCount));
  const act = useAct(
    `scale ${of.name} ${units}`,
    (id) =>
      taken(
        api.POST("/services/{service}/scale", {
          params: { path: { service: of.name }, header: { "Operation-Id": id } },
          body: { unitCount: Number(units) },
        }),
      ),
    close,
  );
  const wrong = act.error ? asProblem(act.error).at("/unitCount") : undefined;
  return (
    <Confirm
      title={words.scaleTitle(of.name)}
      text={<p>{words.scaleText}</p>}
      word={words.scale}
      busy={act.isPending}
      problem={wrong ? undefined : act.error}
      run={() => act.mutate()}
      close={close}
    >
      <Field label={words.units} wrong={wrong}>
        {(field) => <input {...field} type="number" min={1} max={most} value={units} onChange={(e) => setUnits(e.target.value)} />}
      </Field>
    </Confirm>
  );
}

function Delete({ service, close }: { service: string; close: () => void }) {
  const [, go] = useLocation();
  const act = useAct(
    `delete ${service}`,
    (id) =>
      taken(api.DELETE("/services/{service}", { params: { path: { service }, header: { "Operation-Id": id } } })),
    ({ value }) => go(operationAddress(value)),
  );
  return (
    <Confirm
      title={words.deleteTitle(service)}
      text={<p>{words.deleteText}</p>}
      word={words.delete}
      typed={service}
      danger
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}
