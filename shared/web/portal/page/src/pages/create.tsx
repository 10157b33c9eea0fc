/** A new, empty service. */
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, taken } from "../api/client";
import { asProblem } from "../api/problem";
import { useEditions } from "../api/reads";
import type { Edition, Schemas } from "../api/types";
import { Field } from "../parts/fields";
import { Head } from "../parts/parts";
import { Problem } from "../parts/problem";
import { common } from "../words/shell";
import { restored } from "../words/restore";
import { create as words, services as ofServices } from "../words/pages";
import { useAct } from "./commands";

export function Create() {
  const [name, setName] = useState("");
  const [edition, setEdition] = useState<Edition>("Standard");
  const [units, setUnits] = useState("1");
  const [region, setRegion] = useState("");
  const [domain, setDomain] = useState("");
  const [, go] = useLocation();
  const editions = useEditions();
  const chosen = editions.data?.find((one) => one.edition === edition);
  const body: Schemas["ServiceSettings"] = {
    edition,
    unitCount: Number(units),
    ...(region ? { region } : {}),
    ...(domain ? { domainUrl: domain } : {}),
  } as Schemas["ServiceSettings"];
  const act = useAct(
    `create ${name} ${JSON.stringify(body)}`,
    (id) =>
      taken(
        api.PUT("/services/{service}", {
          params: { path: { service: name }, header: { "Operation-Id": id, "If-None-Match": "*" } },
          body,
        }),
      ),
    () => go(`/services/${name}`),
  );
  const problem = act.error ? asProblem(act.error) : undefined;
  return (
    <>
      <Head title={words.title} trail={[["/services", ofServices.title]]} />
      <form
        className="card form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!act.isPending) act.mutate();
        }}
      >
        <p className="quiet">
          {words.text} <Link href="/restore">{restored.created}</Link>
        </p>
        <Field label={words.name} hint={words.nameHint} wrong={problem?.at("service")}>
          {(field) => (
            <input {...field} required autoComplete="off" spellCheck={false} value={name} onChange={(e) => setName(e.target.value)} />
          )}
        </Field>
        <Field label={words.edition} hint={chosen && (chosen.backup ? words.withBackup : words.noBackup)} wrong={problem?.at("/edition")}>
          {(field) => (
            <select {...field} value={edition} onChange={(e) => setEdition(e.target.value as Edition)}>
              {(editions.data?.map((one) => one.edition) ?? [edition]).map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label={words.units} wrong={problem?.at("/unitCount")}>
          {(field) => <input {...field} type="number" min={1} max={chosen?.maxUnits} value={units} onChange={(e) => setUnits(e.target.value)} />}
        </Field>
        <Field label={words.region} hint={words.regionHint} wrong={problem?.at("/region")}>
          {(field) => <input {...field} value={region} onChange={(e) => setRegion(e.target.value)} />}
        </Field>
        <Field label={words.domain} hint={words.domainHint} wrong={problem?.at("/domainUrl")}>
          {(field) => <input {...field} type="url" value={domain} onChange={(e) => setDomain(e.target.value)} />}
        </Field>
        {editions.error ? <Problem of={editions.error} again={() => void editions.refetch()} /> : null}
        {problem && <Problem of={problem} />}
        <div className="buttons">
          <Link href="/services" className="button">
            {common.cancel}
          </Link>
          <button type="submit" className="first" aria-disabled={act.isPending}>
            {words.run}
          </button>
        </div>
      </form>
    </>
  );
}
