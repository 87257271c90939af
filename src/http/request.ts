import type { Dispatcher } from "undici";
import type { Effect } from "./retry";

/** A request. It is the same object in all of its attempts, and counts them. */
export interface Request {
  effect: Effect;
  method: Dispatcher.HttpMethod;
  origin: string;
  /** Begins with a slash; its segments are percent-encoded already (see `encodeSegment`). */
  path: string;
  /** Not yet encoded: a token in it is in no text that could be shown until the request is sent. */
  query?: Record<string, string> | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** The least time for one attempt, for a response that takes longer than others; a longer timeout of the options counts. */
  minTimeoutMs?: number | undefined;
  /** How often it has been sent; counted by the transport. */
  attempts?: number;
  /** When it was sent last; set by the transport. */
  sentAt?: number;
}

/** A request with all its fields from the start: V8 is slow with objects that grow later. */
export function createRequest(
  { effect, method, query, headers, body, minTimeoutMs }: Omit<Request, "origin" | "path">,
  origin: string,
  path: string,
): Request {
  return { effect, method, origin, path, query, headers, body, minTimeoutMs, attempts: 0, sentAt: 0 };
}

const USUAL_HEADERS = ["accept", "application/json", "accept-encoding", "identity", "user-agent", "node-red-homenet"];

/** The headers of a request, names and values by turns, as undici takes them fastest; its own come last. */
export function buildHeaders({ headers }: Request, body: string | null): string[] {
  if (headers === undefined && body === null) return USUAL_HEADERS;
  const list = [...USUAL_HEADERS];
  if (body !== null) list.push("content-type", "application/json");
  for (const name in headers) list.push(name, headers[name] ?? "");
  return list;
}
