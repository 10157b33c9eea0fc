/** The wizard's form: what a person typed, and the request of a restore that is made of it. */
import { BACKED_UP } from "../../api/artifacts";
import type { RestoreBody, Schemas } from "../../api/types";
import type { Picked } from "../../parts/picks";
import type { Wrong } from "../../parts/wrong";
import { restore as words } from "../../words/restore";

export type Section = Schemas["Section"];
export type { Picked, Wrong };
export type Replacing = Picked & {
  pointer: string;
  value: string;
  /** Whether the value is JSON: a number, an object; a text otherwise. */
  json: boolean;
  /** It was typed before the page was loaded again, and is not kept. */
  lost: boolean;
};
export type StoreKind = "" | "account" | "connection";

export const BLANK = {
  account: "",
  container: "",
  acceptPartial: false,
  acceptRenamed: false,
  name: "",
  domainUrl: "",
  edition: "" as Schemas["Edition"] | "",
  region: "",
  unitCount: "",
  acsNamespace: "",
  acsKey: "",
  server: "",
  database: "",
  login: "",
  password: "",
  advanced: false,
  databaseEdition: "",
  maxSizeGB: "",
  collation: "",
  monitoring: "" as StoreKind,
  monitoringAccount: "",
  monitoringConnection: "",
  archiving: "" as StoreKind,
  archivingAccount: "",
  archivingConnection: "",
  policy: "continue" as Schemas["NumbersPolicy"],
  by: "",
  include: [] as Picked[],
  exclude: [] as Picked[],
  replace: [] as Replacing[],
};

export type Form = typeof BLANK;
type Texts = { [K in keyof Form]: Form[K] extends string ? K : never }[keyof Form];

export type Step = "service" | "database" | "advanced" | "stores" | "review";

/** Where a member of the request is typed: its pointer, what the form calls it. */
export const TYPED = {
  "/backup/storageAccount": "account",
  "/backup/container": "container",
  "/service/name": "name",
  "/service/domainUrl": "domainUrl",
  "/service/edition": "edition",
  "/service/region": "region",
  "/service/unitCount": "unitCount",
  "/service/accessControl/namespace": "acsNamespace",
  "/service/accessControl/key": "acsKey",
  "/service/trackingDatabase/server": "server",
  "/service/trackingDatabase/name": "database",
  "/service/trackingDatabase/login": "login",
  "/service/trackingDatabase/password": "password",
  "/service/trackingDatabase/advanced/edition": "databaseEdition",
  "/service/trackingDatabase/advanced/maxSizeGB": "maxSizeGB",
  "/service/trackingDatabase/advanced/collation": "collation",
  "/service/monitoringStore/storageAccount": "monitoringAccount",
  "/service/monitoringStore/connectionString": "monitoringConnection",
  "/service/archivingStore/storageAccount": "archivingAccount",
  "/service/archivingStore/connectionString": "archivingConnection",
  "/controlNumbers/by": "by",
} as const satisfies Record<string, Texts>;

export type Pointer = keyof typeof TYPED;

export const SECRET: readonly Pointer[] = [
  "/service/accessControl/key",
  "/service/trackingDatabase/password",
  "/service/monitoringStore/connectionString",
  "/service/archivingStore/connectionString",
];

const STEPS: [string, Step][] = [
  ["/service/trackingDatabase/advanced", "advanced"],
  ["/service/trackingDatabase", "database"],
  ["/service/monitoringStore", "stores"],
  ["/service/archivingStore", "stores"],
  ["/controlNumbers", "review"],
];

/** The step that has the control of a member. */
export const stepOf = (pointer: string): Step => STEPS.find(([prefix]) => pointer.startsWith(prefix))?.[1] ?? "service";

/** The steps that there are: the page of a new database only where one is wanted. */
export const stepsOf = (form: Form): Step[] =>
  form.advanced ? ["service", "database", "advanced", "stores", "review"] : ["service", "database", "stores", "review"];

/** The object, where any of its members says something. */
function some<T extends object>(of: T): T | undefined {
  return Object.values(of).some((value) => value !== undefined) ? of : undefined;
}

