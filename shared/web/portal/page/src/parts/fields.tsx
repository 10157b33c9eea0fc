/** Fields of forms: a label, the control, what it means, and what is wrong with it. */
import { useId, type ReactNode } from "react";
import { Said } from "./said";

type Given = { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean };

export function Field(props: {
  label: string;
  hint?: ReactNode;
  wrong?: string | undefined;
  children: (field: Given) => ReactNode;
}) {
  const id = useId();
  const hint = props.hint ? `${id}-hint` : "";
  const wrong = props.wrong ? `${id}-wrong` : "";
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      {props.children({
        id,
        "aria-describedby": `${wrong} ${hint}`.trim() || undefined,
        "aria-invalid": props.wrong !== undefined,
      })}
      {props.wrong && (
        <p className="wrong" id={wrong}>
          <Said text={props.wrong} />
        </p>
      )}
      {props.hint && (
        <p className="hint" id={hint}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

/**
 * What an input gets in place of its value where that may be a secret: React writes the value of
 * one that it controls into the document, as an attribute.
 */
export const unwritten = (value: string) => ({
  ref: (input: HTMLInputElement | null) => {
    if (input && input.value !== value) input.value = value;
  },
});

type Ticking = {
  label: string;
  hint?: string;
  on: boolean;
  set: (on: boolean) => void;
  /** The member of a request that it is. */
  at?: string;
  wrong?: string | undefined;
  locked?: boolean;
};

export function Tick(props: Ticking) {
  const id = useId();
  const described = [props.wrong && `${id}-wrong`, props.hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className="tick">
      <input
        type="checkbox"
        id={id}
        data-member={props.at}
        disabled={props.locked}
        checked={props.on}
        aria-invalid={props.wrong === undefined ? undefined : true}
        aria-describedby={described || undefined}
        onChange={(event) => props.set(event.target.checked)}
      />
      <label htmlFor={id}>{props.label}</label>
      {props.wrong && (
        <p className="wrong" id={`${id}-wrong`}>
          <Said text={props.wrong} />
        </p>
      )}
      {props.hint && (
        <p className="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** A filter: a labelled select, whose choice is part of the address. */
export function Filter(props: { label: string; value: string; set: (value: string) => void; choices: [string, string][] }) {
  const id = useId();
  return (
    <span className="filter">
      <label htmlFor={id}>{props.label}</label>
      <select id={id} value={props.value} onChange={(event) => props.set(event.target.value)}>
        {props.choices.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </span>
  );
}
