/** What is filled in for a push, and the request that is made of it. */
import type { Section } from "../../api/artifacts";
import type { PushBody } from "../../api/integration-accounts";
import type { Schemas } from "../../api/types";
import type { Picked } from "../../parts/picks";
import type { Wrong } from "../../parts/wrong";
import { push as words } from "../../words/accounts";

export type Target = "own" | "listed" | "create";
type Policy = Schemas["PushNumbersPolicy"];

/** How the numbers of one agreement go on. */
export type Numbered = { agreement: string; policy: Policy; by: string };
export type Vault = { from: string; to: string };

export type Form = {
  target: Target;
  listed: string;
  id: string;
  location: string;
  tier: Schemas["Sku"];
  existing: Schemas["Existing"];
  extra: Schemas["Extra"];
  include: Picked[];
  exclude: Picked[];
  policy: Policy;
  by: string;
  agreements: Numbered[];
  vaults: Vault[];
  workflows: Schemas["WorkflowsPolicy"];
  link: boolean;
};

export const emptyForm = (linked: boolean): Form => ({
  target: linked ? "own" : "listed",
  listed: "",
  id: "",
  location: "",
  tier: "Standard",
  existing: "refuse",
  extra: "keep",
  include: [],
  exclude: [],
  policy: "continue",
  by: "",
  agreements: [],
  vaults: [],
  workflows: "suspend",
  link: true,
});

/** Tiers that an account can be made with. */
export const TIERS: readonly Schemas["Sku"][] = ["Free", "Basic", "Standard"];

/** Sections that an account has. */
export const PUSHED: readonly Section[] = [
  "agreements",
  "assemblies",
  "batches",
  "certificates",
  "partners",
  "rosettanet-processes",
  "schemas",
  "transforms",
];

const textOf = (value: string | number | null | undefined) => (value == null ? "" : String(value));
const picked = (all: readonly Schemas["Pick"][] | undefined): Picked[] => (all ?? []).map(({ section, name }) => ({ section, name: textOf(name) }));

/** The form of a request that was sent before. */
export function formOf(request: PushBody): Form {
  const { create, resourceId, controlNumbers: numbers } = request;
  const blank = emptyForm(true);
  return {
    ...blank,
    target: create ? "create" : resourceId ? "listed" : "own",
    listed: textOf(resourceId),
    id: textOf(create?.resourceId),
    location: textOf(create?.location),
    tier: create?.sku ?? blank.tier,
    existing: request.existing ?? blank.existing,
    extra: request.extra ?? blank.extra,
    include: picked(request.include),
    exclude: picked(request.exclude),
    policy: numbers?.policy ?? blank.policy,
    by: textOf(numbers?.by),
    agreements: (numbers?.agreements ?? []).map(({ agreement, policy, by }) => ({ agreement, policy, by: textOf(by) })),
    vaults: (request.keyVaults ?? []).map(({ from, to }) => ({ from, to })),
    workflows: request.workflows ?? blank.workflows,
    link: request.link ?? blank.link,
  };
}

/** What an address asks for, by the members of the request; `into=new` for an account that is made first. */
export function formAt(query: URLSearchParams, linked: boolean): Form {
  const blank = emptyForm(linked);
  const one = <T extends string>(name: string, of: Record<T, string>, or: T) => {
    const said = query.get(name);
    return said !== null && said in of ? (said as T) : or;
  };
  const id = query.get("resourceId") ?? "";
  const isNew = query.get("into") === "new";
  return {
    ...blank,
    target: isNew ? "create" : id ? "listed" : blank.target,
    ...(isNew ? { id } : { listed: id }),
    location: query.get("location") ?? "",
    tier: TIERS.find((tier) => tier === query.get("sku")) ?? blank.tier,
    existing: one("existing", words.existings, blank.existing),
    extra: one("extra", words.extras, blank.extra),
  };
}

/** Whether a member has a control on the form as it stands. */
function hasControl(pointer: string, form: Form): boolean {
  if (pointer === "/resourceId") return form.target !== "create";
  if (pointer.startsWith("/create/")) return form.target === "create" && /^\/create\/(resourceId|location|sku)$/.test(pointer);
  if (pointer === "/controlNumbers/by") return form.policy === "advance";
  if (/^\/(existing|extra|workflows|link|include|exclude|keyVaults|controlNumbers\/(policy|agreements))$/.test(pointer)) return true;
  const [, list, index, member = ""] = /^\/(include|exclude|keyVaults|controlNumbers\/agreements)\/(\d+)\/(\w+)$/.exec(pointer) ?? [];
  if (list === undefined) return false;
  const at = Number(index);
  if (list === "include" || list === "exclude") return at < form[list].length && (member === "section" || member === "name");
  if (list === "keyVaults") return at < form.vaults.length && (member === "from" || member === "to");
  const row = form.agreements[at];
  return row !== undefined && (member === "agreement" || member === "policy" || (member === "by" && row.policy === "advance"));
}

