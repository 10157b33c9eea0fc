/** Move on: numbers left out, of the whole service or of chosen agreements, planned first. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, taken, valueOf } from "../api/client";
import { asProblem } from "../api/problem";
import type { Schemas } from "../api/types";
import { Confirm } from "../parts/dialog";
import { Field, Tick } from "../parts/fields";
import { count } from "../parts/format";
import { Problem } from "../parts/problem";
import { Table } from "../parts/parts";
import { moveOn as words, numbers } from "../words/numbers";
import { useAct } from "./commands";
import { KINDS, type Kind } from "./counters";

const SETTLED_MS = 350;
const SHOWN = 100;
const HIGHEST = 999_999_999;

type Body = Schemas["AdvanceBody"];
type Plan = Schemas["AdvancePlan"];
type Given = { service: string; agreements: string[]; close: () => void; done: (said: string) => void };

export function MoveOn({ service, agreements, close, done }: Given) {
  const [by, setBy] = useState("");
  const [kinds, setKinds] = useState<ReadonlySet<Kind>>(new Set(KINDS));
  const some = agreements.length > 0;
  const valid = /^\d{1,9}$/.test(by.trim()) && Number(by) >= 1 && Number(by) <= HIGHEST;
  const body = valid && kinds.size > 0 ? bodyOf(Number(by), agreements, kinds) : undefined;
  const plan = usePlan(service, body);
  const act = useAct(
    `advance ${service} ${JSON.stringify(body)}`,
    (id) => {
      const params = { path: { service }, header: { "Operation-Id": id } };
      return taken(api.POST("/services/{service}/control-numbers/advance", { params, body: body ?? {} }));
    },
    ({ value }) => done(words.done(count(value.counters ?? 0), count(value.agreements ?? 0))),
  );
  const errors = plan.value?.errors ?? [];
  const problem = act.error ? asProblem(act.error) : undefined;
  const wrong = by !== "" && !valid ? words.byWrong : problem?.at("/by");
  return (
    <Confirm
      title={some ? words.titleSome(count(agreements.length), agreements.length === 1) : words.titleAll(service)}
      text={
        <>
          <p>{words.text}</p>
          <p>{some ? listed(agreements) : words.allText}</p>
        </>
      }
      word={words.run}
      shut={body === undefined || !plan.fresh || errors.length > 0 || (plan.value?.counters ?? 0) === 0}
      busy={act.isPending}
      problem={problem && !wrong ? problem : undefined}
      run={() => act.mutate()}
      close={close}
    >
      <Field label={words.by} wrong={wrong}>
        {(field) => (
          <input {...field} inputMode="numeric" value={by} onChange={(event) => setBy(event.target.value)} autoComplete="off" />
        )}
      </Field>
      {some && (
        <fieldset>
          <legend>{words.kinds}</legend>
          <div className="row">
            {KINDS.map((kind) => (
              <Tick
                key={kind}
                label={numbers.kinds[kind]}
                on={kinds.has(kind)}
                set={(on) => setKinds((before) => new Set(KINDS.filter((one) => (one === kind ? on : before.has(one)))))}
              />
            ))}
          </div>
          {kinds.size === 0 && <p className="wrong">{words.noKind}</p>}
        </fieldset>
      )}
      <section aria-labelledby="move-plan" className="plan">
        <h3 id="move-plan">{words.plan}</h3>
        {plan.problem ? <Problem of={plan.problem} /> : <Planned of={plan.value} />}
      </section>
    </Confirm>
  );
}

const listed = (names: string[]) => new Intl.ListFormat("en").format(names);

/** All four kinds of all agreements, or what was chosen. */
function bodyOf(by: number, agreements: string[], kinds: ReadonlySet<Kind>): Body {
  if (agreements.length === 0) return { by };
  const some = kinds.size < KINDS.length ? { kinds: KINDS.filter((kind) => kinds.has(kind)) } : {};
  return { agreements: agreements.map((name) => ({ name, by, ...some })) };
}

/** What it would do, asked for when the form has settled; fresh where it is of the form as it is. */
function usePlan(service: string, body: Body | undefined) {
  const text = JSON.stringify(body);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const read = useQuery({
    queryKey: ["advance-plan", service, settled],
    queryFn: ({ signal }) =>
      valueOf(
        api.POST("/services/{service}/control-numbers/advance", {
          params: { path: { service }, query: { validateOnly: "true" } },
          body: JSON.parse(settled ?? "{}") as Body,
          signal,
        }),
      ),
    enabled: settled !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: false,
  });
  const problem = settled !== undefined && read.error ? asProblem(read.error) : undefined;
  const value: Plan | undefined = problem || text === undefined ? undefined : read.data;
  return { value, problem, fresh: text === settled && value !== undefined && !read.isPlaceholderData };
}

function Planned({ of }: { of: Plan | undefined }) {
  if (of === undefined) return <p className="hint">{words.planning}</p>;
  const { moves = [], errors = [], more = 0 } = of;
  const hidden = more + Math.max(0, moves.length - SHOWN);
  return (
    <>
      {errors.length > 0 && (
        <div className="problem" role="alert">
          <div>
            <p className="said">{words.forbidden}</p>
            <ul>
              {errors.slice(0, SHOWN).map((one, index) => (
                <li key={index}>
                  {one.target && <code>{one.target}</code>} {one.message}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
      <p className="hint" role="status">
        {words.counted(count(of.counters ?? 0), count(of.agreements ?? 0))}
      </p>
      {moves.length > 0 && (
        <Table label={words.plan} kind="moves" heads={[[numbers.agreement], [numbers.kind], [words.before, "number"], [words.after, "number"]]}>
          {moves.slice(0, SHOWN).map((one) => (
            <tr key={`${one.agreement} ${one.kind}`}>
              <th scope="row">{one.agreement}</th>
              <td>{numbers.kinds[one.kind]}</td>
              <td className="number">{count(one.nextBefore)}</td>
              <td className="number">
                {count(one.nextAfter)}
                {one.rollovers ? <span className="quiet"> {words.rollovers(count(one.rollovers))}</span> : null}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {hidden > 0 && <p className="hint">{words.more(count(hidden))}</p>}
    </>
  );
}
