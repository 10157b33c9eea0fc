/** Filters that are part of the address. */
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
