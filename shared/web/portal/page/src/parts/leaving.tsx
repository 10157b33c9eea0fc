/** Asks before a page with unsaved changes is left: by a link, by Back, or by closing the tab. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Dialog } from "./dialog";

/** What of the Navigation API is used; older browsers without it ask where a tab is closed alone. */
type Leaving = Event & {
  readonly navigationType: "push" | "replace" | "reload" | "traverse";
  readonly destination: { readonly url: string; readonly key: string; readonly sameDocument: boolean };
};
type Navigation = EventTarget & { traverseTo(key: string): unknown };

const navigation = (window as unknown as { navigation?: Navigation }).navigation;

type Way = { url: string; key: string; back: boolean };

type Words = { title: string; text: string; leave: string; stay: string };

/**
 * The question, where somebody leaves; and what lets the next one pass, as after saving. The same
 * page with other filters is no leaving where it is said that it has some.
 */
export function useLeaving(unsaved: boolean, words: Words, withFilters = false): { question: ReactNode; pass: () => void } {
  const [asked, setAsked] = useState<Way>();
  const passes = useRef(false);
  useEffect(() => {
    passes.current = false;
    if (!unsaved) return undefined;
    const leave = (event: Event) => {
      const { navigationType, destination } = event as Leaving;
      const from = new URL(location.href);
      const to = new URL(destination.url);
      const stays = from.pathname === to.pathname && (withFilters || from.search === to.search);
      if (passes.current || stays || !destination.sameDocument || !event.cancelable) return;
      event.preventDefault();
      setAsked({ url: to.pathname + to.search, key: destination.key, back: navigationType === "traverse" });
    };
    const close = (event: BeforeUnloadEvent) => event.preventDefault();
    navigation?.addEventListener("navigate", leave);
    addEventListener("beforeunload", close);
    return () => {
      navigation?.removeEventListener("navigate", leave);
      removeEventListener("beforeunload", close);
    };
  }, [unsaved, withFilters]);
  const pass = () => {
    passes.current = true;
  };
  const go = (way: Way) => {
    pass();
    setAsked(undefined);
    if (way.back) navigation?.traverseTo(way.key);
    else history.pushState(null, "", way.url);
  };
  const question = asked && (
    <Dialog title={words.title} close={() => setAsked(undefined)}>
      <p className="text">{words.text}</p>
      <div className="buttons">
        <button type="button" data-first onClick={() => setAsked(undefined)}>
          {words.stay}
        </button>
        <button type="button" className="danger" onClick={() => go(asked)}>
          {words.leave}
        </button>
      </div>
    </Dialog>
  );
  return { question, pass };
}
