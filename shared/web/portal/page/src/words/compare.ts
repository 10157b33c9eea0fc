/** The words of documents: as a tree, and side by side. */
import { count } from "../parts/format";

export type Mark = "same" | "changed" | "added" | "removed";

export const compare = {
  secret: "secret, not shown",
  empty: "empty",
  members: (number: number) => `${count(number)} ${number === 1 ? "member" : "members"}`,
  elements: (number: number) => `${count(number)} ${number === 1 ? "element" : "elements"}`,
  more: (number: number) => `Show ${count(number)} more`,
  wholeText: (number: number) => `Show all ${count(number)} characters`,
  lessText: "Show less",
  alike: "The texts are alike.",
  equalLines: (number: number) => `Show ${count(number)} equal ${number === 1 ? "line" : "lines"}`,
  moreLines: (number: number) => `Show ${count(number)} more lines`,
  rough: "They differ too much to be matched line by line: what differs stands as one block.",
  line: "Line",
  marks: { same: "", changed: "changed", added: "added", removed: "removed" } satisfies Record<Mark, string>,
  clash: "changed on both sides",
  absent: "no such line",
} as const;
