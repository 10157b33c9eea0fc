/** The controls of a push's form: each is of a member of the request, and shows what is wrong with it. */
import type { ReactNode } from "react";
import { Field } from "../../parts/fields";
import type { Form } from "./push-form";

export type Filling = {
  form: Form;
  change: (to: Partial<Form>) => void;
  /** What is wrong with a member, by its pointer. */
  wrong: (pointer: string) => string | undefined;
};

type Of<T> = { label: string; hint?: ReactNode; value: T; set: (to: T) => void; wrong: Filling["wrong"] };

export function Text(props: Of<string> & { at: string; number?: boolean; list?: string }) {
  const { at, number = false } = props;
  return (
    <Field label={props.label} hint={props.hint} wrong={props.wrong(at)}>
      {(field) => (
        <input
          {...field}
          data-member={at}
          type={number ? "number" : "text"}
          inputMode={number ? "numeric" : undefined}
          min={number ? 1 : undefined}
          list={props.list}
          autoComplete="off"
          spellCheck={false}
          value={props.value}
          onChange={(event) => props.set(event.target.value)}
        />
      )}
    </Field>
  );
}

/** One of several, each with its words; without a member, a choice of what is asked for. */
export function Choice<K extends string>(props: Of<K> & { at: string | undefined; of: Record<K, string> }) {
  const { at } = props;
  return (
    <Field label={props.label} hint={props.hint} wrong={at === undefined ? undefined : props.wrong(at)}>
      {(field) => (
        <select {...field} data-member={at} value={props.value} onChange={(event) => props.set(event.target.value as K)}>
          {(Object.entries(props.of) as [K, string][]).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
