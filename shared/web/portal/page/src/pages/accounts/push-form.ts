/** What is filled in for a push, and the request that is made of it. */
import { isSection } from "../../api/artifacts";
import type { PushBody } from "../../api/integration-accounts";
import type { Schemas } from "../../api/types";
import { push as words } from "../../words/accounts";

export type Target = "own" | "listed" | "create";

export type Form = {
  target: Target;
  listed: string;
  id: string;
  location: string;
  tier: Schemas["Sku"];
  existing: Schemas["Existing"];
  extra: Schemas["Extra"];
  include: string;
  exclude: string;
  policy: Schemas["PushNumbersPolicy"];
  by: string;
  vaults: string;
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
  include: "",
  exclude: "",
  policy: "continue",
  by: "",
  vaults: "",
  workflows: "suspend",
  link: true,
});

/** Tiers that an account can be made with. */
export const TIERS: readonly Schemas["Sku"][] = ["Free", "Basic", "Standard"];

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((one) => one.trim())
    .filter((one) => one !== "");

function picksOf(text: string): Schemas["Pick"][] {
  return linesOf(text).map((line) => {
    const [section = "", ...name] = line.split("/");
    return { section: section as Schemas["Section"], ...(name.length > 0 ? { name: name.join("/") } : {}) };
  });
}

/** What is wrong with a text of picks, in words. */
export function wrongPick(text: string): string | undefined {
  const bad = linesOf(text).find((line) => !isSection(line.split("/")[0] ?? ""));
  return bad === undefined ? undefined : words.wrongPick(bad);
}

const ARROW = "=>";

export function wrongVault(text: string): string | undefined {
  return linesOf(text).every((line) => line.split(ARROW).filter((part) => part.trim()).length === 2) ? undefined : words.wrongVault;
}

/** The request, or undefined where something is still to be filled in. */
export function bodyOf(form: Form): PushBody | undefined {
  if (wrongPick(form.include) ?? wrongPick(form.exclude) ?? wrongVault(form.vaults)) return undefined;
  if (form.target === "listed" && !form.listed) return undefined;
  if (form.target === "create" && !(form.id && form.location)) return undefined;
  const vaults = linesOf(form.vaults).map((line) => {
    const [from = "", to = ""] = line.split(ARROW).map((part) => part.trim());
    return { from, to };
  });
  const by = form.policy === "advance" && form.by ? { by: Number(form.by) } : {};
  return {
    ...(form.target === "listed" ? { resourceId: form.listed } : {}),
    ...(form.target === "create" ? { create: { resourceId: form.id.trim(), location: form.location.trim(), sku: form.tier } } : {}),
    existing: form.existing,
    extra: form.extra,
    include: picksOf(form.include),
    exclude: picksOf(form.exclude),
    controlNumbers: { policy: form.policy, ...by },
    keyVaults: vaults,
    workflows: form.workflows,
    link: form.link,
  };
}
