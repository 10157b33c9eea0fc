/** What stands around every page: the bar above, the navigation at the left. */
import { useIsFetching, useQueryClient, type Query } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { ApiProblem, asProblem, OwnProblem } from "../api/problem";
import { useMe } from "../api/reads";
import { leave, useSession } from "../api/session";
import { clock, useUtc } from "../parts/format";
import { Icon, type IconName } from "../parts/icons";
import { useInSight } from "../parts/parts";
import { shell } from "../words/shell";

const PLACES: [string, IconName, string][] = [
  ["/", "dashboard", shell.dashboard],
  ["/services", "services", shell.services],
  ["/accounts", "account", shell.accounts],
  ["/restore", "restore", shell.restore],
  ["/storage", "storage", shell.storage],
  ["/log", "log", shell.log],
  ["/health", "health", shell.health],
  ["/keys", "key", shell.keys],
];

export function Shell({ children }: { children: ReactNode }) {
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {shell.skip}
      </a>
      <header className="top">
        <Link href="/" className="brand">
          <Icon name="verify" />
          {shell.product}
        </Link>
        <Busy />
        <Utc />
        <Who />
      </header>
      <Navigation />
      <main id="content" tabIndex={-1}>
        <Connection />
        {children}
      </main>
    </div>
  );
}

function Navigation() {
  const [address] = useLocation();
  const here = (place: string) => (place === "/" ? address === "/" : address === place || address.startsWith(`${place}/`));
  const row = useInSight(address);
  return (
    <nav className="places" ref={row} aria-label={shell.navigation}>
      <ul>
        {PLACES.map(([place, icon, word]) => (
          <li key={place}>
            <Link href={place} aria-current={here(place) ? "page" : undefined}>
              <Icon name={icon} />
              <span>{word}</span>
            </Link>
          </li>
        ))}
        <li className="last">
          <a href="/api/docs" target="_blank" rel="noreferrer">
            <Icon name="api" />
            <span>{shell.api}</span>
          </a>
        </li>
        <li>
          <Link href="/about" aria-current={here("/about") ? "page" : undefined}>
            <Icon name="about" />
            <span>{shell.about}</span>
          </Link>
        </li>
      </ul>
    </nav>
  );
}

function Busy() {
  const busy = useIsFetching() > 0;
  return <span className={busy ? "reading on" : "reading"} aria-hidden="true" />;
}

function Utc() {
  const [utc, setUtc] = useUtc();
  const id = useId();
  return (
    <span className="utc" title={shell.utcHint}>
      <input type="checkbox" role="switch" id={id} checked={utc} onChange={(event) => setUtc(event.target.checked)} />
      <label htmlFor={id}>{shell.utc}</label>
    </span>
  );
}

function Who() {
  const me = useMe();
  const { way } = useSession();
  const roles = !me ? "" : !me.rolesRequired ? shell.noRoles : me.roles.length ? shell.roles(me.roles.join(", ")) : shell.missingRoles;
  return (
    <details className="who">
      <summary>
        <Icon name="person" />
        <span className="unseen">{shell.account}</span>
        <span>{me?.caller ?? ""}</span>
      </summary>
      <div>
        {me && <p>{shell.cameInBy(me.caller)}</p>}
        <p className="quiet">{roles}</p>
        {way === "cookie" ? (
          <a className="button" href="/.auth/logout">
            {shell.signOut}
          </a>
        ) : (
          <button type="button" onClick={() => leave()}>
            {shell.forget}
          </button>
        )}
      </div>
    </details>
  );
}

/** Whether it is shown as it was once read, although the app could not answer since. */
function isOld(query: Query): boolean {
  const { data, error } = query.state;
  if (!error || data === undefined || !query.isActive()) return false;
  const problem = asProblem(error);
  return problem.status >= 500 || problem instanceof OwnProblem;
}

/** Says since when what is shown is old, where the app does not answer, or not as it should. */
function Connection() {
  const cache = useQueryClient().getQueryCache();
  const [utc] = useUtc();
  const [since, setSince] = useState<number>();
  const [old, setOld] = useState(Infinity);
  const last = useRef(0);
  useEffect(
    () =>
      cache.subscribe(({ type, query }) => {
        // A query is added while its page is drawn, with nothing read yet.
        if (type !== "added") setOld(Math.min(...cache.getAll().filter(isOld).map((one) => one.state.dataUpdatedAt)));
        if (type !== "updated") return;
        const { error, dataUpdatedAt, status } = query.state;
        if (status === "success") {
          last.current = Math.max(last.current, dataUpdatedAt);
          setSince(undefined);
        } else if (error instanceof ApiProblem && error.code === "Unreachable" && last.current > 0) {
          setSince(last.current);
        }
      }),
    [cache],
  );
  return (
    <div role="status">
      {(since !== undefined || old < Infinity) && (
        <p className="banner">
          <Icon name="warn" />
          {since !== undefined ? shell.notConnected(clock(new Date(since), utc)) : shell.notAnswering(clock(new Date(old), utc))}
        </p>
      )}
    </div>
  );
}
