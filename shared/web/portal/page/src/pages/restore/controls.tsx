/** The wizard's controls: each is of a member of the request, and shows what is wrong with it. */
import { createContext, useContext, type ReactNode } from "react";
import type { RestorePlan } from "../../api/types";
import { useAccounts } from "../../api/reads";
import { Field, Tick, unwritten } from "../../parts/fields";
import { restore as words } from "../../words/restore";
import type { Drafting } from "./draft";
import { TYPED, type Form, type Pointer } from "./form";

export type Known = { service: string; backup: string } | undefined;

type Filling = Pick<Drafting, "change" | "take"> & {
  form: Form;
  plan: RestorePlan | undefined;
  /** What is wrong with a member, by its pointer. */
  wrong: (pointer: string) => string | undefined;
  /** The backup in the history, where it is there: to choose among what it has. */
  known: Known;
  /** It was sent, and not answered yet: nothing of it is changed. */
  locked: boolean;
  /** Secrets too: a reload takes them, and they are typed again. */
  sealed: boolean;
};

export const FillingContext = createContext<Filling | undefined>(undefined);

export function useFilling(): Filling {
  const found = useContext(FillingContext);
  if (!found) throw new Error("no form");
  return found;
}

type Of = { at: Pointer; label: string; hint?: ReactNode };

/** A text, a number, a secret; secrets are no passwords of the person's own, which a browser would offer to keep. */
export function Text(props: Of & { type?: "text" | "url" | "number" | "secret"; most?: number }) {
  const { form, change, wrong, locked, sealed } = useFilling();
  const { at, type = "text" } = props;
  return (
    <Field label={props.label} hint={props.hint} wrong={wrong(at)}>
      {(field) => (
        <input
          {...field}
          data-member={at}
          disabled={type === "secret" ? sealed : locked}
          type={type === "secret" ? "text" : type}
          className={type === "secret" ? "secret" : undefined}
          min={type === "number" ? 1 : undefined}
          max={props.most}
          inputMode={type === "number" ? "numeric" : undefined}
          autoComplete="off"
          spellCheck={false}
          {...(type === "secret" ? unwritten(form[TYPED[at]]) : { value: form[TYPED[at]] })}
          onChange={(event) => change({ [TYPED[at]]: event.target.value })}
        />
      )}
    </Field>
  );
}

/** One of several. */
export function Choice(props: Of & { choices: readonly [string, string][] }) {
  const { form, change, wrong, locked } = useFilling();
  const value = form[TYPED[props.at]];
  const there = props.choices.some(([one]) => one === value);
  return (
    <Field label={props.label} hint={props.hint} wrong={wrong(props.at)}>
      {(field) => (
        <select {...field} data-member={props.at} disabled={locked} value={value} onChange={(event) => change({ [TYPED[props.at]]: event.target.value })}>
          {(there ? props.choices : [...props.choices, [value, value] as const]).map(([one, word]) => (
            <option key={one} value={one}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Yes or no. */
export function Ticked(props: { at: string; of: "acceptPartial" | "acceptRenamed" | "advanced"; label: string; hint: string }) {
  const { form, change, wrong, locked } = useFilling();
  const { at, of, ...said } = props;
  return <Tick at={at} {...said} on={form[of]} set={(on) => change({ [of]: on })} wrong={wrong(at)} locked={locked} />;
}

/** The registered accounts, to choose one. */
export function useAliases(): [string, string][] {
  const accounts = useAccounts();
  return [["", words.needs.account], ...(accounts.data ?? []).map(({ name }): [string, string] => [name, name])];
}
