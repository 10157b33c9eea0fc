/** One artifact: its document as a tree, its bytes, its certificates, and what can be done with it. */
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useMutation } from "@tanstack/react-query";
import { deleteArtifact, isSection, useArtifact, WITH_CONTENT, type Read, type Section } from "../../api/artifacts";
import { asProblem } from "../../api/problem";
import { queries } from "../../api/queries";
import { useMay, useService } from "../../api/reads";
import { Copy } from "../../parts/copy";
import { Confirm } from "../../parts/dialog";
import { parsed, valueOf } from "../../parts/json-text";
import { Command, Facts, Head, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { useFilter } from "../../parts/query";
import { Time } from "../../parts/time";
import { Tree } from "../../parts/tree";
import { artifact as words, artifacts as ofArtifacts, editor } from "../../words/artifacts";
import { services as ofServices } from "../../words/pages";
import { commands } from "../../words/service";
import { shownStatus } from "../../words/status";
import { Missing } from "../missing";
import { artifactAddress, artifactsAddress, nameOf } from "./addresses";
import { Certificate } from "./certificate";
import { Content, ReplaceContent } from "./content";
import { Edit } from "./edit";
import { accountOf, ManagedBanner } from "./managed";
import { changesRefused } from "./sections";

type Place = { service: string; section: Section; name: string };

/** Where an artifact stands, for the head of its pages. */
export const trailTo = (service: string, section?: string): [string, string][] => [
  ["/services", ofServices.title],
  [`/services/${service}`, service],
  [artifactsAddress(service), ofArtifacts.title],
  ...(section ? [[artifactsAddress(service, section), section] as [string, string]] : []),
];

export function ArtifactPage({ service, section, part }: { service: string; section: string; part: string }) {
  return isSection(section) ? <Found service={service} section={section} name={nameOf(part)} /> : <Missing />;
}

function Found(place: Place) {
  const { service, section, name } = place;
  const [editing] = useFilter("edit");
  const [, go] = useLocation();
  const read = useArtifact(place);
  const owner = useService(service).data?.value;
  const state = owner?.state;
  const managed = accountOf(owner) !== undefined;
  const found = read.data;
  const shown = found?.of.name ?? name;
  const before = useRef(editing);
  useEffect(() => {
    // The same page by its address, and another to read: its headline takes the focus.
    if (before.current === editing) return;
    before.current = editing;
    document.querySelector<HTMLElement>("main h1")?.focus();
  }, [editing]);
  const back = () => go(artifactAddress(service, section, name), { replace: true });
  if (editing && found && !managed) {
    const trail: [string, string][] = [...trailTo(service, section), [artifactAddress(service, section, name), shown]];
    return (
      <>
        <Head title={editor.editTitle(shown)} trail={trail} />
        <StateBanner state={state} />
        <Edit service={service} section={section} start={found} done={back} refused={changesRefused(state)} />
      </>
    );
  }
  return (
    <>
      <Head title={shown} trail={trailTo(service, section)}>
        {found && !managed && <Commands place={place} of={found} state={state} />}
      </Head>
      {managed ? <ManagedBanner of={owner} /> : <StateBanner state={state} />}
      {found ? <Whole place={place} of={found} /> : read.error ? <Problem of={read.error} again={() => void read.refetch()} /> : <Skeleton lines={8} />}
      {found && read.error ? <Problem of={read.error} quietly again={() => void read.refetch()} /> : null}
    </>
  );
}

/** Why nothing can be changed, where the service takes no changes. */
export function StateBanner({ state }: { state: string | undefined }) {
  if (state === undefined || changesRefused(state) === undefined) return null;
  return <p className="banner">{ofArtifacts.refusedText(shownStatus(state).word)}</p>;
}

function Commands({ place, of, state }: { place: Place; of: Read; state: string | undefined }) {
  const [asked, setAsked] = useState<"content" | "delete">();
  const [, go] = useLocation();
  const may = useMay();
  const refused = changesRefused(state);
  const close = () => setAsked(undefined);
  const { service, section, name } = place;
  return (
    <div className="commands" role="group" aria-label={commands.bar}>
      {may("put_artifact") && (
        <Command icon="settings" word={words.edit} first run={() => go(`${artifactAddress(service, section, name)}?edit=1`)} refused={refused} />
      )}
      {may("put_content") && WITH_CONTENT.has(section) && (
        <Command icon="upload" word={of.of.content ? words.replace : words.put} run={() => setAsked("content")} refused={refused} />
      )}
      {may("delete_artifact") && <Command icon="trash" word={words.delete} run={() => setAsked("delete")} refused={refused} />}
      {asked === "content" && <ReplaceContent place={place} of={of.of} close={close} />}
      {asked === "delete" && <Delete place={place} of={of} close={close} />}
    </div>
  );
}

function Whole({ place, of: { of, document, etag } }: { place: Place; of: Read }) {
  const value = useMemo(() => valueOf(document, parsed(document)), [document]);
  return (
    <div className="overview">
      <div className="columns">
        <section className="card" aria-labelledby="facts">
          <h2 id="facts">{words.facts}</h2>
          <Facts
            of={[
              [words.section, <Link href={artifactsAddress(place.service, of.section)}>{of.section}</Link>],
              [words.changed, <Time at={of.changedAt} />],
              [words.etag, <Copy text={etag} what={words.etag} />],
            ]}
          />
        </section>
        {WITH_CONTENT.has(of.section) && <Content place={place} of={of} />}
        {of.certificate && <Certificate title={words.pfx} of={of.certificate} />}
        {of.content?.certificate && <Certificate title={words.chain} of={of.content.certificate} />}
      </div>
      <section className="card" aria-labelledby="document">
        <h2 id="document">{words.document}</h2>
        <p className="quiet">{words.masked}</p>
        <Tree value={value} label={words.document} />
      </section>
    </div>
  );
}

function Delete({ place, of, close }: { place: Place; of: Read; close: () => void }) {
  const [, go] = useLocation();
  const act = useMutation({
    mutationFn: () => deleteArtifact(place, of.etag),
    onSuccess: () => {
      go(artifactsAddress(place.service, place.section));
      queries.removeQueries({ queryKey: ["artifact", place.service, place.section, place.name] });
      void queries.invalidateQueries({ predicate: (one) => one.queryKey[0] !== "health" });
    },
  });
  const users = act.error ? asProblem(act.error).details.flatMap((one) => (one.code === "ArtifactInUse" && one.target ? [one.target] : [])) : [];
  return (
    <Confirm
      title={words.deleteTitle(of.of.name)}
      text={
        <>
          <p>{words.deleteText}</p>
          {place.section === "agreements" && <p>{words.deleteAgreement}</p>}
        </>
      }
      word={words.delete}
      typed={of.of.name}
      danger
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    >
      {users.length > 0 && <Users service={place.service} of={users} />}
    </Confirm>
  );
}

const MOST_USERS = 20;

/** Who names the artifact, each with its page. */
function Users({ service, of }: { service: string; of: readonly string[] }) {
  return (
    <div>
      <p>{words.usedBy}</p>
      <ul className="users">
        {of.slice(0, MOST_USERS).map((one) => {
          const [section = "", ...name] = one.split("/");
          return (
            <li key={one}>
              <Link href={artifactAddress(service, section, name.join("/"))}>{one}</Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
