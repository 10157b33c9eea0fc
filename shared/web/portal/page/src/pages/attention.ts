/** What needs attention: of services as the API judges it, of the app by its deep health; the worst first. */
import { GONE, type FoundAccounts } from "../api/integration-accounts";
import type { DeepHealth, Schemas, UrgentService } from "../api/types";
import { count } from "../parts/format";
import { accounts as ofFound } from "../words/accounts";
import { dashboard as words } from "../words/pages";

export type Attention = {
  id: string;
  tone: "bad" | "warn";
  about: string;
  text: string;
  address: string;
  status?: string;
  since?: string | undefined;
};

const DAY = 86_400_000;
const EXPIRES_SOON = 30 * DAY;
/** As many as a backup notes: there may be more. */
const MOST_CERTIFICATES = 5;
export function attentionOf(
  services: UrgentService[],
  health: DeepHealth | undefined,
  now: number,
  unprotected: FoundAccounts | undefined,
): Attention[] {
  const all = [...(health ? ofHealth(health) : []), ...ofAccounts(unprotected), ...services.flatMap((one) => [...ofService(one, now)])];
  return merged(all).sort((a, b) => Number(a.tone === "warn") - Number(b.tone === "warn"));
}

/** One line for each service: the worst of it first, the rest beside it. */
function merged(all: Attention[]): Attention[] {
  const lines = new Map<string, Attention>();
  for (const one of all) {
    const before = lines.get(one.about);
    if (before === undefined) lines.set(one.about, one);
    else {
      const [worse, other] = before.tone === "warn" && one.tone === "bad" ? [one, before] : [before, one];
      lines.set(one.about, { ...worse, text: words.both(worse.text, other.text) });
    }
  }
  return [...lines.values()];
}

type Reason = UrgentService["reasons"][number];

/** What a backup noticed, which is told of all at once. */
const NOTICED: ReadonlySet<string> = new Set(["CountersEnded", "CountersNearEnd", "CertificateExpired", "CertificateExpires"]);

function* ofService(service: UrgentService, now: number): Generator<Attention> {
  const { reasons } = service;
  if (reasons.some((one) => NOTICED.has(one.reason))) yield* ofNoticed(service, now);
  for (const one of reasons) if (!NOTICED.has(one.reason)) yield lineOf(service, one, now);
}

/** A reason as a line: where it leads, and the status that stands beside it. */
function lineOf(service: UrgentService, { reason, severity, since, code }: Reason, now: number): Attention {
  const { name } = service;
  const home = `/services/${name}`;
  const line = (text: string, address: string, status?: string): Attention => ({
    id: `${name} ${reason}`,
    tone: severity === "error" ? "bad" : "warn",
    about: name,
    text,
    address,
    ...(status ? { status } : {}),
    since: since ?? undefined,
  });
  const run = service.lastBackup;
  const ofRun = (text: string) => line(text, run ? `${home}/log/${run.operation}` : home, run?.status);
  const days = Math.floor((now - Date.parse(since ?? "")) / DAY);
  switch (reason) {
    case "ServiceFailed":
      return line(words.failedState, home, service.state);
    case "BackupFailed":
      return ofRun(words.failedBackup);
    case "PullFailed":
      return code === GONE ? line(words.lostAccount, home, "Gone") : line(words.failedPull(code ?? ""), home);
    case "BackupPartial":
      return ofRun(words.partialBackup);
    case "BackupCanceled":
      return ofRun(words.stoppedBackup);
    case "BackupOverdue":
      return line(words.overdue(`${count(days)} days`), `${home}/backups`);
    case "NeverBackedUp":
      return line(words.neverBackedUp, `${home}/backups`);
    case "ScheduleLate":
      return line(words.late, `${home}/configure`);
    case "NoSchedule":
      return line(words.noSchedule, `${home}/configure`);
    case "ScheduleOff":
      return line(words.scheduleOff, `${home}/configure`);
    default:
      // A reason that this page is too old to know: still told, and by its own name.
      return line(reason, home);
  }
}

