/** Where files are dropped, or chosen by buttons; and what is taken. */
import { useEffect, useRef, useState } from "react";
import { Icon } from "../../parts/icons";
import { importing as words } from "../../words/import";
import { chosen, dropped } from "./gather";
import type { Source } from "./kinds";

export function Choose({ take, limits }: { take: (sources: Source[] | Promise<Source[]>) => void; limits: string }) {
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const taking = useRef(take);
  taking.current = take;
  useEffect(() => {
    // All of the page takes them: what is dropped beside a target, a browser opens instead.
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      setOver(event.type === "dragover");
    };
    const drop = (event: DragEvent) => {
      if (!carries(event) || event.dataTransfer === null) return;
      event.preventDefault();
      setOver(false);
      taking.current(dropped(event.dataTransfer));
    };
    addEventListener("dragover", drag);
    addEventListener("dragleave", drag);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", drag);
      removeEventListener("drop", drop);
    };
  }, []);
  const choose = (input: HTMLInputElement) => {
    // A promise: more files than are taken are told where all other problems are.
    take(new Promise((done) => done(chosen(input.files ?? []))));
  };
  return (
    <>
      <section className={`drop ${over ? "over" : ""}`} aria-label={words.drop}>
        <Icon name="upload" />
        <p className="large">{words.drop}</p>
        <p className="quiet">{words.intro}</p>
        <p className="buttons">
          <button type="button" className="first" onClick={() => files.current?.click()}>
            {words.files}
          </button>
          <button type="button" onClick={() => folder.current?.click()}>
            {words.folder}
          </button>
        </p>
        <input ref={files} type="file" multiple hidden data-choose="files" onChange={(event) => choose(event.target)} />
        <input ref={folder} type="file" hidden data-choose="folder" {...{ webkitdirectory: "" }} onChange={(event) => choose(event.target)} />
        <p className="quiet">{limits}</p>
      </section>
      <section className="card" aria-labelledby="takes">
        <h2 id="takes">{words.takes}</h2>
        <dl className="facts-list formats">
          {words.formats.map(([name, what]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </section>
    </>
  );
}
