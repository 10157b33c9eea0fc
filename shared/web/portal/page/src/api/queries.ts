/** The cache of what was read, and its rules. */
import { QueryClient } from "@tanstack/react-query";
import { ApiProblem, asProblem } from "./problem";
import { onAnotherKey, onLeave } from "./session";

const FRESH_MS = 4_000;
const MOST_TRIES = 3;
const BUSY = 503;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      // Reads alone are sent again, where the app says when.
      retry: (tries, thrown) =>
        thrown instanceof ApiProblem && thrown.status === BUSY && thrown.retryAfter !== undefined && tries < MOST_TRIES,
      retryDelay: (_, thrown) => (asProblem(thrown).retryAfter ?? 1) * 1000,
      networkMode: "always",
    },
    mutations: { retry: false, networkMode: "always" },
  },
});

onLeave(() => queries.clear());
// What was read by another is nothing that this one may see.
onAnotherKey(() => void queries.resetQueries());