/** What concerns a whole is shown at the control that says most of it. */
function atControl(pointer: string, form: Form): string {
  if (pointer === "/create") return "/create/resourceId";
  if (pointer === "/controlNumbers") return "/controlNumbers/policy";
  const [row, index] = /^\/controlNumbers\/agreements\/(\d+)$/.exec(pointer) ?? [];
  if (row !== undefined) return form.agreements[Number(index)] ? `${row}/agreement` : "/controlNumbers/agreements";
  if (/^\/(include|exclude)\/\d+$/.test(pointer)) return `${pointer}/name`;
  return /^\/keyVaults\/\d+$/.test(pointer) ? `${pointer}/from` : pointer;
}

/** What the code alone says where it concerns, as its target is no member of the request. */
function byCode(code: string, form: Form): string {
  if (code.startsWith("ControlNumbers")) return "/controlNumbers/policy";
  if (!code.startsWith("IntegrationAccount")) return "";
  return form.target === "create" ? "/create/resourceId" : "/resourceId";
}

/** The member whose control can mend it; "" where there is none. */
export function pointerOf(code: string, target: string | undefined | null, form: Form): string {
  for (let at = target?.startsWith("/") ? target : ""; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const control = atControl(at, form);
    if (hasControl(control, form)) return control;
  }
  return byCode(code, form);
}

/** What is still to be filled in before there is a request. */
export function unfinished(form: Form): Wrong[] {
  const found: Wrong[] = [];
  const need = (pointer: string, message: string, is: boolean) => {
    if (is) found.push({ code: "", message, pointer });
  };
  need("/resourceId", words.needs.account, form.target === "listed" && form.listed === "");
  need("/create/resourceId", words.needs.id, form.target === "create" && form.id.trim() === "");
  need("/create/location", words.needs.location, form.target === "create" && form.location.trim() === "");
  need("/controlNumbers/by", words.needs.by, form.policy === "advance" && form.by === "");
  form.agreements.forEach((one, index) => {
    const at = `/controlNumbers/agreements/${index}`;
    need(`${at}/agreement`, words.needs.agreement, one.agreement === "");
    need(`${at}/by`, words.needs.by, one.policy === "advance" && one.by === "");
  });
  form.vaults.forEach((one, index) => {
    need(`/keyVaults/${index}/from`, words.needs.vault, one.from.trim() === "");
    need(`/keyVaults/${index}/to`, words.needs.vault, one.to.trim() === "");
  });
  return found;
}

const byOf = (policy: Policy, by: string) => (policy === "advance" ? { by: Number(by) } : {});

function picks(of: Picked[]): Schemas["Pick"][] | undefined {
  return of.length > 0 ? of.map(({ section, name }) => ({ section, ...(name === "" ? {} : { name }) })) : undefined;
}

/** The request as it is sent; undefined where something is still to be filled in. */
export function bodyOf(form: Form): PushBody | undefined {
  if (unfinished(form).length > 0) return undefined;
  const agreements = form.agreements.map(({ agreement, policy, by }) => ({ agreement, policy, ...byOf(policy, by) }));
  const { include, exclude } = { include: picks(form.include), exclude: picks(form.exclude) };
  return {
    ...(form.target === "listed" ? { resourceId: form.listed } : {}),
    ...(form.target === "create" ? { create: { resourceId: form.id.trim(), location: form.location.trim(), sku: form.tier } } : {}),
    existing: form.existing,
    extra: form.extra,
    ...(include ? { include } : {}),
    ...(exclude ? { exclude } : {}),
    controlNumbers: { policy: form.policy, ...byOf(form.policy, form.by), ...(agreements.length > 0 ? { agreements } : {}) },
    ...(form.vaults.length > 0 ? { keyVaults: form.vaults.map(({ from, to }) => ({ from: from.trim(), to: to.trim() })) } : {}),
    workflows: form.workflows,
    link: form.link,
  };
}

/** What the plan proposes of each agreement whose numbers are uncertain: its own count, the largest of its kinds. */
export function eachAgreement(before: Numbered[], uncertain: readonly Schemas["UncertainNumber"][]): Numbered[] {
  const most = new Map<string, number>();
  for (const one of uncertain) most.set(one.agreement, Math.max(most.get(one.agreement) ?? 0, one.proposedBy));
  const kept = before.filter((one) => !most.has(one.agreement));
  return [...kept, ...[...most].map(([agreement, by]): Numbered => ({ agreement, policy: "advance", by: String(by) }))];
}
