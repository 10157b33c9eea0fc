/**
 * What was recognised, on its way to the service: documents in requests as large as the API takes,
 * in an order in which what is named comes first; then content, file by file.
 */
import { putContent, type Section } from "../../api/artifacts";
import { api, taken } from "../../api/client";
import { asProblem, type ApiProblem } from "../../api/problem";
import type { Schemas } from "../../api/types";
import { importing as words, type Outcome } from "../../words/import";
import type { Item } from "./kinds";

/** Artifacts of one request, as the API takes them. */
export const MOST_ARTIFACTS = 1_000;
/** Bytes of one request: the API takes 16 MiB, what stands around the documents included. */
export const MOST_REQUEST = 15 * 1024 * 1024;

/** Sections in an order in which an artifact comes behind those that it names. */
const ORDER: readonly Section[] = [
  "partners",
  "certificates",
  "schemas",
  "assemblies",
  "templates",
  "hybrid-connections",
  "x12-mappings",
  "transforms",
  "pipelines",
  "rosettanet-processes",
  "agreements",
  "batches",
  "bridges",
];

export type Step = "none" | "todo" | "done" | "refused" | "unknown";

/** One artifact, what of it is sent, and what became of that. */
export type Line = {
  item: Item;
  /** What the service said that it would be, or is: new, or over another one. */
  became: "created" | "replaced" | undefined;
  kept: boolean;
  document: Step;
  content: Step;
  message: string | undefined;
};

export const lineOf = (item: Item): Line => ({
  item,
  became: undefined,
  kept: false,
  document: "todo",
  content: item.content ? "todo" : "none",
  message: undefined,
});

export function outcomeOf(line: Line): Outcome {
  const steps = [line.document, line.content];
  if (line.kept) return "kept";
  if (steps.includes("refused")) return "refused";
  if (steps.includes("unknown")) return "unknown";
  if (steps.includes("todo")) return "notSent";
  return line.document === "done" ? (line.became ?? "created") : "contentReplaced";
}

export const isOpen = (line: Line) => !line.kept && [line.document, line.content].some((one) => one === "todo" || one === "unknown");

/** The passwords of PFX files, by the path of the file. */
export type Passwords = ReadonlyMap<string, string>;

