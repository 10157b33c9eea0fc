/** What is wrong with a restore's request, each at the member whose control can mend it. */
import type { ApiProblem } from "../../api/problem";
import type { RestorePlan } from "../../api/types";
import { TYPED, type Form, type Wrong } from "./form";

/** What the code alone says where it concerns, as its target is no member of the request. */
const BY_CODE: Record<string, string> = {
  QuotaExceeded: "/service/unitCount",
  BackupNotFound: "/backup/container",
  BackupInUse: "/backup/container",
  DescriptorForged: "/backup/container",
  FormatUnknown: "/backup/container",
  KeyUnavailable: "/backup/container",
  BlobMissing: "/backup/container",
  BlobCorrupt: "/backup/container",
  BlobArchived: "/backup/container",
  OperationInProgress: "/service/name",
};

/** Members that have a control of their own beside those that are typed. */
const OTHERS = new Set(["/acceptPartial", "/acceptRenamed", "/include", "/exclude", "/replace", "/controlNumbers/policy"]);

function hasControl(pointer: string, form: Form): boolean {
  if (OTHERS.has(pointer) || pointer in TYPED) return true;
  if (/^\/service\/(monitoring|archiving)Store$/.test(pointer)) return true;
  const [, list, index, member] = /^\/(include|exclude|replace)\/(\d+)\/(section|name|pointer|value)$/.exec(pointer) ?? [];
  if (!list || !index) return false;
  return Number(index) < form[list as "include"].length && (list === "replace" || member === "section" || member === "name");
}

/** The member whose control can mend it: its target, or the nearest around it; "" where there is none. */
export function pointerOf(code: string, target: string | undefined | null, form: Form): string {
  if (!target?.startsWith("/")) return BY_CODE[code] ?? "";
  if (hasControl(`${target}/name`, form)) return `${target}/name`;
  for (let at = target; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) if (hasControl(at, form)) return at;
  return BY_CODE[code] ?? "";
}

/** All that forbids a restore: of its plan, or of the request that had none. */
export function wrongIn(plan: RestorePlan | undefined, problem: ApiProblem | undefined, form: Form): Wrong[] {
  const whole = problem && { code: problem.code, message: problem.message, target: problem.target };
  const said = problem ? (problem.details.length > 0 ? problem.details : [whole]) : (plan?.errors ?? []);
  return said.flatMap((one) => (one ? { code: one.code, message: one.message, pointer: pointerOf(one.code, one.target, form) } : []));
}

/** Whether a problem is of the request, and not of the way to the app. */
export const isOfRequest = (problem: ApiProblem) => problem.status >= 400 && problem.status < 500 && problem.status !== 401 && problem.status !== 403;
