import type { Dispatcher, Pool } from "undici";
import type { CallOptions } from "./call";
import type { Clock } from "./clock";
import { queryString, toJson } from "./encode";
import { inputError, PlatformError } from "./errors";
import { Queue } from "./queue";
import { type Reply, unreadable } from "./reply";
import { type Effect, LONGEST_REST_MS, NotSent, readRetryAfter, retrying } from "./retry";
import { connector, tlsFailure, type TlsSettings } from "./tls";

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
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** How often it was sent; counted by the transport. */
  tries?: number;
}

const LARGEST_ANSWER = 16 * 1024 * 1024;

/** Brings requests to one platform and its answers back: pooled connections, one deadline per attempt, retries. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #gate: Queue;
  readonly #pools = new Map<string, Pool>();

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#gate = new Queue(options);
  }

  /**
   * Sends a request, and again where that is safe.
   * @returns any answer but a redirect or one of 429, 502, 503 and 504; what it means is the platform's affair
   * @throws `network`, `tls`, `timeout`, `busy` or `protocol`; the signal's reason when given up
   */
  async send(request: Request, options: CallOptions = {}): Promise<Reply> {
    const { clock } = this.#options;
    const path = request.path + queryString(request.query);
    const body = request.body === undefined ? null : toJson(request.body);
    const attempt = (): Promise<Reply> =>
      this.#gate.run(async () => {
        options.signal?.throwIfAborted();
        countTry(request, options);
        const reply = await this.#exchange(request, path, body, options.signal);
        if (options.record) options.record.statusCode = reply.statusCode;
        refuseUseless(reply, clock.now());
        return reply;
      }, options);
    return retrying(attempt, request.effect, clock, options);
  }

  /** Ends every connection; what is under way fails. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  async #exchange(request: Request, path: string, body: string | null, signal?: AbortSignal): Promise<Reply> {
    const exchange = new Exchange(this.#options.timeoutMs);
    this.#pool(request.origin).dispatch(
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
    const giveUp = (): void => exchange.giveUp(signal?.reason as Error);
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      return await exchange.reply;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known) return known;
    // Loaded at the first request: requiring undici costs more than all of this package's nodes together.
    const undici = require("undici") as typeof import("undici");
    const { timeoutMs, tls } = this.#options;
    const pool = new undici.Pool(origin, {
      connect: connector(undici.buildConnector, tls, timeoutMs),
      pipelining: 1,
      maxResponseSize: LARGEST_ANSWER,
      // One deadline of our own covers the whole attempt; undici's restart with every byte that drips in.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** One attempt: undici's events on one side, a promise on the other. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly reply: Promise<Reply>;
  #resolve!: (reply: Reply) => void;
  #reject!: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: "connecting" | "waiting for the answer" | "reading the answer" = "connecting";
  #givenUp: Error | undefined;
  #statusCode = 0;
  #headers: Reply["headers"] = {};
  readonly #chunks: Buffer[] = [];
  readonly #deadline: NodeJS.Timeout;

  constructor(timeoutMs: number) {
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#deadline = setTimeout(() => this.giveUp(this.#timeOut(timeoutMs)), timeoutMs);
  }

  /** Ends the attempt from our side; a request that has not begun will never be sent. */
  giveUp(reason: Error): void {
    this.#givenUp ??= reason;
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#givenUp) return controller.abort(this.#givenUp);
    this.#phase = "waiting for the answer";
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: Reply["headers"]): void {
    this.#phase = "reading the answer";
    this.#statusCode = statusCode;
    this.#headers = headers;
    const encoding = headers["content-encoding"];
    if (encoding && encoding !== "identity") {
      this.giveUp(unreadable("It is compressed, although it was asked for as it is.", statusCode));
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#deadline);
    const [first] = this.#chunks;
    const text = (this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks)).toString();
    this.#resolve({ statusCode: this.#statusCode, headers: this.#headers, text });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(this.#translate(error));
  }

  #fail(error: Error): void {
    clearTimeout(this.#deadline);
    this.#reject(error);
  }

  #timeOut(timeoutMs: number): PlatformError {
    return new PlatformError("timeout", `No whole answer within ${timeoutMs / 1000} s (${this.#phase}).`);
  }

  // undici's and Node's errors name hosts, paths and certificates: ours are made from their codes alone.
  #translate(error: Error & { code?: string }): Error {
    if (error instanceof PlatformError || this.#givenUp) return this.#givenUp ?? error;
    const code = typeof error.code === "string" ? error.code : "";
    if (this.#phase === "connecting") return tlsFailure(code) ?? connectFailure(code);
    if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return unreadable("It is larger than 16 MiB.", this.#statusCode);
    if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") return unreadable("It is not HTTP.");
    return new PlatformError(
      "network",
      `The connection broke while ${this.#phase}. Whether the request was carried out is not known.`,
      this.#statusCode ? { statusCode: this.#statusCode } : {},
    );
  }
}

function connectFailure(code: string): PlatformError {
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return new NotSent(
        "timeout",
        "The connection could not be made in time. Check the address, and that it is reachable.",
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new NotSent("network", `The server's name could not be found. Check the address and the DNS. (${code})`);
    case "ECONNREFUSED":
      return new NotSent(
        "network",
        "The connection was refused. Check the address and the port, and that the server runs.",
      );
    case "UND_ERR_INVALID_ARG":
      return inputError("The request cannot be written: a value in it holds a character that HTTP does not allow.");
    default:
      return new NotSent("network", `The connection could not be made.${code ? ` (${code})` : ""}`);
  }
}

function countTry(request: Request, { record }: CallOptions): void {
  request.tries = (request.tries ?? 0) + 1;
  if (record) record.attempts = Math.max(record.attempts, request.tries);
}

function refuseUseless({ statusCode, headers }: Reply, now: number): void {
  if (statusCode >= 300 && statusCode < 400) {
    throw unreadable("It is a redirect, and those are never followed: check the server address.", statusCode);
  }
  if (![429, 502, 503, 504].includes(statusCode)) return;
  const retryAfter = headers["retry-after"];
  const retryAfterMs = readRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, now);
  const details = { statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (statusCode === 429 || statusCode === 503 || (retryAfterMs ?? 0) > LONGEST_REST_MS) {
    throw new PlatformError("busy", `The platform asks to be left alone for a while (HTTP ${statusCode}).`, details);
  }
  throw statusCode === 504
    ? new PlatformError("timeout", "A gateway in between got no answer in time (HTTP 504).", details)
    : new PlatformError("network", "A gateway in between cannot reach the platform (HTTP 502).", details);
}
