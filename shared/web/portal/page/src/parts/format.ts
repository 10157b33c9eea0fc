/** Numbers, sizes and times as people read them, by Intl. */
import { useSyncExternalStore } from "react";
import { common } from "../words/shell";

const STORED = "interkeep-utc";
const told = new Set<() => void>();
let utc = sessionStorage.getItem(STORED) === "1";

/** Whether times are shown in UTC, and the switch of it. */
export function useUtc(): [boolean, (on: boolean) => void] {
  const on = useSyncExternalStore(
    (tell) => {
      told.add(tell);
      return () => told.delete(tell);
    },
    () => utc,
  );
  return [on, setUtc];
}

function setUtc(on: boolean): void {
  utc = on;
  sessionStorage.setItem(STORED, on ? "1" : "0");
  for (const tell of told) tell();
}

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const count = (value: number) => whole.format(value);

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes in the unit that keeps them short. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${short.format(value)} ${SIZES[unit]}`;
}

const zone = (inUtc: boolean) => (inUtc ? { timeZone: "UTC" } : {});

/** A moment with its zone: "30 Nov 2026, 07:25 UTC". */
export function moment(time: string | Date, inUtc: boolean): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    ...zone(inUtc),
  }).format(new Date(time));
}

export function day(time: Date, inUtc: boolean): string {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", ...zone(inUtc) }).format(time);
}

export function weekday(time: Date, inUtc: boolean): string {
  return new Intl.DateTimeFormat("en-GB", { weekday: "short", ...zone(inUtc) }).format(time);
}

export function clock(time: string | Date, inUtc: boolean): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...zone(inUtc) }).format(new Date(time));
}

/** Noon of so many days before: an hour more or less, where clocks change, does not move its day. */
export function noonBefore(now: number, days: number, inUtc: boolean): Date {
  const at = new Date(now);
  if (inUtc) return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() - days, 12));
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() - days, 12);
}

/** The day that a moment is on, as a text that sorts: "2026-11-30". */
export function dayKey(time: string | Date, inUtc: boolean): string {
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", ...zone(inUtc) }).format(new Date(time));
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago, or until: "3 hr. ago". */
export function age(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return common.now;
}

/** A length of time: "1 h 02 min", "12 s". */
export function lasting(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A length of time that is short, as a machine takes it: "12 ms", "1.3 s". */
export const brief = (milliseconds: number) =>
  milliseconds < 1 ? common.lessThan("1 ms") : milliseconds < 1000 ? `${whole.format(milliseconds)} ms` : `${short.format(milliseconds / 1000)} s`;

const share = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

/** A share of one: "87 %"; what is neither nothing nor all is never shown as that. */
export function percent(of: number): string {
  const rounded = of > 0 && of < 0.01 ? 0.01 : of < 1 && of > 0.99 ? 0.99 : of;
  return share.format(rounded);
}

const LENGTHS: [string, number][] = [
  ["year", 365.25 * 86_400_000],
  ["month", 30.44 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** A length of time in its largest unit, as one says it of the future: "about 3 months". */
export function roughly(milliseconds: number): string {
  const [unit, length] = LENGTHS.find(([, one]) => milliseconds >= one) ?? ["second", 1_000];
  const form = new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
  return common.about(form.format(Math.floor(milliseconds / length)));
}
