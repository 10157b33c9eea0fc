/** One record of a backup: its facts, its content's, its certificate's, its document. */
import { useState } from "react";
import { useRecord, type BackedUpRecord } from "../../api/inside";
import { Copy } from "../../parts/copy";
import { size } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { linesOf } from "../../parts/lines";
import { Facts, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Time } from "../../parts/time";
import { Tree } from "../../parts/tree";
import { Download } from "./download";
import { common } from "../../words/shell";
import { contents as words, picks as ofPicks } from "../../words/inside";
import { PickTick, type Picks } from "./picks";

export function RecordPanel(props: {
  service: string;
  backup: string;
  section: string;
  name: string;
  picks: Picks | undefined;
  close: () => void;
}) {
  const { service, backup, section, name, picks } = props;
  const read = useRecord(service, backup, section, name);
  return (
    <section className="card record" aria-label={words.record(section)}>
      <header>
        <h2 tabIndex={-1}>{read.data?.name ?? name}</h2>
        {picks && read.data && (
          <label className="tick-of">
            <PickTick picks={picks} section={section} name={read.data.name} />
            {ofPicks.head}
          </label>
        )}
        <button type="button" className="bare" onClick={props.close} aria-label={words.close} title={common.close}>
          <Icon name="cross" />
        </button>
      </header>
      {read.data ? (
        <>
          <Shown of={read.data} />
          {read.data.content && <Download place={{ service, backup, section, name: read.data.name }} />}
        </>
      ) : read.error ? (
        <Problem of={read.error} again={() => void read.refetch()} />
      ) : read.data === null ? (
        <p className="quiet">{words.missing(name)}</p>
      ) : (
        <Skeleton lines={6} />
      )}
    </section>
  );
}

function Shown({ of }: { of: BackedUpRecord }) {
  const [json, setJson] = useState(false);
  return (
    <>
      <Facts of={[[words.changed, <Time at={of.changedAt} />], ...contentFacts(of)]} />
      <div className="aligned">
        <h3>{words.document}</h3>
        <span className="choices" role="group" aria-label={words.shownAs}>
          <button type="button" className="small" aria-pressed={!json} onClick={() => setJson(false)}>
            {words.asTree}
          </button>
          <button type="button" className="small" aria-pressed={json} onClick={() => setJson(true)}>
            {words.asJson}
          </button>
        </span>
      </div>
      {json ? (
        <pre className="document" tabIndex={0} aria-label={words.document}>
          {linesOf(of.document).join("\n")}
        </pre>
      ) : (
        <Tree value={of.document} label={words.document} />
      )}
    </>
  );
}

/** What is known of a record's content, as names and values. */
export function contentFacts({ content }: Pick<BackedUpRecord, "content">): [string, React.ReactNode][] {
  if (!content) return [];
  const { certificate } = content;
  return [
    [words.content, `${size(content.size)}, ${content.contentType}`],
    [words.hash, <Copy text={content.sha256} what={words.hash} shown={`${content.sha256.slice(0, 16)}…`} />],
    ...(certificate
      ? ([
          [words.subject, certificate.subject],
          [words.thumbprint, <Copy text={certificate.thumbprint} what={words.thumbprint} />],
          [words.expiresAt, <Time at={certificate.expiresAt} />],
        ] as [string, React.ReactNode][])
      : []),
  ];
}
