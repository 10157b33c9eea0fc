/** The API, typed by its own document: every request of the page goes through here. */
import createClient from "openapi-fetch";
import { problemOf, unreached } from "./problem";
import { currentKey, refused } from "./session";
import type { Page, Paths } from "./types";

export const API = "/api";

async function asked(request: Request): Promise<Response> {
  const key = currentKey();
  if (key !== null) request.headers.set("x-functions-key", key);
  try {
    return await fetch(request);
  } catch (thrown) {
    if (request.signal.aborted) throw thrown;
    throw unreached();
  }
}

export const api = createClient<Paths>({
  baseUrl: API,
  fetch: asked,
  // Names of artifacts may hold what stands for something else in an address.
  pathSerializer: (path, values) =>
    path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name]))),
});

type Answered<T> = { data?: T; error?: unknown; response: Response };

export type Read<T> = { value: T; etag: string | null; response: Response };

/** What a request was answered, or its problem; a 401 leads to the door. */
export async function taken<T>(request: Promise<Answered<T>>): Promise<Read<T>> {
  let answered: Answered<T>;
  try {
    answered = await request;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw problemOf(new Response(null, { status: 200 }), undefined);
    throw thrown;
  }
  const { data, error, response } = answered;
  if (response.status === 401) refused();
  if (!response.ok) throw problemOf(response, error);
  if (data === undefined && response.status !== 204) throw problemOf(response, undefined);
  return { value: data as T, etag: response.headers.get("etag"), response };
}

/** What a good answer holds. */
export async function valueOf<T>(request: Promise<Answered<T>>): Promise<T> {
  return (await taken(request)).value;
}

/** Follow a link of the API: of an absolute one, path and query alone. */
export async function follow<T>(link: string, signal?: AbortSignal): Promise<T> {
  const { pathname, search } = new URL(link, location.origin);
  const response = await asked(new Request(pathname + search, { signal }));
  const body = (await response.json().catch(() => undefined)) as T | undefined;
  return valueOf(Promise.resolve({ data: response.ok ? body : undefined, error: body, response }));
}

/** All pages of a list, one after another. */
export async function everyPage<T>(first: string, signal?: AbortSignal): Promise<T[]> {
  const all: T[] = [];
  for (let link: string | null | undefined = first; link; ) {
    const page: Page<T> = await follow<Page<T>>(link, signal);
    all.push(...page.value);
    link = page.nextLink;
  }
  return all;
}
