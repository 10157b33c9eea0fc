/**
 * The wizard's draft: it outlives a reload, without its secrets, and ends with its tab. Its id is
 * that of the operation, drawn once, so that a request whose answer was lost is the same restore.
 */
import { useEffect, useReducer, useRef } from "react";
import { useSearchParams } from "wouter";
import type { RestoreBody } from "../../api/types";
import { formOf } from "./form-of";
import { BLANK, SECRET, TYPED, pickedOf, type Form } from "./form";

const STORED = "interkeep-restore";

export type Draft = {
  /** The address that it belongs to, without its step. */
  source: string;
  id: string;
  form: Form;
  /** Secrets that were typed before the page was loaded again. */
  lost: string[];
  /** The service for which a request was sent whose answer did not come. */
  unanswered: string | undefined;
  /** Its secrets are typed again, since the page was loaded again after it was sent. */
  retyped: boolean;
};

const FROM = ["service", "backup", "account", "container", "include", "name"] as const;

/** What of an address says from where is restored, and under which name that is proposed. */
export function sourceOf(given: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of FROM) for (const value of given.getAll(name)) kept.append(name, value);
  return kept.toString();
}

function begun(source: string): Draft {
  const given = new URLSearchParams(source);
  const include = given.getAll("include").flatMap((one) => pickedOf(one) ?? []);
  const form = { ...BLANK, account: given.get("account") ?? "", container: given.get("container") ?? "", name: given.get("name") ?? "", include };
  return { source, id: crypto.randomUUID(), form, lost: [], unanswered: undefined, retyped: false };
}

function withoutSecrets(draft: Draft): Draft {
  const form: Form = { ...draft.form, replace: draft.form.replace.map((one) => ({ ...one, value: "", lost: one.lost || one.value !== "" })) };
  const typed = SECRET.filter((pointer) => form[TYPED[pointer]] !== "");
  for (const pointer of SECRET) Object.assign(form, { [TYPED[pointer]]: "" });
  return { ...draft, form, lost: [...new Set([...draft.lost, ...typed])] };
}

function kept(source: string): Draft | undefined {
  try {
    const found = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Draft | null;
    return found?.source === source ? { ...found, form: { ...BLANK, ...found.form }, retyped: true } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What makes the wizard's draft of a request that was sent before, and says its address. What is
 * secret of it nobody can read: it is asked for again. Undefined while a request of this tab is
 * without its answer, whose draft is not to be lost.
 */
export function draftAgain(request: RestoreBody): (() => string) | undefined {
  const before = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Draft | null;
  if (before?.unanswered !== undefined) return undefined;
  return () => {
    const { storageAccount: account, container } = request.backup;
    const source = sourceOf(new URLSearchParams({ account, container }));
    const { form, lost } = formOf(request);
    const draft: Draft = { ...begun(source), form, lost };
    sessionStorage.setItem(STORED, JSON.stringify(draft));
    return `/restore?${source}`;
  };
}

/** The draft of the address, as it was left, and how it is changed. */
export function useDraft() {
  const [given, setGiven] = useSearchParams();
  const [, shown] = useReducer((count: number) => count + 1, 0);
  const held = useRef<Draft>(null);
  const source = sourceOf(given);
  // Another address is another draft, such as of a link to the wizard that is followed within it.
  if (held.current?.source !== source) held.current = kept(source) ?? begun(source);
  const draft = held.current;

  const there = useRef(true);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
    };
  }, []);
  const become = (to: (before: Draft) => Draft) => {
    // An answer that comes later keeps nothing of somebody who left.
    if (!there.current) return;
    const next = to(held.current ?? draft);
    held.current = next;
    sessionStorage.setItem(STORED, JSON.stringify(withoutSecrets(next)));
    shown();
  };
  const change = (to: Partial<Form>) =>
    become((before) => {
      const lost = before.lost.filter((pointer) => !(TYPED[pointer as keyof typeof TYPED] in to));
      return { ...before, form: { ...before.form, ...to }, lost };
    });
  /** Another backup: the address says so, by its name in the history where it is there. */
  const take = (account: string, container: string, known?: { service: string; backup: string }) => {
    const next = new URLSearchParams(known ?? { account, container });
    become((before) => ({ ...before, source: sourceOf(next), form: { ...before.form, account, container } }));
    const step = given.get("step");
    if (step) next.set("step", step);
    setGiven(next, { replace: true });
  };
  /** The request was answered for good: the next one is another. */
  const renew = () => become((before) => ({ ...before, id: crypto.randomUUID(), unanswered: undefined }));
  const unanswered = (service: string) => become((before) => ({ ...before, unanswered: service, retyped: false }));
  const over = () => become((before) => begun(before.source));
  /** Whether anything was filled in, beside the backup, which is in its address. */
  const { account, container } = draft.form;
  const untouched: Form = { ...begun(draft.source).form, account, container };
  const isTouched = draft.lost.length > 0 || JSON.stringify(draft.form) !== JSON.stringify(untouched);
  return { draft, isTouched, there, change, take, renew, unanswered, over };
}

export type Drafting = ReturnType<typeof useDraft>;

/** Forget the draft, as its restore began. */
export const forget = () => sessionStorage.removeItem(STORED);
