/** Link an account: to a service that there is, or to one that is made for it. */
import { useRef } from "react";
import { useLocation } from "wouter";
import { api, taken } from "../../api/client";
import type { FoundAccount } from "../../api/integration-accounts";
import { asProblem } from "../../api/problem";
import { useEditions, useServices } from "../../api/reads";
import type { Edition } from "../../api/types";
import { takesChanges } from "../../api/artifacts";
import { Dialog } from "../../parts/dialog";
import { useDraft } from "../../parts/draft";
import { Field, Tick } from "../../parts/fields";
import { Problem } from "../../parts/problem";
import { link as words } from "../../words/accounts";
import { common } from "../../words/shell";
import { operationAddress } from "../addresses";
import { useAct } from "../commands";

type Form = { fresh: boolean; name: string; edition: Edition; service: string; minutes: string; pull: boolean };

const LONGEST = 20;

/** A name for the account's service that the rules of names take. */
function proposed(account: string): string {
  const plain = account.replace(/[^A-Za-z0-9]+/g, "-").replace(/^[^A-Za-z]+/, "");
  return plain.slice(0, LONGEST).replace(/-+$/, "");
}

export function LinkDialog({ of, close }: { of: FoundAccount; close: () => void }) {
  const first = (): Form => ({ fresh: true, name: proposed(of.name), edition: "Basic", service: "", minutes: "15", pull: true });
  const [form, change] = useDraft<Form>(`link ${of.resourceId}`, first);
  const services = useServices({}, 100);
  const editions = useEditions();
  const [, go] = useLocation();
  const made = useRef("");
  const free = services.rows?.filter((one) => one.integrationAccount?.linked !== true && takesChanges(one.state)).map((one) => one.name);
  const chosen = form.service || free?.[0] || "";
  const service = form.fresh ? form.name : chosen;
  const body = { resourceId: of.resourceId, ...(form.minutes ? { pullMinutes: Number(form.minutes) } : {}) };
  const act = useAct(
    `link ${service} ${form.fresh} ${form.edition} ${JSON.stringify(body)} ${form.pull}`,
    async (id) => {
      const path = { service };
      const create = { edition: form.edition };
      if (form.fresh && made.current !== service) {
        const header = { "Operation-Id": `${id}-new`, "If-None-Match": "*" };
        await taken(api.PUT("/services/{service}", { params: { path, header }, body: create as never }));
        made.current = service;
      }
      await taken(api.PUT("/services/{service}/integration-account", { params: { path, header: { "Operation-Id": `${id}-link` } }, body }));
      if (!form.pull) return undefined;
      return (await taken(api.POST("/services/{service}/pull", { params: { path, header: { "Operation-Id": id } }, body: {} }))).value;
    },
    (monitor) => go(monitor ? operationAddress(monitor) : `/services/${service}`),
  );
  const problem = act.error ? asProblem(act.error) : undefined;
  return (
    <Dialog title={words.title(of.name)} busy={act.isPending} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!act.isPending && service) act.mutate();
        }}
      >
        <p className="text">{words.text}</p>
        <Field label={words.which}>
          {(field) => (
            <select {...field} data-first value={form.fresh ? "fresh" : "existing"} onChange={(e) => change({ fresh: e.target.value === "fresh" })}>
              <option value="fresh">{words.fresh}</option>
              <option value="existing">{words.existing}</option>
            </select>
          )}
        </Field>
        {form.fresh ? (
          <>
            <Field label={words.name} hint={words.nameHint} wrong={problem?.at("service")}>
              {(field) => (
                <input {...field} required autoComplete="off" spellCheck={false} value={form.name} onChange={(e) => change({ name: e.target.value })} />
              )}
            </Field>
            <Field label={words.edition} hint={words.editionHint} wrong={problem?.at("/edition")}>
              {(field) => (
                <select {...field} value={form.edition} onChange={(e) => change({ edition: e.target.value as Edition })}>
                  {(editions.data?.map((one) => one.edition) ?? [form.edition]).map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </select>
              )}
            </Field>
          </>
        ) : (
          <Field label={words.service} wrong={free?.length === 0 && !services.hasNextPage ? words.noService : undefined}>
            {(field) => (
              <select {...field} value={chosen} onChange={(e) => change({ service: e.target.value })}>
                {(free ?? []).map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label={words.minutes} hint={words.minutesHint} wrong={problem?.at("/pullMinutes")}>
          {(field) => (
            <input {...field} type="number" min={5} max={1440} value={form.minutes} onChange={(e) => change({ minutes: e.target.value })} />
          )}
        </Field>
        <Tick label={words.pull} hint={words.pullHint} on={form.pull} set={(pull) => change({ pull })} />
        {problem && made.current === service && <p className="hint warned">{words.made(service)}</p>}
        {problem && <Problem of={problem} />}
        <div className="buttons">
          <button type="button" disabled={act.isPending} onClick={close}>
            {common.cancel}
          </button>
          <button type="submit" className="first" aria-disabled={act.isPending || !service}>
            {words.run}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
