/** Filters that are part of the address. */
import { useEffect, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useSearch } from "wouter/use-browser-location";

type Change = (next: URLSearchParams) => void;

/**
 * The query of the address, and how it is changed. It is read as it stands: the router's own way
 * decodes it twice, so that a name with `%41` in it would become another.
 */
export function useAddress(): [URLSearchParams, (change: Change, keep?: "push") => void] {
  const search = useSearch();
  const [path, go] = useLocation();
  const given = useMemo(() => new URLSearchParams(search), [search]);
  const set = (change: Change, keep?: "push") => {
    const next = new URLSearchParams(location.search);
    change(next);
    const text = next.toString();
    go(`${path}${text && `?${text}`}`, { replace: keep !== "push" });
  };
  return [given, set];
}

/** A filter's value and how it is set; an empty one leaves the address. */
export function useFilter(name: string): [string, (value: string) => void] {
  const [given, change] = useAddress();
  const set = (value: string) => change((next) => (value ? next.set(name, value) : next.delete(name)));
  return [given.get(name) ?? "", set];
}

const SETTLED_MS = 250;

/** What is typed, once the keys have rested: not every letter is a request. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
