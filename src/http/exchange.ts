import type { Pool } from "undici";
import { LightAbortController } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { queryString, toJson } from "../core/encoding";
import { isPlatformError } from "../core/errors";
import type { Queue } from "../core/queue";
import type { SwapRemoveSet } from "../core/swap-remove-set";
import { errorFromGateway } from "./gateway-status";
import { buildHeaders, type Request } from "./request";
import type { HttpResponse } from "./response";
import { ResponseHandler, type AttemptObserver } from "./response-handler";
import { mayHaveArrived, retryTimeoutMs, waitForRetry } from "./retry";

/** What the exchanges of a transport share. */
export interface ExchangeContext {
  queue: Queue;
  clock: Clock;
  /** For one attempt. */
  timeoutMs: number;
  /** Aborts the exchanges that have not ended. */
  active: SwapRemoveSet<LightAbortController>;
  /** The connections to a server; those for a single use are not kept alive. */
  poolOf: (origin: string, isSingleUse: boolean) => Pool;
  /** The servers that broke a connection of late, by origin: until when that is remembered, in milliseconds since 1970. */
  recentBreaks: Map<string, number>;
}

/** How long a server that has broken a connection gets each write on a connection of its own. */
const BREAK_MEMORY_MS = 600_000;

/** Turns a response into the result of a call. What it throws is the caller's, and nothing is sent again for it. */
export type ResponseReader<T> = (response: HttpResponse) => T;

/**
 * A request that is sent, and sent again where that is safe, until its response has been read or it has failed for good.
 * Mostly there is nothing to wait for but the response: then it settles in undici's own events, without a promise between.
 */
export class Exchange<T> implements AttemptObserver {
  readonly #context: ExchangeContext;
  readonly #request: Request;
  readonly #path: string;
  readonly #body: string | null;
  readonly #options: CallOptions;
  readonly #read: ResponseReader<T>;
  readonly #resolve: (result: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #controller = new LightAbortController();
  readonly #unlink: () => void;
  readonly #timeoutMs: number;
  #attemptMs: number;
  #spentMs = 0;
  #retries = 0;
  #ticket = 0;
  #hasBroken = false;

  /** @throws `input` for a query or a body that cannot be encoded */
  constructor(
    context: ExchangeContext,
    request: Request,
    options: CallOptions,
    read: ResponseReader<T>,
    resolve: (result: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#request = request;
    this.#path = request.path + queryString(request.query);
    this.#body = request.body === undefined ? null : toJson(request.body);
    this.#options = options;
    this.#read = read;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#attemptMs = this.#timeoutMs = Math.max(context.timeoutMs, request.minTimeoutMs ?? 0);
    context.active.add(this.#controller);
    this.#unlink = this.#controller.linkTo(options.signal);
  }

  /** Sends the request as soon as the limits for concurrency and rate allow it. */
  start(): void {
    const { queue } = this.#context;
    const { aborted, reason, signal } = this.#controller;
    if (aborted) return this.#retry(reason);
    const ticket = queue.tryAcquire();
    if (ticket !== undefined) return this.#send(ticket);
    queue.acquire({ signal, trace: this.#options.trace }).then(
      (acquired) => this.#send(acquired),
      (error: unknown) => this.#retry(error),
    );
  }

  #send(ticket: number): void {
    const { clock, poolOf } = this.#context;
    const request = this.#request;
    const { method, origin } = request;
    const path = this.#path;
    const body = this.#body;
    const { signal } = this.#controller;
    this.#ticket = ticket;
    try {
      // It may have been aborted since its turn came.
      signal.throwIfAborted();
      const pool = poolOf(origin, this.#needsOwnConnection());
      const headers = buildHeaders(request, body);
      this.#countAttempt();
      request.sentAt = clock.now();
      pool.dispatch(
        { method, path, body, headers },
        new ResponseHandler(this, this.#timeoutMs, this.#attemptMs, signal),
      );
    } catch (error) {
      this.onFailure(error);
    }
  }

  // Some servers close what they keep alive without a word, at any moment. A write that meets this cannot be repeated.
  #needsOwnConnection(): boolean {
    if (this.#hasBroken) return true;
    const { recentBreaks, clock } = this.#context;
    const { effect, origin } = this.#request;
    return effect !== "read" && clock.now() < (recentBreaks.get(origin) ?? 0);
  }

  #countAttempt(): void {
    const { trace } = this.#options;
    const attempts = (this.#request.attempts ?? 0) + 1;
    this.#request.attempts = attempts;
    if (trace) trace.attempts = Math.max(trace.attempts, attempts);
  }

  onResponse(response: HttpResponse): void {
    const { queue, clock } = this.#context;
    const { trace } = this.#options;
    if (trace) trace.statusCode = response.statusCode;
    const error = errorFromGateway(response, this.#request.origin, clock);
    if (error) return this.onFailure(error);
    queue.release(this.#ticket);
    this.#end();
    try {
      this.#resolve(this.#read(response));
    } catch (thrown) {
      this.#reject(thrown);
    }
  }

  onFailure(error: unknown): void {
    this.#context.queue.release(this.#ticket);
    this.#retry(error);
  }

  #retry(failure: unknown): void {
    const { clock, recentBreaks } = this.#context;
    const { effect, origin, sentAt = 0 } = this.#request;
    const retries = this.#retries++;
    this.#spentMs += clock.now() - sentAt;
    this.#attemptMs = retryTimeoutMs(this.#timeoutMs, this.#spentMs, retries);
    this.#hasBroken = mayHaveArrived(failure);
    if (this.#hasBroken && isPlatformError(failure, "network")) recentBreaks.set(origin, clock.now() + BREAK_MEMORY_MS);
    const { signal } = this.#controller;
    waitForRetry(failure, retries, effect, clock, { signal, trace: this.#options.trace }).then(
      () => this.start(),
      (final: unknown) => {
        this.#end();
        this.#reject(final);
      },
    );
  }

  #end(): void {
    this.#unlink();
    this.#context.active.delete(this.#controller);
  }
}
