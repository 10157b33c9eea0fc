/** The words of what several pages are made of: rows of a request's lists, a request as it is sent. */
export const picks = {
  include: "Include",
  exclude: "Leave out",
  add: {
    include: "Include a section or an artifact",
    exclude: "Leave out a section or an artifact",
  },
  section: "Section",
  artifact: "Artifact",
  artifactHint: "Left empty: the whole section.",
  includeNone: "Everything is included.",
  excludeNone: "Nothing is left out.",
  remove: "Remove",
  removeThis: (what: string, row: string) => `Remove ${what} ${row}`,
  rowOf: (what: string, row: string) => `${what} ${row}`,
} as const;

export const wrong = {
  goTo: "Go to it",
  goToField: (field: string) => `Go to it: ${field}`,
} as const;

export const request = {
  title: "Show the request",
  json: "JSON",
  curl: "curl",
  secrets: "Show secrets",
  secretsHint: "Without this tick they are masked, and a copy is refused.",
  keyHint: "Put the function key into INTERKEEP_KEY first.",
  copy: "Copy the request",
} as const;
