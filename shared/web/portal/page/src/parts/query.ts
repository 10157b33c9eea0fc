/** Filters that are part of the address. */
import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";

/** A filter's value and how it is set; an empty one leaves the address. */
export function useFilter(name: string): [string, (value: string) => void] {
  const [given, change] = useSearchParams();
  const set = (value: string) =>
    change(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
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
