import type { Pool } from "undici";
import { LightAbortController } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { cancelledError } from "../core/errors";
import { Queue } from "../core/queue";
import { SwapRemoveSet } from "../core/swap-remove-set";
import { Exchange, type ExchangeContext, type ResponseReader } from "./exchange";
import type { ProxySettings } from "./proxy";
import type { Request } from "./request";
import type { HttpResponse } from "./response";
import { MAX_RESPONSE_BYTES } from "./response-handler";
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

/** Sends requests to one platform: pooled connections, one deadline per attempt, retries. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #context: ExchangeContext;
  readonly #pools = new Map<string, Pool>();
  /** Their connections end with the response. */
  readonly #singleUsePools = new Map<string, Pool>();
  /** Aborts connections that are being made: undici would wait for them. */
  readonly #closing = new LightAbortController();

  constructor(options: TransportOptions) {
    this.#options = options;
    const { timeoutMs, clock } = options;
    const poolOf = (origin: string, isSingleUse: boolean): Pool => this.#pool(origin, isSingleUse);
    this.#context = {
      queue: new Queue(options),
      clock,
      timeoutMs,
      active: new SwapRemoveSet(),
      poolOf,
      recentBreaks: new Map(),
    };
  }

  /**
   * Sends a request, and retries it where that is safe.
   * @param read gets any response but a redirect or one of 429, 502, 503 and 504; what it means is for the platform to say
   * @returns what `read` returns
   * @throws what `read` throws; `network`, `tls`, `timeout`, `busy` or `protocol`; the signal's reason when aborted
   */
  send<T>(request: Request, options: CallOptions, read: ResponseReader<T>): Promise<T>;
  send(request: Request, options?: CallOptions): Promise<HttpResponse>;
  send(
    request: Request,
    options: CallOptions = {},
    read: ResponseReader<unknown> = (response) => response,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#closing.signal.throwIfAborted();
      new Exchange(this.#context, request, options, read, resolve, reject).start();
    });
  }

  /** Closes all connections for good. Requests that are running or waiting reject with `cancelled`. */
  async close(): Promise<void> {
    const reason = cancelledError();
    for (const controller of this.#context.active.toArray()) controller.abort(reason);
    this.#closing.abort(reason);
    const pools = [...this.#pools.values(), ...this.#singleUsePools.values()];
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #pool(origin: string, isSingleUse: boolean): Pool {
    const pools = isSingleUse ? this.#singleUsePools : this.#pools;
    const existing = pools.get(origin);
    if (existing) return existing;
    // Loaded at the first request: requiring undici takes longer than all of this package's nodes together.
    const undici = require("undici") as typeof import("undici");
    const { timeoutMs, concurrency, proxyFor, tlsFor } = this.#options;
    const tls = tlsFor?.(origin) ?? this.#options.tls;
    const pool = new undici.Pool(origin, {
      connect: createConnector(undici.buildConnector, tls, timeoutMs, this.#closing.signal, proxyFor?.(origin)),
      connections: Math.ceil(concurrency),
      // Without any pipelining, undici keeps no connection alive.
      pipelining: isSingleUse ? 0 : 1,
      maxResponseSize: MAX_RESPONSE_BYTES,
      // ResponseHandler has one deadline for the whole attempt; undici's start again with every byte that arrives.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    pools.set(origin, pool);
    return pool;
  }
}
