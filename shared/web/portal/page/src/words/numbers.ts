/** The words of control numbers. */
import type { Schemas } from "../api/types";

export const numbers = {
  tab: "Control numbers",
  agreement: "Agreement",
  kind: "Kind",
  kinds: {
    interchange: "Interchange",
    group: "Group",
    transactionSet: "Transaction set",
    acknowledgement: "Acknowledgement",
  } satisfies Record<Schemas["Kind"], string>,
  next: "Next",
  bounds: "Bounds",
  range: (lower: string, upper: string) => `${lower} to ${upper}`,
  left: "Left",
  leftOf: (left: string) => `${left} left`,
  gauge: (agreement: string, kind: string, left: string, share: string) => `${agreement}, ${kind}: ${left} numbers left, ${share}`,
  lasts: "Lasts",
  lastsHint: "At the rate since the last good backup",
  unused: "none issued since",
  moreThan: "over a thousand years",
  cycle: "Cycle",
  rolls: "then begins again",
  ends: "ends there",
  stream: {
    identities: "Counts with every agreement between the same two parties",
    name: "Counts by its name",
  } satisfies Record<Schemas["ShownNumbers"]["stream"], string>,
  setNext: "Set next",
  setNextOf: (agreement: string, kind: string) => `Set next: ${agreement}, ${kind}`,
  commands: "Commands",
  tick: (agreement: string) => `Choose ${agreement}`,
  tickAll: "Choose all that are shown",
  named: "Name begins with",
  show: "Show",
  all: "All",
  nearOnly: "Nearly used up",
  order: "By name",
  none: "No agreement of this service has control numbers.",
  noMatch: "No agreement matches the filter.",
  nearNone: "No counter has used 90 % of its bounds.",
  rateSince: "How long they last is reckoned by what was issued since the backup",
  noRate: "There is no good backup to compare with, so how long they last is not known.",
  rateUnknown: "How long they last is not known: the backup cannot be read.",
} as const;

export const setNext = {
  title: (agreement: string, kind: string) => `Next number of ${agreement}, ${kind}`,
  text: "The counter of this kind goes on from there. What follows from it is said below before anything is set.",
  now: "Next now",
  last: "Last issued",
  none: "none",
  bounds: "Bounds",
  field: "Next number",
  run: "Set next",
  runAgain: "Issue them again",
  whole: "Enter a whole number.",
  outside: (lower: string, upper: string) => `It lies outside of the bounds, ${lower} to ${upper}. Widen them in the agreement first.`,
  same: "This is the next number already.",
  leavesOut: (count: string, from: string, to: string, one: boolean) =>
    one ? `Leaves out the number ${from}. It counts as not issued: a gap, no repeat.` : `Leaves out ${count} numbers, ${from} to ${to}. They count as not issued: a gap, no repeat.`,
  back: (count: string, one: boolean) =>
    one ? "Goes back over a number that was left out. It was not issued, so nothing is repeated." : `Goes back over ${count} numbers that were left out. None of them was issued, so nothing is repeated.`,
  repeats: (count: string, from: string, to: string, one: boolean) =>
    one ? `The number ${from} would be issued again.` : `${count} numbers would be issued again: ${from} to ${to}.`,
  repeatsText: "A partner takes a message with a number that it has seen for a duplicate, unless it expects that. A new cycle begins.",
  refusedAsIssued: "It was issued, as the app says. To issue it again all the same, confirm below.",
  changed: (before: string, now: string) => `The counter moved on meanwhile: the next number was ${before} and is ${now}. Nothing was set. Look at it, and set it once more.`,
  changedElse: "The counter or its bounds were changed meanwhile. Nothing was set. Look at it, and set it once more.",
} as const;

export const moveOn = {
  untick: (hidden: string) => `Untick all, also ${hidden} not shown`,
  all: "Move on",
  some: (count: string) => `Move on ${count} chosen`,
  titleAll: (service: string) => `Move the numbers of ${service} on`,
  titleSome: (count: string, one: boolean) => (one ? "Move the numbers of 1 agreement on" : `Move the numbers of ${count} agreements on`),
  text: "Leaves numbers out, where more may have been issued than is known here, as after a failover of the state account. They count as issued.",
  allText: "Every kind of every agreement of the service is moved on.",
  by: "By how many numbers",
  byWrong: "A whole number from 1 to 999,999,999.",
  kinds: "Kinds",
  noKind: "Choose at least one kind.",
  plan: "What would be moved",
  planning: "The plan is asked for when a number is entered.",
  counted: (counters: string, agreements: string) => `Counters: ${counters}. Agreements: ${agreements}.`,
  before: "Next now",
  after: "Next then",
  rollovers: (count: string) => `begins again ${count} ×`,
  more: (count: string) => `And ${count} more.`,
  forbidden: "Nothing is moved while any of this stands:",
  run: "Move on",
  done: (counters: string, agreements: string) => `Moved on. Counters: ${counters}. Agreements: ${agreements}.`,
} as const;

/** A kind of numbers in a person's words; one that is not known yet by its own name. */
export function shownKind(kind: string): string {
  return (numbers.kinds as Record<string, string>)[kind] ?? kind;
}