const said = (text: string) => (text === "" ? undefined : text);
const number = (text: string) => (text === "" ? undefined : Number(text));

function database(form: Form): Schemas["TrackingDatabaseChoice"] | undefined {
  return some({
    server: said(form.server),
    name: said(form.database),
    login: said(form.login),
    password: said(form.password),
    advanced: form.advanced
      ? { edition: said(form.databaseEdition), maxSizeGB: number(form.maxSizeGB), collation: said(form.collation) }
      : undefined,
  });
}

function store(kind: StoreKind, account: string, connection: string): Schemas["Store"] | undefined {
  if (kind === "account") return { storageAccount: account };
  return kind === "connection" ? { connectionString: connection } : undefined;
}

const picks = (of: Picked[]) => (of.length > 0 ? of.map(({ section, name }) => ({ section, name: said(name) })) : undefined);

/** The request as it is sent: only what was chosen. */
export function bodyOf(form: Form): RestoreBody {
  return {
    backup: { storageAccount: form.account, container: form.container },
    service: some({
      name: said(form.name),
      edition: said(form.edition) as Schemas["Edition"] | undefined,
      unitCount: number(form.unitCount),
      region: said(form.region),
      domainUrl: said(form.domainUrl),
      accessControl: some({ namespace: said(form.acsNamespace), key: said(form.acsKey) }),
      trackingDatabase: database(form),
      monitoringStore: store(form.monitoring, form.monitoringAccount, form.monitoringConnection),
      archivingStore: store(form.archiving, form.archivingAccount, form.archivingConnection),
    }),
    controlNumbers: { policy: form.policy, by: form.policy === "advance" ? number(form.by) : undefined },
    include: picks(form.include),
    exclude: picks(form.exclude),
    replace:
      form.replace.length > 0
        ? form.replace.map(({ section, name, pointer, value, json }) => ({ section, name, pointer, value: json ? parsed(value) : value }))
        : undefined,
    acceptPartial: form.acceptPartial || undefined,
    acceptRenamed: form.acceptRenamed || undefined,
  };
}

type Json = Schemas["Replacement"]["value"];

/** The value of a text that is JSON; a text that is none is told by `unfinished`. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is still to be filled in before anybody can be asked about the request. */
export function unfinished(form: Form, lost: readonly string[]): Wrong[] {
  const found: Wrong[] = [];
  const need = (pointer: string, message: string, is: boolean) => {
    if (is) found.push({ code: "", message, pointer });
  };
  need("/backup/storageAccount", words.needs.account, form.account === "");
  need("/backup/container", words.needs.container, form.container === "");
  for (const pointer of lost) need(pointer, words.needs.again, true);
  for (const [name, member] of [["monitoring", "monitoringStore"], ["archiving", "archivingStore"]] as const) {
    const [kind, account, connection] = [form[name], form[`${name}Account`], form[`${name}Connection`]];
    const pointer = `/service/${member}/connectionString`;
    need(`/service/${member}/storageAccount`, words.needs.account, kind === "account" && account === "");
    need(pointer, words.needs.connection, kind === "connection" && connection === "" && !lost.includes(pointer));
  }
  need("/controlNumbers/by", words.needs.by, form.policy === "advance" && form.by === "");
  form.replace.forEach((one, index) => {
    need(`/replace/${index}/name`, words.needs.artifact, one.name === "");
    need(`/replace/${index}/pointer`, words.needs.pointer, one.pointer === "");
    need(`/replace/${index}/value`, words.needs.again, one.lost);
    need(`/replace/${index}/value`, words.needs.json, one.json && !one.lost && !isJson(one.value));
  });
  return found;
}

/** Where a section or an artifact is named as links name it: `agreements`, `agreements/Fabrikam-850`. */
export function pickedOf(text: string): Picked | undefined {
  const [first, ...rest] = text.split("/");
  const section = BACKED_UP.find((one) => one === first);
  return section && { section, name: rest.join("/") };
}
