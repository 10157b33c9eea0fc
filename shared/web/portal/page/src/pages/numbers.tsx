/** The control numbers of a service: where each counter stands, how much is left, for how long. */
import { useState } from "react";
import { Link } from "wouter";
import { useMay } from "../api/reads";
import { useBackedUp, useLastGood, useNumbers } from "../api/reads-numbers";
import type { Service } from "../api/types";
import { Filter } from "../parts/fields";
import { count } from "../parts/format";
import { Command, Empty, More, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { useFilter, useSettled } from "../parts/query";
import { Time } from "../parts/time";
import { linked as ofLinked } from "../words/accounts";
import { commands } from "../words/service";
import { common } from "../words/shell";
import { shownStatus } from "../words/status";
import { numbers as words, moveOn } from "../words/numbers";
import { backupAddress } from "./addresses";
import type { Kind } from "./counters";
import { CounterTable, type Past } from "./counter-table";
import { MoveOn } from "./move-on";
import { SetNext } from "./set-next";

/** States in which the ledger may be changed by hand. */
const CHANGEABLE = new Set(["Active", "Suspended", "Stopped"]);

type Asked = { agreement: string; kind: Kind };

export function Numbers({ of }: { of: Service }) {
  const service = of.name;
  const [name, setName] = useFilter("name");
  const prefix = useSettled(name);
  const [near, setNear] = useFilter("near");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Asked>();
  const [moving, setMoving] = useState(false);
  const [done, setDone] = useState("");
  const may = useMay();
  const list = useNumbers(service, { namePrefix: prefix, nearEnd: near === "true" ? "true" : undefined });
  const good = useLastGood(service);
  const names = list.rows?.map((one) => one.agreement) ?? [];
  const backedUp = useBackedUp(service, good.name, prefix, names);
  const past: Past = { counters: backedUp.data, readAt: good.readAt, now: list.dataUpdatedAt };
  const refused = CHANGEABLE.has(of.state) ? undefined : commands.refused(shownStatus(of.state).word);
  // Also those that a filter hides: what is asked for is what was ticked, and all only where nothing is.
  const picked = [...chosen].sort();
  const hidden = picked.filter((one) => !names.includes(one)).length;
  return (
    <>
      <div className="filters">
        {may("advance_control_numbers") && (
          <Command
            icon="next"
            word={picked.length ? moveOn.some(count(picked.length)) : moveOn.all}
            run={() => (setDone(""), setMoving(true))}
            refused={of.integrationAccount?.linked ? ofLinked.managed : refused}
          />
        )}
        {list.rows && hidden > 0 && (
          <button type="button" className="small" onClick={() => setChosen(new Set())}>
            {moveOn.untick(count(hidden))}
          </button>
        )}
        <span className="filter">
          <label htmlFor="numbers-named">{words.named}</label>
          <input id="numbers-named" type="search" maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
        </span>
        <Filter
          label={words.show}
          value={near === "true" ? "true" : ""}
          set={setNear}
          choices={[
            ["", words.all],
            ["true", words.nearOnly],
          ]}
        />
        <span className="quiet">{words.order}</span>
      </div>
      <p role="status" className="quiet said-done">
        {done}
      </p>
      <Basis service={service} of={good} failed={backedUp.error} />
      {list.rows === undefined ? (
        list.error ? (
          <Problem of={list.error} again={() => void list.refetch()} />
        ) : (
          <Skeleton lines={8} />
        )
      ) : list.rows.length === 0 && !list.hasNextPage ? (
        <Empty icon="numbers" text={near ? words.nearNone : name ? words.noMatch : words.none} />
      ) : (
        <>
          <CounterTable
            rows={list.rows}
            service={service}
            past={past}
            chosen={may("advance_control_numbers") ? chosen : undefined}
            choose={setChosen}
            setNext={may("set_control_number") ? (agreement, kind) => setAsked({ agreement, kind }) : undefined}
            refused={refused}
          />
          {list.error && <Problem of={list.error} quietly again={() => void list.refetch()} />}
          <More list={list}>
            <span className="quiet">{common.shown(count(list.rows.length))}</span>
          </More>
        </>
      )}
      {asked && <SetNext service={service} agreement={asked.agreement} kind={asked.kind} close={() => setAsked(undefined)} />}
      {moving && (
        <MoveOn
          service={service}
          agreements={picked}
          close={() => setMoving(false)}
          done={(said) => {
            setChosen(new Set());
            setMoving(false);
            setDone(said);
          }}
        />
      )}
    </>
  );
}

/** What the length of time is reckoned from, or why it is not. */
function Basis({ service, of, failed }: { service: string; of: ReturnType<typeof useLastGood>; failed: unknown }) {
  const problem = of.problem ?? failed;
  if (problem) {
    return (
      <div className="basis">
        <p className="quiet">{words.rateUnknown}</p>
        <Problem of={problem} quietly />
      </div>
    );
  }
  if (!of.known) return null;
  if (of.name === undefined) return <p className="quiet basis">{words.noRate}</p>;
  return (
    <p className="quiet basis">
      {words.rateSince} <Link href={backupAddress(service, of.name)}>{of.name}</Link>
      {of.readAt && <Time at={of.readAt} short />}
    </p>
  );
}
