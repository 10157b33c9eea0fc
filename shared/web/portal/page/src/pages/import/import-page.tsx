/** Import: choose files, see what each becomes, have it checked, send it, read the report. */
import { useEffect, useReducer, useRef, useState } from "react";
import { queries } from "../../api/queries";
import { useService } from "../../api/reads";
import { count, size } from "../../parts/format";
import { useLeaving } from "../../parts/leaving";
import { Bar, Empty, Head } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { importing as words } from "../../words/import";
import { StateBanner, trailTo } from "../artifacts/artifact";
import { accountOf, ManagedBanner, whyRefused } from "../artifacts/managed";
import { Choose } from "./choose";
import { Chosen } from "./chosen";
import { MOST_FILES, TooMany } from "./gather";
import type { Source } from "./kinds";
import { recognised, type Recognised } from "./recognise";
import { Report } from "./report";
import { isOpen, MOST_ARTIFACTS, MOST_REQUEST, Sending, type Line, type Passwords } from "./send";

export function ImportPage({ service }: { service: string }) {
  const owner = useService(service).data?.value;
  const [progress, setProgress] = useState<{ done: number; total: number }>();
  const [found, setFound] = useState<Recognised>();
  const [problem, setProblem] = useState<unknown>();
  const [tooMany, setTooMany] = useState(false);
  const [sending, setSending] = useState<Sending>();
  const [, again] = useReducer((tick: number) => tick + 1, 0);
  const shown = useRef<HTMLDivElement>(null);
  const question = { title: words.leaveTitle, text: words.leaveText, leave: words.leave, stay: words.stayHere };
  const leaving = useLeaving(sending?.running ?? false, question, true);
  const begun = useRef(false);
  useEffect(() => {
    // What follows a choice takes the focus; the page as it opens leaves it where it is.
    if (begun.current || found || sending) shown.current?.focus();
    begun.current = found !== undefined || sending !== undefined;
  }, [found, sending]);
  // Nobody is there any more who could see what is written, or stop it.
  useEffect(() => () => sending?.stop(), [sending]);

  const take = async (gathered: Source[] | Promise<Source[]>) => {
    setTooMany(false);
    setProblem(undefined);
    try {
      const sources = await gathered;
      if (sources.length === 0) return;
      setProgress({ done: 0, total: sources.length });
      setFound(await recognised(sources, (done, total) => setProgress({ done, total })));
    } catch (thrown) {
      if (thrown instanceof TooMany) setTooMany(true);
      else setProblem(thrown);
    }
    setProgress(undefined);
  };
  const run = async (one: Sending) => {
    await one.run();
    void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "health" });
  };
  const send = (lines: readonly Line[], passwords: Passwords) => {
    const one = new Sending(service, lines, passwords, again);
    setSending(one);
    void run(one);
  };
  const restart = () => {
    setFound(undefined);
    setSending(undefined);
  };
  return (
    <>
      <Head title={words.title(service)} trail={trailTo(service)} />
      {accountOf(owner) ? <ManagedBanner of={owner} /> : <StateBanner state={owner?.state} />}
      {tooMany && <p className="banner">{words.tooMany(count(MOST_FILES))}</p>}
      {problem ? <Problem of={problem} /> : null}
      <div className="importing" ref={shown} tabIndex={-1}>
        {sending ? (
          <>
            <Progress of={sending} goOn={() => void run(sending)} />
            <Report service={service} lines={sending.lines} running={sending.running} again={restart} />
          </>
        ) : progress ? (
          <section className="card">
            <p role="status">{words.reading(count(progress.done), count(progress.total))}</p>
            <Bar value={progress.done} most={progress.total} label={words.reading(count(progress.done), count(progress.total))} />
          </section>
        ) : found === undefined ? (
          <Choose take={(sources) => void take(sources)} limits={words.limits(count(MOST_FILES), count(MOST_ARTIFACTS), size(MOST_REQUEST))} />
        ) : found.items.length === 0 && found.refused.length === 0 ? (
          <Empty icon="box" text={words.nothing} />
        ) : (
          <Chosen service={service} found={found} refused={whyRefused(owner)} send={send} again={restart} />
        )}
      </div>
      {leaving.question}
    </>
  );
}

function Progress({ of, goOn }: { of: Sending; goOn: () => void }) {
  const said = words.sending(count(of.done), count(of.total));
  const open = of.lines.some(isOpen);
  return (
    <section className="card progress" aria-label={words.title("")}>
      <p>
        <span className="said" role="status">
          {of.running ? words.stay : of.problem ? words.broke : of.stopped ? words.stopped : words.ended}
        </span>
        <span className="number">{said}</span>
        {of.running && (
          <button type="button" onClick={() => of.stop()} aria-disabled={of.stopping}>
            {words.stop}
          </button>
        )}
        {!of.running && open && (
          <button type="button" className="first" onClick={goOn}>
            {words.goOn}
          </button>
        )}
      </p>
      <Bar value={of.done} most={of.total} label={said} />
      {of.problem ? <Problem of={of.problem} /> : null}
    </section>
  );
}
