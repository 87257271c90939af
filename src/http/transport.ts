import type { Dispatcher, Pool } from "undici";
import { LightAbortController, type AbortSignalLike } from "../core/abort";
import type { CallOptions, CallTrace } from "../core/call-context";
import type { Clock } from "../core/clock";
import { queryString, toJson } from "../core/encoding";
import { cancelledError, PlatformError } from "../core/errors";
import { Queue } from "../core/queue";
import { SwapRemoveSet } from "../core/swap-remove-set";
import { protocolError, type HttpResponse } from "./response";
import { MAX_RESPONSE_BYTES, ResponseHandler } from "./response-handler";
import { MAX_RETRY_AFTER_MS, parseRetryAfter, withRetry, type Effect } from "./retry";
import { createConnector, type TlsSettings } from "./tls";

/** How a platform is reached. */
export interface TransportOptions {
  /** For one attempt, from connect to the last byte. */
  timeoutMs: number;
  tls: TlsSettings;
  /** Requests under way at most. */
  concurrency: number;
  /** Requests per second at most. */
  rate?: number | undefined;
  clock: Clock;
}

/** One request. It lives through retries and replays, and counts them. */
export interface Request {
  effect: Effect;
  method: Dispatcher.HttpMethod;
  origin: string;
  /** Begins with a slash; its parts are percent-encoded already (see `encodeSegment`). */
  path: string;
  /** Encoded here, at the last moment: a token in it never exists in a text that could be shown. */
  query?: Record<string, string> | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** How often it was sent; counted by the transport. */
  attempts?: number;
}

/** A request to that place. It has all its fields from the start: V8 is slow with objects that grow on their way. */
export function createRequest(
  { effect, method, query, headers, body }: Omit<Request, "origin" | "path">,
  origin: string,
  path: string,
): Request {
  return { effect, method, origin, path, query, headers, body, attempts: 0 };
}

/** Brings requests to one platform and its answers back: pooled connections, one deadline per attempt, retries. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #gate: Queue;
  readonly #pools = new Map<string, Pool>();
  readonly #underWay = new SwapRemoveSet<LightAbortController>();
  /** Ends connections that are only being made: undici would wait for them. */
  readonly #closing = new LightAbortController();

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#gate = new Queue(options);
  }

  /**
   * Sends a request, and again where that is safe.
   * @returns any answer but a redirect or one of 429, 502, 503 and 504; what it means is the platform's affair
   * @throws `network`, `tls`, `timeout`, `busy` or `protocol`; the signal's reason when given up
   */
  async send(request: Request, { signal, trace }: CallOptions = {}): Promise<HttpResponse> {
    this.#closing.signal.throwIfAborted();
    const path = request.path + queryString(request.query);
    const body = request.body === undefined ? null : toJson(request.body);
    const giveUp = new LightAbortController();
    const options = { signal: giveUp.signal, trace };

    this.#underWay.add(giveUp);
    const letGo = giveUp.linkTo(signal);
    try {
      const attempt = (): Promise<HttpResponse> => this.#attempt(request, path, body, options);
      return await withRetry(() => this.#gate.run(attempt, options), request.effect, this.#options.clock, options);
    } finally {
      letGo();
      this.#underWay.delete(giveUp);
    }
  }

  /** Ends every connection for good; what is under way or waits is cancelled. */
  async close(): Promise<void> {
    const reason = cancelledError();
    for (const giveUp of this.#underWay.toArray()) giveUp.abort(reason);
    this.#closing.abort(reason);
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  async #attempt(
    request: Request,
    path: string,
    body: string | null,
    { signal, trace }: CallOptions & { signal: AbortSignalLike },
  ): Promise<HttpResponse> {
    const pool = this.#pool(request.origin);
    countTry(request, trace);
    const exchange = new ResponseHandler(this.#options.timeoutMs, signal);
    pool.dispatch(
      {
        method: request.method,
        path,
        body,
        headers: {
          accept: "application/json",
          "accept-encoding": "identity",
          "user-agent": "node-red-homenet",
          ...(body === null ? {} : { "content-type": "application/json" }),
          ...request.headers,
        },
      },
      exchange,
    );
    const reply = await exchange.response;
    if (trace) trace.statusCode = reply.statusCode;
    refuseUseless(reply, this.#options.clock.now());
    return reply;
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known) return known;
    // Loaded at the first request: requiring undici costs more than all of this package's nodes together.
    const undici = require("undici") as typeof import("undici");
    const { timeoutMs, tls, concurrency } = this.#options;
    const pool = new undici.Pool(origin, {
      connect: createConnector(undici.buildConnector, tls, timeoutMs, this.#closing.signal),
      connections: Math.ceil(concurrency),
      pipelining: 1,
      maxResponseSize: MAX_RESPONSE_BYTES,
      // One deadline of our own covers the whole attempt; undici's restart with every byte that drips in.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

function countTry(request: Request, record: CallTrace | undefined): void {
  request.attempts = (request.attempts ?? 0) + 1;
  if (record) record.attempts = Math.max(record.attempts, request.attempts);
}

function refuseUseless({ statusCode, headers }: HttpResponse, now: number): void {
  if (statusCode >= 300 && statusCode < 400) {
    throw protocolError("It is a redirect, and those are never followed: check the server address.", statusCode);
  }
  if (![429, 502, 503, 504].includes(statusCode)) return;
  const retryAfter = headers["retry-after"];
  const retryAfterMs = parseRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, now);
  const details = { statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (statusCode === 429 || statusCode === 503 || (retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) {
    throw new PlatformError("busy", `The platform asks to be left alone for a while (HTTP ${statusCode}).`, details);
  }
  throw statusCode === 504
    ? new PlatformError("timeout", "A gateway in between got no answer in time (HTTP 504).", details)
    : new PlatformError("network", "A gateway in between cannot reach the platform (HTTP 502).", details);
}
