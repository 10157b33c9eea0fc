/** Small pieces that every page is made of. */
import { useEffect, useRef, type ReactNode } from "react";
import { Link } from "wouter";
import type { List } from "../api/reads";
import { common, shell } from "../words/shell";
import { count } from "./format";
import { Icon, type IconName } from "./icons";
import { Problem } from "./problem";
import { Reason } from "./reason";

/** The head of a page: where it stands, its title, what is beside it, its commands. */
export function Head(props: { title: string; trail?: [string, string][]; beside?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${props.title} · ${shell.product}`;
  }, [props.title]);
  return (
    <header className="head">
      {props.trail && (
        <nav aria-label={shell.trail} className="trail">
          {props.trail.map(([address, word]) => (
            <span key={address}>
              <Link href={address}>{word}</Link>
              <Icon name="next" />
            </span>
          ))}
        </nav>
      )}
      <div className="title">
        <h1 tabIndex={-1}>{props.title}</h1>
        {props.beside}
      </div>
      {props.children}
    </header>
  );
}

/** A command: icon and word; where a state forbids it, disabled with the reason. */
export function Command(props: { icon: IconName; word: string; run: () => void; refused?: string; first?: boolean }) {
  const shut = props.refused !== undefined;
  return (
    <button
      type="button"
      className={`command ${props.first ? "first" : ""}`}
      aria-disabled={shut}
      onClick={() => shut || props.run()}
    >
      <Icon name={props.icon} />
      {props.word}
      {props.refused !== undefined && <Reason why={props.refused} />}
    </button>
  );
}

/** Names and values, as a list of definitions. */
export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className="facts-list">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? <span className="quiet">{common.unknown}</span>}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Lines in the shape of what comes. */
export function Skeleton({ lines = 4 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status" aria-label={common.loading}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  );
}

/** What stands where there is nothing: a sentence and perhaps a button. */
export function Empty({ icon, text, children }: { icon: IconName; text: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Of a table's columns: the word, a class, and what the word means where it needs that. */
export type Heads = readonly (readonly [word: string, kind?: string, hint?: string])[];

/** A table, which scrolls in itself where it is wider than its place. */
export function Table(props: { label: string; heads: Heads; kind?: string; children: ReactNode }) {
  return (
    <div className={props.kind ? `scroll ${props.kind}` : "scroll"} role="group" aria-label={props.label} tabIndex={0}>
      <table>
        <caption className="unseen">{props.label}</caption>
        <thead>
          <tr>
            {props.heads.map(([word, kind, hint], index) => (
              <th key={index} scope="col" className={kind} title={hint}>
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

/** A table that comes a page at a time, with its skeleton, its problem and its empty state. */
export function Listed<T>(props: {
  list: List<T>;
  rows?: T[] | undefined;
  label: string;
  heads: Heads;
  row: (one: T) => ReactNode;
  empty: ReactNode;
}) {
  const { list } = props;
  const rows = props.rows ?? list.rows;
  if (rows === undefined) {
    if (list.error) return <Problem of={list.error} again={() => void list.refetch()} />;
    return <Skeleton lines={6} />;
  }
  if (rows.length === 0 && !list.hasNextPage) return props.empty;
  return (
    <>
      <Table label={props.label} heads={props.heads}>
        {rows.map(props.row)}
      </Table>
      {list.error && <Problem of={list.error} quietly again={() => void list.refetch()} />}
      <More list={list}>
        <span className="quiet">{common.shown(count(rows.length))}</span>
      </More>
    </>
  );
}

type Paged = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

/** Beneath a list: what was read of it, and the button that reads on. */
export function More({ list, children }: { list: Paged; children: ReactNode }) {
  const place = useRef<HTMLParagraphElement>(null);
  const pressed = useRef(false);
  const { hasNextPage } = list;
  useEffect(() => {
    // The last page takes the button with it: who pressed it stays where it was.
    if (!hasNextPage && pressed.current && document.activeElement === document.body) place.current?.focus();
    if (!hasNextPage) pressed.current = false;
  }, [hasNextPage]);
  const more = () => {
    if (list.isFetchingNextPage) return;
    pressed.current = true;
    void list.fetchNextPage();
  };
  return (
    <p className="more" ref={place} tabIndex={-1}>
      {children}
      {hasNextPage && (
        <button type="button" onClick={more} aria-disabled={list.isFetchingNextPage}>
          {common.loadMore}
        </button>
      )}
    </p>
  );
}

/** Brings what is current in a row of links into sight, where the row is wider than the screen. */
export function useInSight(here: string) {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    row.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }, [here]);
  return row;
}

/** The tabs of a page: an address and a word each. */
export function Tabs({ label, of, here }: { label: string; of: readonly (readonly [string, string])[]; here: string }) {
  return (
    <nav className="tabs" ref={useInSight(here)} aria-label={label}>
      {of.map(([address, word]) => (
        <Link key={address} href={address} aria-current={address === here ? "page" : undefined}>
          {word}
        </Link>
      ))}
    </nav>
  );
}

/** A bar of what is used of a limit. */
export function Bar({ value, most, label }: { value: number; most: number; label: string }) {
  const share = most > 0 ? Math.min(1, value / most) : 0;
  return (
    <svg className={`bar ${share > 0.9 ? "full" : ""}`} role="img" aria-label={label} viewBox="0 0 100 4" preserveAspectRatio="none">
      <rect className="track" width="100" height="4" />
      <rect className="part" width={share * 100} height="4" />
    </svg>
  );
}
