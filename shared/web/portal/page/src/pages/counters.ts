/** What can be said of a counter: how much is left, for how long, what setting it would do. */
import type { Schemas } from "../api/types";

export type Kind = Schemas["Kind"];
export type Standing = Schemas["KindStanding"];
export type ShownNumbers = Schemas["ShownNumbers"];

export const KINDS = ["interchange", "group", "transactionSet", "acknowledgement"] as const satisfies readonly Kind[];

/** As the API counts them: from here on a counter is near its end. */
const NEAR_END_SHARE = 0.9;
const NEVER_MS = 1000 * 365.25 * 86_400_000;

/** A counter as a backup has it. */
export type BackedUp = { next: number; cycle: number };

const sizeOf = (of: Standing) => of.upperBound - of.lowerBound + 1;

export const left = (of: Standing) => Math.max(0, of.upperBound - of.next + 1);

/** How much of the bounds is left, of 1. */
export const shareLeft = (of: Standing) => Math.min(1, left(of) / sizeOf(of));

export const hasEnded = (of: Standing) => left(of) === 0;

export const isNearEnd = (of: Standing) => of.next - of.lowerBound >= sizeOf(of) * NEAR_END_SHARE;

/** Where it stands in its cycle; shown as the first of the next one, it stands at the end of this. */
function position(of: Standing): number {
  const atEnd = of.rollover && of.last === of.upperBound && of.next === of.lowerBound;
  return atEnd ? of.upperBound + 1 : of.next;
}

/** How many numbers went since a backup; undefined where the two cannot be compared. */
export function issuedSince(before: BackedUp, now: Standing): number | undefined {
  const began = Math.max(before.next, now.lowerBound);
  const turns = now.cycle - before.cycle;
  if (turns === 0 && position(now) >= began) return position(now) - began;
  if (turns === 1 && now.rollover && began <= now.upperBound + 1) {
    return now.upperBound + 1 - began + (position(now) - now.lowerBound);
  }
  return undefined;
}

export type Lasting = { kind: "unknown" } | { kind: "unused" } | { kind: "ages" } | { kind: "for"; milliseconds: number };

/** For how long what is left lasts, where so many went in so long. */
export function lasts(now: Standing, issued: number | undefined, elapsedMs: number | undefined): Lasting {
  if (issued === undefined || elapsedMs === undefined || elapsedMs <= 0) return { kind: "unknown" };
  if (issued === 0) return { kind: "unused" };
  const milliseconds = (left(now) / issued) * elapsedMs;
  return milliseconds > NEVER_MS ? { kind: "ages" } : { kind: "for", milliseconds };
}

export type Consequence =
  | { kind: "none" }
  | { kind: "notWhole" }
  | { kind: "outside" }
  | { kind: "same" }
  | { kind: "leavesOut"; count: number; from: number; to: number }
  | { kind: "back"; count: number }
  | { kind: "repeats"; count: number; from: number; to: number };

/** What comes of setting the next number to what was typed. */
export function consequenceOf(now: Standing, typed: string): Consequence {
  if (typed.trim() === "") return { kind: "none" };
  if (!/^\d{1,14}$/.test(typed.trim())) return { kind: "notWhole" };
  const next = Number(typed);
  if (next < now.lowerBound || next > now.upperBound) return { kind: "outside" };
  if (next === now.next && next > now.last) return { kind: "same" };
  if (next <= now.last) return { kind: "repeats", count: now.last - next + 1, from: next, to: now.last };
  if (next < now.next) return { kind: "back", count: now.next - next };
  return { kind: "leavesOut", count: next - now.next, from: now.next, to: next - 1 };
}
