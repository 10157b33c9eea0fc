/** The bytes of an artifact: what is known of them, download, replace. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contentTag, putContent, readContent, type Artifact, type Condition, type Section } from "../../api/artifacts";
import { asProblem } from "../../api/problem";
import { queries } from "../../api/queries";
import { Copy } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/fields";
import { count, size } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Facts } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { saved } from "../../parts/saved";
import { artifact as words } from "../../words/artifacts";
import { common } from "../../words/shell";

type Place = { service: string; section: Section; name: string };

export function Content({ place, of }: { place: Place; of: Artifact }) {
  const { content } = of;
  const download = useMutation({
    mutationFn: () => readContent(place),
    onSuccess: (bytes) => saved(bytes, of.name),
  });
  return (
    <section className="card" aria-labelledby="bytes">
      <h2 id="bytes">{words.content}</h2>
      {content ? (
        <>
          <Facts
            of={[
              [words.size, `${size(content.size)} (${count(content.size)} B)`],
              [words.type, <code>{content.contentType}</code>],
              [words.hash, <Copy text={content.sha256} what={words.hash} shown={`${content.sha256.slice(0, 16)}…`} />],
            ]}
          />
          {download.error ? <Problem of={download.error} /> : null}
          <p className="beneath">
            <button type="button" onClick={() => download.mutate()} aria-disabled={download.isPending}>
              <Icon name="download" />
              {words.download}
            </button>
          </p>
        </>
      ) : (
        <p className="quiet">{words.noContent}</p>
      )}
    </section>
  );
}

const BINARY = "application/octet-stream";

export function ReplaceContent({ place, of, close }: { place: Place; of: Artifact; close: () => void }) {
  const [file, setFile] = useState<File>();
  const [type, setType] = useState("");
  const [missing, setMissing] = useState(false);
  // What is there when the dialog opens is what the file goes over, and nothing else.
  const there = useQuery({
    queryKey: ["content-tag", place.service, place.section, place.name],
    queryFn: async () => (of.content ? ((await contentTag(place)) ?? null) : null),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const act = useMutation({
    mutationFn: (sent: File) => {
      const condition: Condition = there.data ? { "If-Match": there.data } : { "If-None-Match": "*" };
      return putContent(place, sent, type || BINARY, condition);
    },
    onSuccess: () => {
      void queries.invalidateQueries({ predicate: (one) => ["artifact", "artifacts"].includes(String(one.queryKey[0])) });
      close();
    },
  });
  const problem = act.error ? asProblem(act.error) : undefined;
  const replaced = problem?.code === "ConditionNotMet";
  return (
    <Dialog title={words.replaceTitle(of.name)} busy={act.isPending} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setMissing(file === undefined);
          if (file && there.data !== undefined && !act.isPending) act.mutate(file);
        }}
      >
        <p className="text">{of.content ? words.replaceText : words.putText}</p>
        <Field
          label={words.file}
          hint={place.section === "certificates" ? words.certificateText : undefined}
          wrong={missing && !file ? words.chooseFile : (problem?.at("content") ?? undefined)}
        >
          {(field) => (
            <input
              {...field}
              type="file"
              data-first
              onChange={(event) => {
                const chosen = event.target.files?.[0];
                setFile(chosen);
                setType(chosen?.type || BINARY);
                act.reset();
              }}
            />
          )}
        </Field>
        <Field label={words.contentType} wrong={problem?.at("Content-Type")}>
          {(field) => <input {...field} value={type} maxLength={200} spellCheck={false} onChange={(e) => setType(e.target.value)} />}
        </Field>
        {there.error ? <Problem of={there.error} again={() => void there.refetch()} /> : null}
        {replaced ? <p className="banner">{words.replacedMeanwhile}</p> : null}
        {problem && !replaced ? <Problem of={problem} /> : null}
        <div className="buttons">
          <button type="button" disabled={act.isPending} onClick={close}>
            {common.cancel}
          </button>
          <button type="submit" className="first" aria-disabled={act.isPending || there.data === undefined}>
            {of.content ? words.replace : words.put}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
