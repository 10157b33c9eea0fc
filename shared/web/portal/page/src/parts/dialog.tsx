/** Dialogs: the browser's own, so that focus stays inside, Escape closes, and focus returns. */
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from "react";
import { common } from "../words/shell";
import { Field } from "./fields";
import { Problem } from "./problem";

/** @param props.busy Its request is under way: it stays until the answer is there. */
export function Dialog(props: { title: string; busy?: boolean; close: () => void; children: ReactNode }) {
  const shown = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = shown.current;
    dialog?.showModal();
    // React focuses before the dialog is shown, and the browser then takes its first control.
    dialog?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={shown}
      aria-labelledby={title}
      onCancel={(event) => (event.preventDefault(), props.busy || props.close())}
      // Of two Escapes in a row, browsers let a page refuse the first alone.
      onClose={() => props.busy && shown.current?.showModal()}
    >
      <h2 id={title}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

/** A question before something is done: what follows from it, and for some the name typed. */
export function Confirm(props: {
  title: string;
  text: ReactNode;
  word: string;
  busy: boolean;
  problem: unknown;
  typed?: string | undefined;
  danger?: boolean;
  /** Nothing can be confirmed yet: what is asked for is not whole. */
  shut?: boolean;
  run: () => void;
  close: () => void;
  children?: ReactNode;
}) {
  const [typed, setTyped] = useState("");
  const matches = props.typed === undefined || typed === props.typed;
  const submit = (event: FormEvent) => event.preventDefault();
  return (
    <Dialog title={props.title} busy={props.busy} close={props.close}>
      <form onSubmit={submit}>
        <div className="text">{props.text}</div>
        {props.children}
        {props.typed !== undefined && (
          <Field label={common.typeToConfirm(props.typed)}>
            {(field) => <input {...field} value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" spellCheck={false} />}
          </Field>
        )}
        {props.problem ? <Problem of={props.problem} /> : null}
        <div className="buttons">
          <button type="button" data-first disabled={props.busy} onClick={props.close}>
            {common.cancel}
          </button>
          <button
            type="button"
            className={props.danger ? "danger" : "first"}
            disabled={!matches || props.busy || props.shut === true}
            onClick={props.run}
          >
            {props.word}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