/** What the last good backup noticed on its way: counters near their end, certificates that expire. */
function* ofNoticed({ name, noticed }: UrgentService, now: number): Generator<Attention> {
  if (!noticed) return;
  const { countersEnded: ended = 0, countersNearEnd: near = 0, certificates = [], at: since } = noticed;
  const numbers = `/services/${name}/numbers?near=true`;
  const others = near - ended;
  const said = [
    ...(ended > 0 ? [words.countersEnded(count(ended), ended === 1)] : []),
    ...(others > 0 ? [words.countersNear(count(others), others === 1)] : []),
  ];
  if (said.length > 0) {
    const text = words.asOf(said.join(", "));
    yield { id: `${name} counters`, tone: ended > 0 ? "bad" : "warn", about: name, text, address: numbers, since };
  }
  const soon = certificates.filter((one) => Date.parse(one.expiresAt) < now + EXPIRES_SOON);
  const [first] = soon;
  if (first === undefined) return;
  const expired = soon.filter((one) => Date.parse(one.expiresAt) <= now);
  yield {
    id: `${name} certificates`,
    tone: expired.length > 0 ? "bad" : "warn",
    about: name,
    text: certificatesSaid(first, soon.length, expired.length, now),
    address: first.section === "service" ? `/services/${name}` : `/services/${name}/artifacts/certificates`,
    since,
  };
}

/** The one that expires first by its name; of the others, how many. */
function certificatesSaid(first: Schemas["ExpiringCertificate"], soon: number, expired: number, now: number): string {
  const which = first.section === "service" ? words.ownCertificate : words.certificate(first.name);
  const days = Math.floor((Date.parse(first.expiresAt) - now) / DAY);
  const said = expired > 0 ? words.expired(which) : words.expires(which, count(Math.max(0, days)), days === 1);
  return words.asOf(soon === 1 ? said : words.andMore(said, count(soon - 1), soon === MOST_CERTIFICATES));
}

/** Integration accounts that no service is linked to, and what is not known of them: one line for all of each. */
function* ofAccounts(found: FoundAccounts | undefined): Generator<Attention> {
  const unread = found?.unread?.length ?? 0;
  if (unread > 0) {
    const about = ofFound.unreadLine(count(unread), unread === 1);
    yield { id: "unread scopes", tone: "warn", about, text: ofFound.unreadSaid, address: "/accounts" };
  }
  const [first, ...others] = found?.value ?? [];
  if (first === undefined) return;
  const many = others.length + 1;
  const single = many === 1 && !found?.nextLink;
  yield {
    id: "unprotected accounts",
    tone: "warn",
    about: single ? ofFound.unprotectedOne(first.name) : ofFound.unprotectedAll(count(many), Boolean(found?.nextLink)),
    text: single ? ofFound.unprotectedSaid : ofFound.unprotectedAllSaid,
    address: "/accounts",
    status: "notProtected",
  };
}

function* ofHealth(health: DeepHealth): Generator<Attention> {
  for (const check of health.checks) {
    if (check.status === "failing") {
      yield { id: `check ${check.name}`, tone: "bad", about: words.failing(check.name), text: check.error ?? "", address: "/health" };
    }
  }
  const gone = new Map<string, number>();
  for (const key of [...(health.keys.neededByBackups ?? []), ...(health.keys.neededByServices ?? [])]) {
    if (!key.atHand) gone.set(key.keyId, (gone.get(key.keyId) ?? 0) + (key.backups ?? 0) + (key.services ?? 0));
  }
  for (const [key, needed] of gone) {
    yield { id: `key ${key}`, tone: "bad", about: words.keyGone(key), text: words.keyGoneText(count(needed)), address: "/keys" };
  }
  const { error, complete } = health.keys;
  if (error) yield { id: "keys", tone: "bad", about: words.keysUnknown, text: error, address: "/keys" };
  else if (complete === false) yield { id: "keys", tone: "warn", about: words.keysUnknown, text: words.keysInPart, address: "/keys" };
  if (health.leftBehind.error) yield { id: "left", tone: "warn", about: words.leftUnknown, text: health.leftBehind.error, address: "/health" };
  const left = health.leftBehind.count ?? 0;
  if (left > 0) yield { id: "left", tone: "warn", about: words.leftBehind(count(left)), text: "", address: "/health" };
}
