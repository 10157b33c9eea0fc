/** The schedule's form: its fields as texts, and the body that they say. */
import type { Schedule, ScheduleBody, Schemas } from "../api/types";

export type Form = {
  status: "None" | "Automatic";
  account: string;
  /** As the control has it, in UTC: "2026-12-01T02:00". */
  start: string;
  frequency: string;
  retention: string;
  keepOne: boolean;
  daily: string;
  weekly: string;
  monthly: string;
  yearly: string;
  level: "" | Schemas["VerifyLevel"];
  nth: string;
};

/** A form of what is saved; without that, what one would choose first. */
export function formOf(saved: Schedule | undefined, account: string, now: Date): Form {
  const { keep, verify } = saved ?? {};
  const text = (value: number | null | undefined, otherwise: string) => String(value ?? otherwise);
  return {
    status: saved?.status ?? "None",
    account: saved?.storageAccount ?? account,
    start: saved?.startAt?.slice(0, 16) ?? tomorrow(now),
    frequency: text(saved?.frequencyDays, "1"),
    retention: text(saved?.retentionDays, "30"),
    keepOne: saved?.keepAtLeastOne ?? true,
    daily: text(keep?.daily, "0"),
    weekly: text(keep?.weekly, "0"),
    monthly: text(keep?.monthly, "0"),
    yearly: text(keep?.yearly, "0"),
    level: verify?.level ?? "",
    nth: text(verify?.everyNthBackup, "1"),
  };
}

/** Two o'clock of the next day, in UTC. */
function tomorrow(now: Date): string {
  return `${new Date(now.getTime() + 86_400_000).toISOString().slice(0, 10)}T02:00`;
}

/** What the form says, as the API takes it; undefined while a field is empty. */
export function bodyOf(form: Form): ScheduleBody | undefined {
  const start = new Date(`${form.start}:00Z`);
  const [frequency, retention] = [number(form.frequency), number(form.retention)];
  const keeps = [form.daily, form.weekly, form.monthly, form.yearly].map(number);
  const nth = form.level ? number(form.nth) : 1;
  const incomplete = Number.isNaN(start.getTime()) || [frequency, retention, nth, ...keeps].includes(undefined);
  // Off, it keeps what it says, for when it is turned on again.
  if (form.status === "None" && (incomplete || !form.account)) return { status: "None", keepAtLeastOne: form.keepOne };
  if (incomplete) return undefined;
  const [daily = 0, weekly = 0, monthly = 0, yearly = 0] = keeps;
  const keep = daily + weekly + monthly + yearly > 0 ? { daily, weekly, monthly, yearly } : undefined;
  return {
    status: form.status,
    storageAccount: form.account,
    startAt: start.toISOString(),
    frequencyDays: frequency,
    retentionDays: retention,
    keepAtLeastOne: form.keepOne,
    ...(keep ? { keep } : {}),
    ...(form.level ? { verify: { level: form.level, everyNthBackup: nth } } : {}),
  };
}

function number(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? undefined : value;
}