async function documentOf(item: Item, passwords: Passwords): Promise<string> {
  if (item.pfx === undefined) return item.document ?? item.fallback;
  const bytes = new Uint8Array(await item.pfx.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return JSON.stringify({ pfx: btoa(binary), password: passwords.get(pathOfPfx(item)) ?? "" });
}

/** The path under which a PFX is asked for its password. */
export const pathOfPfx = (item: Item) => item.from.find((one) => /\.(pfx|p12)$/i.test(one)) ?? item.name;

type Batch = { lines: Line[]; texts: string[] };

async function* batchesOf(lines: readonly Line[], passwords: Passwords): AsyncGenerator<Batch> {
  const ordered = [...lines].sort((one, other) => ORDER.indexOf(one.item.section) - ORDER.indexOf(other.item.section));
  let batch: Batch = { lines: [], texts: [] };
  let bytes = 0;
  for (const line of ordered) {
    const { section, name } = line.item;
    const document = await documentOf(line.item, passwords);
    const text = `{"section":${JSON.stringify(section)},"name":${JSON.stringify(name)},"document":${document}}`;
    const length = new Blob([text]).size + 1;
    if (batch.lines.length > 0 && (batch.lines.length >= MOST_ARTIFACTS || bytes + length > MOST_REQUEST)) {
      yield batch;
      batch = { lines: [], texts: [] };
      bytes = 0;
    }
    batch.lines.push(line);
    batch.texts.push(text);
    bytes += length;
  }
  if (batch.lines.length > 0) yield batch;
}

async function asked(service: string, batch: Batch, only: boolean): Promise<Schemas["ImportLine"][]> {
  const read = await taken(
    api.POST("/services/{service}/import", {
      params: { path: { service }, query: only ? { validateOnly: "true" } : {} },
      body: { artifacts: [] },
      // The documents as they were written: what JavaScript makes of numbers may be others.
      bodySerializer: () => `{"artifacts":[${batch.texts.join(",")}]}`,
    }),
  );
  return read.value.value;
}

/** The item of a request that a problem is about, where it is about one. */
function itemOf(problem: ApiProblem): number | undefined {
  const index = /^\/artifacts\/(\d+)(\/|$)/.exec(problem.target ?? "")?.[1];
  return index === undefined ? undefined : Number(index);
}

const said = (error: Schemas["ErrorFacts"] | null | undefined) => error?.message;

/** Ask what would become of each; nothing is written. */
export async function check(service: string, items: readonly Item[], passwords: Passwords): Promise<Line[]> {
  const lines = items.map(lineOf);
  let first = true;
  for await (const batch of batchesOf(lines, passwords)) {
    for (let open = batch; open.lines.length > 0; ) {
      try {
        const report = await asked(service, open, true);
        report.forEach((one, index) => told(open.lines[index]!, one, first));
        break;
      } catch (thrown) {
        // A name refuses the whole request: it is taken out, and the others are asked for again.
        const problem = asProblem(thrown);
        const at = itemOf(problem);
        const line = at === undefined ? undefined : open.lines[at];
        if (problem.status !== 400 || line === undefined) throw thrown;
        line.document = "refused";
        line.message = problem.message;
        open = { lines: open.lines.filter((_, index) => index !== at), texts: open.texts.filter((_, index) => index !== at) };
      }
    }
    first = false;
  }
  return lines;
}

function told(line: Line, one: Schemas["ImportLine"], first: boolean): void {
  if (one.status !== "refused") {
    line.became = one.status;
    return;
  }
  // What an earlier request brings is not there yet when a later one is only asked about.
  if (!first && one.error?.code === "DanglingReference") {
    line.message = words.laterPart;
    return;
  }
  line.document = "refused";
  line.message = said(one.error);
}

/** What is sent of what was checked: without what was refused, and without what is to stay. */
export function planned(checked: readonly Line[], keep: boolean): Line[] {
  return checked
    .filter((line) => line.document !== "refused")
    .map((line) => {
      const there = line.became === "replaced";
      if (there && keep) return { ...line, kept: true, document: "none", content: "none" } as Line;
      const bytesAlone = there && line.item.document === undefined && line.item.pfx === undefined;
      return { ...line, document: bytesAlone ? "none" : "todo" } as Line;
    });
}

/** The sending of lines: it can be stopped, and gone on with after it broke. */
export class Sending {
  running = false;
  problem: ApiProblem | undefined;
  stopped = false;
  private wanted = false;

  constructor(
    private readonly service: string,
    readonly lines: readonly Line[],
    private readonly passwords: Passwords,
    private readonly tell: () => void,
  ) {}

  get done(): number {
    return this.steps((one) => one === "done" || one === "refused");
  }

  get total(): number {
    return this.steps((one) => one !== "none");
  }

  private steps(counts: (one: Step) => boolean): number {
    return this.lines.reduce((sum, { document, content }) => sum + Number(counts(document)) + Number(counts(content)), 0);
  }

  stop(): void {
    this.wanted = true;
    this.tell();
  }

  get stopping(): boolean {
    return this.running && this.wanted;
  }

  async run(): Promise<void> {
    this.running = true;
    this.problem = undefined;
    this.stopped = this.wanted = false;
    this.tell();
    try {
      const open = this.lines.filter((line) => !line.kept && (line.document === "todo" || line.document === "unknown"));
      for await (const batch of batchesOf(open, this.passwords)) {
        if (this.wanted) break;
        await this.documents(batch);
        this.tell();
      }
      for (const line of this.lines) {
        if (this.wanted || this.problem) break;
        if (line.kept || !(line.content === "todo" || line.content === "unknown")) continue;
        if (line.document === "none" || line.document === "done") await this.bytes(line);
        this.tell();
      }
      this.stopped = this.wanted && this.lines.some(isOpen);
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.running = false;
    this.tell();
  }

  private async documents(batch: Batch): Promise<void> {
    try {
      const report = await asked(this.service, batch, false);
      report.forEach((one, index) => {
        const line = batch.lines[index]!;
        line.document = one.status === "refused" ? "refused" : "done";
        line.message = said(one.error);
        if (one.status === "refused") line.content = line.item.content ? "refused" : "none";
        else line.became = one.status;
      });
    } catch (thrown) {
      const problem = asProblem(thrown);
      for (const line of batch.lines) line.document = isAnswer(problem) ? "todo" : "unknown";
      const about = problem.details.flatMap((one) => itemOf({ target: one.target } as ApiProblem) ?? []);
      for (const index of new Set([...about, itemOf(problem)])) {
        const line = index === undefined ? undefined : batch.lines[index];
        if (line === undefined || problem.retryAfter !== undefined) continue;
        line.document = "refused";
        line.content = line.item.content ? "refused" : "none";
        line.message = problem.details.find((one) => one.target?.startsWith(`/artifacts/${index}/`))?.message ?? problem.message;
      }
      throw thrown;
    }
  }

  private async bytes(line: Line): Promise<void> {
    const { section, name, content } = line.item;
    if (content === undefined) return;
    try {
      await putContent({ service: this.service, section, name }, content.bytes, content.type);
      line.content = "done";
    } catch (thrown) {
      const problem = asProblem(thrown);
      const definite = isAnswer(problem) && problem.retryAfter === undefined && problem.code !== "OperationNotAllowed" && problem.status !== 401;
      line.content = definite ? "refused" : isAnswer(problem) ? "todo" : "unknown";
      if (!definite) throw thrown;
      line.message = line.document === "done" ? `${words.contentFailed} ${problem.message}` : problem.message;
    }
  }
}

/** Whether an answer says that nothing was written. */
const isAnswer = (problem: ApiProblem) => problem.status >= 400 && problem.status < 500;
