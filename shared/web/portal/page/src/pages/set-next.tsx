/** Set next: what comes of it is said first, and what would be issued again takes the typed name. */
import { useState } from "react";
import { api, taken } from "../api/client";
import { asProblem } from "../api/problem";
import { useAgreementNumbers } from "../api/reads-numbers";
import { Confirm } from "../parts/dialog";
import { Field } from "../parts/fields";
import { count } from "../parts/format";
import { Facts, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { numbers, setNext as words } from "../words/numbers";
import { useAct } from "./commands";
import { consequenceOf, hasEnded, type Consequence, type Kind, type Standing } from "./counters";

type Given = { service: string; agreement: string; kind: Kind; close: () => void };

export function SetNext({ service, agreement, kind, close }: Given) {
  const read = useAgreementNumbers(service, agreement);
  const [typed, setTyped] = useState("");
  /** As the app refused it: issued, though what was read did not say so. */
  const [issued, setIssued] = useState("");
  const [overtaken, setOvertaken] = useState<Standing>();
  const now = read.data?.value.counters[kind];
  const found = now ? consequenceOf(now, typed) : ({ kind: "none" } as const);
  const refused = issued !== "" && issued === typed;
  const again = found.kind === "repeats" || refused;
  const act = useAct(
    `set next ${service} ${agreement} ${kind}`,
    async () => {
      setOvertaken(undefined);
      const path = { service, agreement };
      // Over what was read, and nothing else: a number may be issued while this is open.
      const header = { "If-Match": read.data?.etag ?? "*" };
      const body = { kind, next: Number(typed), allowReuse: again };
      try {
        return await taken(api.PUT("/services/{service}/control-numbers/{agreement}", { params: { path, header }, body }));
      } catch (thrown) {
        const { code } = asProblem(thrown);
        if (code === "ControlNumberIssued") setIssued(typed);
        if (code === "ConditionNotMet") {
          setOvertaken(now);
          await read.refetch();
        }
        throw thrown;
      }
    },
    close,
  );
  const problem = act.error ? asProblem(act.error) : undefined;
  const told = problem?.code === "ConditionNotMet" ? undefined : problem;
  const atField = told?.at("/next") ?? told?.at("next");
  const settable = again || found.kind === "leavesOut" || found.kind === "back";
  return (
    <Confirm
      title={words.title(agreement, numbers.kinds[kind])}
      text={<p>{words.text}</p>}
      word={again ? words.runAgain : words.run}
      typed={again ? agreement : undefined}
      danger={again}
      shut={read.isFetching || !settable || read.data === undefined}
      busy={act.isPending}
      problem={told && !atField ? told : undefined}
      run={() => act.mutate()}
      close={close}
    >
      {read.error && !now ? <Problem of={read.error} again={() => void read.refetch()} /> : null}
      {overtaken && now && (
        <p className="banner" role="alert">
          {overtaken.next === now.next ? words.changedElse : words.changed(count(overtaken.next), count(now.next))}
        </p>
      )}
      {now ? (
        <Facts
          of={[
            [words.now, hasEnded(now) ? undefined : count(now.next)],
            [words.last, now.last === 0 ? words.none : count(now.last)],
            [words.bounds, numbers.range(count(now.lowerBound), count(now.upperBound))],
          ]}
        />
      ) : read.error ? null : (
        <Skeleton lines={3} />
      )}
      <Field label={words.field} wrong={wrongOf(found, now) ?? atField}>
        {(field) => (
          <input
            {...field}
            inputMode="numeric"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <div role="status" className="consequence">
        <Said of={found} issued={refused} />
      </div>
    </Confirm>
  );
}

function wrongOf(found: Consequence, now: Standing | undefined): string | undefined {
  if (found.kind === "notWhole") return words.whole;
  if (found.kind === "outside" && now) return words.outside(count(now.lowerBound), count(now.upperBound));
  return undefined;
}

/** What comes of it, in a sentence. */
function Said({ of, issued }: { of: Consequence; issued: boolean }) {
  if (of.kind === "repeats") {
    return (
      <div className="banner again">
        <div>
          <p>{words.repeats(count(of.count), count(of.from), count(of.to), of.count === 1)}</p>
          <p>{words.repeatsText}</p>
        </div>
      </div>
    );
  }
  if (issued) return <p className="banner again">{words.refusedAsIssued}</p>;
  if (of.kind === "leavesOut") {
    return <p className="hint">{words.leavesOut(count(of.count), count(of.from), count(of.to), of.count === 1)}</p>;
  }
  if (of.kind === "back") return <p className="hint">{words.back(count(of.count), of.count === 1)}</p>;
  if (of.kind === "same") return <p className="hint">{words.same}</p>;
  return null;
}
