import type { Dispatcher, Pool } from "undici";
import { LightAbortController, type AbortSignalLike } from "../core/abort";
import type { CallOptions, CallTrace } from "../core/call-context";
import type { Clock } from "../core/clock";
import { queryString, toJson } from "../core/encoding";
import { cancelledError, PlatformError } from "../core/errors";
import { Queue } from "../core/queue";
import { SwapRemoveSet } from "../core/swap-remove-set";
import type { ProxySettings } from "./proxy";
import { protocolError, type HttpResponse } from "./response";
import { MAX_RESPONSE_BYTES, ResponseHandler } from "./response-handler";
import { MAX_RETRY_AFTER_MS, parseRetryAfter, retryTimeoutMs, waitForRetry, type Effect } from "./retry";
import { createConnector, type TlsSettings } from "./tls";

/** How a platform is reached. */
export interface TransportOptions {
  /** For one attempt, from connect to the last byte. All attempts together take at most twice as long. */
  timeoutMs: number;
  tls: TlsSettings;
  /** What takes its place for the server at an origin. Default: nothing. */
  tlsFor?: ((origin: string) => TlsSettings | undefined) | undefined;
  /** How many requests may run at the same time. */
  concurrency: number;
  /** How many requests may start in one second. Default: no limit. */
  rate?: number | undefined;
  clock: Clock;
  /** The proxy for the server at an origin. Default: none. */
  proxyFor?: ((origin: string) => ProxySettings | undefined) | undefined;
}

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

/** Sends requests to one platform: pooled connections, one deadline per attempt, retries. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #queue: Queue;
  readonly #pools = new Map<string, Pool>();
  readonly #active = new SwapRemoveSet<LightAbortController>();
  /** Aborts connections that are being made: undici would wait for them. */
  readonly #closing = new LightAbortController();

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#queue = new Queue(options);
  }

  /**
   * Sends a request, and retries it where that is safe.
   * @returns any response but a redirect or one of 429, 502, 503 and 504; what it means is for the platform to say
   * @throws `network`, `tls`, `timeout`, `busy` or `protocol`; the signal's reason when aborted
   */
  async send(request: Request, { signal, trace }: CallOptions = {}): Promise<HttpResponse> {
    this.#closing.signal.throwIfAborted();
    const path = request.path + queryString(request.query);
    const body = request.body === undefined ? null : toJson(request.body);
    const controller = new LightAbortController();
    const options = { signal: controller.signal, trace };

    this.#active.add(controller);
    const unlink = controller.linkTo(signal);
    const { clock } = this.#options;
    const timeoutMs = this.#timeoutMs(request);
    let attemptMs = timeoutMs;
    let spentMs = 0;
    try {
      for (let retries = 0; ; retries++) {
        try {
          return await this.#attempt(request, path, body, attemptMs, options);
        } catch (error) {
          spentMs += clock.now() - (request.sentAt ?? 0);
          attemptMs = retryTimeoutMs(timeoutMs, spentMs, retries);
          await waitForRetry(error, retries, request.effect, clock, options);
        }
      }
    } finally {
      unlink();
      this.#active.delete(controller);
    }
  }

  /** Closes all connections for good. Requests that are running or waiting reject with `cancelled`. */
  async close(): Promise<void> {
    const reason = cancelledError();
    for (const controller of this.#active.toArray()) controller.abort(reason);
    this.#closing.abort(reason);
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #attempt(
    request: Request,
    path: string,
    body: string | null,
    attemptMs: number,
    options: CallOptions & { signal: AbortSignalLike },
  ): Promise<HttpResponse> {
    const { signal, trace } = options;
    signal.throwIfAborted();
    const ticket = this.#queue.tryAcquire() ?? (await this.#queue.acquire(options));
    try {
      signal.throwIfAborted();
      const pool = this.#pool(request.origin);
      countAttempt(request, trace);
      request.sentAt = this.#options.clock.now();
      const handler = new ResponseHandler(this.#timeoutMs(request), signal, attemptMs);
      pool.dispatch({ method: request.method, path, body, headers: buildHeaders(request, body) }, handler);
      const response = await handler.response;
      if (trace) trace.statusCode = response.statusCode;
      throwForGatewayStatus(response, request.origin, this.#options.clock.now());
      return response;
    } finally {
      this.#queue.release(ticket);
    }
  }

  #timeoutMs({ minTimeoutMs = 0 }: Request): number {
    return Math.max(this.#options.timeoutMs, minTimeoutMs);
  }

  #pool(origin: string): Pool {
    const existing = this.#pools.get(origin);
    if (existing) return existing;
    // Loaded at the first request: requiring undici takes longer than all of this package's nodes together.
    const undici = require("undici") as typeof import("undici");
    const { timeoutMs, concurrency, proxyFor, tlsFor } = this.#options;
    const tls = tlsFor?.(origin) ?? this.#options.tls;
    const pool = new undici.Pool(origin, {
      connect: createConnector(undici.buildConnector, tls, timeoutMs, this.#closing.signal, proxyFor?.(origin)),
      connections: Math.ceil(concurrency),
      pipelining: 1,
      maxResponseSize: MAX_RESPONSE_BYTES,
      // ResponseHandler has one deadline for the whole attempt; undici's start again with every byte that arrives.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

function buildHeaders({ headers }: Request, body: string | null): Record<string, string> {
  return {
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "node-red-homenet",
    ...(body === null ? {} : { "content-type": "application/json" }),
    ...headers,
  };
}

function countAttempt(request: Request, trace: CallTrace | undefined): void {
  request.attempts = (request.attempts ?? 0) + 1;
  if (trace) trace.attempts = Math.max(trace.attempts, request.attempts);
}

function throwForGatewayStatus({ statusCode, headers, text }: HttpResponse, origin: string, now: number): void {
  if (statusCode < 300) return;
  if (origin.startsWith("http:") && wantsHttps(statusCode, headers["location"], text)) {
    throw protocolError("The server wants https here: begin the server address with https.", statusCode);
  }
  if (statusCode < 400) {
    throw protocolError("It is a redirect, and none is ever followed: check the server address.", statusCode);
  }
  if (![429, 502, 503, 504].includes(statusCode)) return;
  const retryAfter = headers["retry-after"];
  const retryAfterMs = parseRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, now);
  const details = { statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (statusCode === 429 || statusCode === 503 || (retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) {
    throw new PlatformError("busy", `The platform asks for a pause (HTTP ${statusCode}).`, details);
  }
  throw statusCode === 504
    ? new PlatformError("timeout", "A gateway in between got no response in time (HTTP 504).", details)
    : new PlatformError("network", "A gateway in between cannot reach the platform (HTTP 502).", details);
}

// Go, nginx and Tomcat respond with 400 to plain http at their TLS port, each with a sentence that names TLS or HTTPS.
function wantsHttps(statusCode: number, location: string | string[] | undefined, text: string): boolean {
  if (statusCode < 400) return /^https:/i.test(String(location ?? ""));
  return statusCode === 400 && /\b(?:TLS|HTTPS)\b/.test(text.slice(0, 2000));
}
