/** What went wrong, in one shape: the API's own errors, a connection that is gone, no JSON. */
import type { Schemas } from "./types";

export type Detail = { code: string; message: string; target?: string };

export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly target: string | undefined,
    readonly details: readonly Detail[],
    readonly requestId: string | undefined,
    /** Seconds until it is worth trying again; undefined where nothing said so. */
    readonly retryAfter: number | undefined,
  ) {
    super(message);
    this.name = "ApiProblem";
  }

  /** What concerns a member of the request: the error itself, or one of its details. */
  at(pointer: string): string | undefined {
    const found = this.details.find((one) => one.target === pointer);
    return found?.message ?? (this.target === pointer ? this.message : undefined);
  }
}

/** One that the API did not say itself: its code is this page's own. */
export class OwnProblem extends ApiProblem {}

const OF_STATUS: Record<number, [string, string]> = {
  401: ["Unauthorized", "The key is missing or wrong, or the sign-in has ended."],
  404: ["NotFound", "There is no Interkeep at this address."],
  413: ["BodyTooLarge", "The request is larger than the host takes."],
  502: ["BadGateway", "What stands before the app could not reach it."],
  504: ["GatewayTimeout", "The app did not answer in time."],
};

/** The problem that an answer tells of; `body` is what could be read of it. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const requestId = response.headers.get("x-ms-request-id") ?? undefined;
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  const error = (body as Partial<Schemas["Error"]> | undefined)?.error;
  if (error && typeof error.code === "string") {
    return new ApiProblem(
      response.status,
      error.code,
      error.message,
      error.target ?? undefined,
      (error.details ?? []).map((one) => ({ ...one, target: one.target ?? undefined })),
      requestId,
      retryAfter,
    );
  }
  const [code, message] = OF_STATUS[response.status] ?? [
    response.ok ? "NoJson" : `Http${response.status}`,
    response.ok
      ? "The answer is no JSON: something between this page and the app gave it."
      : `The answer has the status ${response.status} and is no error of Interkeep's.`,
  ];
  return new OwnProblem(response.status, code, message, undefined, [], requestId, retryAfter);
}

/** The problem of a request that got no answer. */
export function unreached(): ApiProblem {
  return new OwnProblem(
    0,
    "Unreachable",
    "The app does not answer. It may be starting, or the network is gone.",
    undefined,
    [],
    undefined,
    undefined,
  );
}

/** Anything that was thrown, as a problem. */
export function asProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return new OwnProblem(0, "PageFailed", said, undefined, [], undefined, undefined);
}
