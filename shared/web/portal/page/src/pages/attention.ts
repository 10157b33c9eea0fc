/** What needs attention: judged from what the API tells, the worst first. */
import type { DeepHealth, ListedService, Schemas } from "../api/types";
import { count } from "../parts/format";
import { shownStatus } from "../words/status";
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
/** How late a due backup may begin before that is news: the timer looks every minute. */
const LATE = 3_600_000;
const HAS_BACKUP = new Set(["Basic", "Standard", "Premium"]);
const FAILED = new Set(["Failed", "Missing"]);
const EXPIRES_SOON = 30 * DAY;
/** As many as a backup notes: there may be more. */
const MOST_CERTIFICATES = 5;
/** A backup that was stopped protects nothing. */
const STOPPED = "Canceled";

/** Whether the last run succeeded; whether its backup is still there is not known here. */
export function isGood(service: ListedService): boolean {
  return service.lastBackup?.status === "Succeeded";
}

export function attentionOf(services: ListedService[], health: DeepHealth | undefined, now: number): Attention[] {
  const all = [...(health ? ofHealth(health) : []), ...services.flatMap((one) => [...ofService(one, now)])];
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

function* ofService(service: ListedService, now: number): Generator<Attention> {
  const { name, state } = service;
  const home = `/services/${name}`;
  if (shownStatus(state).tone === "bad") {
    const since = service.changedAt;
    yield { id: `${name} state`, tone: "bad", about: name, text: words.failedState, address: home, status: state, since };
    return;
  }
  yield* ofNoticed(service, now);
  if (!HAS_BACKUP.has(service.edition)) return;
  yield* ofBackups(service, now);
  const schedule = service.schedule ?? undefined;
  const configure = `${home}/configure`;
  if (schedule === undefined || schedule.status === "None") {
    const text = schedule === undefined ? words.noSchedule : words.scheduleOff;
    yield { id: `${name} schedule`, tone: "warn", about: name, text, address: configure };
  } else if (schedule.nextRunAt && now - Date.parse(schedule.nextRunAt) > LATE) {
    yield { id: `${name} late`, tone: "bad", about: name, text: words.late, address: configure, since: schedule.nextRunAt };
  }
}

function* ofBackups(service: ListedService, now: number): Generator<Attention> {
  const { name, lastBackup: last } = service;
  if (!last) {
    const text = words.neverBackedUp;
    yield { id: `${name} never`, tone: "warn", about: name, text, address: `/services/${name}/backups` };
    return;
  }
  const partly = last.status === "PartiallySucceeded";
  if (FAILED.has(last.status) || partly) {
    yield {
      id: `${name} backup`,
      tone: partly ? "warn" : "bad",
      about: name,
      text: partly ? words.partialBackup : words.failedBackup,
      address: `/services/${name}/log/${last.operation}`,
      status: last.status,
      since: last.completedAt,
    };
    return;
  }
  if (last.status === STOPPED) {
    const address = `/services/${name}/log/${last.operation}`;
    yield { id: `${name} backup`, tone: "warn", about: name, text: words.stoppedBackup, address, status: last.status, since: last.completedAt };
    return;
  }
  const days = service.schedule?.frequencyDays ?? undefined;
  const since = now - Date.parse(last.completedAt);
  if (service.schedule?.status === "Automatic" && days !== undefined && since > 2 * days * DAY) {
    const text = words.overdue(`${count(Math.floor(since / DAY))} days`);
    yield { id: `${name} overdue`, tone: "bad", about: name, text, address: `/services/${name}/backups`, since: last.completedAt };
  }
}

/** What the last good backup noticed on its way: counters near their end, certificates that expire. */
function* ofNoticed({ name, noticed }: ListedService, now: number): Generator<Attention> {
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
