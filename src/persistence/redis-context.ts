import type { RedisClientOptions } from "@redis/client";

/** Settings of the context store. The options of `createClient` of @redis/client pass through. */
interface RedisContextConfig extends RedisClientOptions {
  /** Where Redis is, as `redis://` or `rediss://`; on this machine by default. */
  url?: string;
  /** What the names of all hashes begin with; `nodered` by default. */
  prefix?: string;
  /** Added by Node-RED. */
  settings?: unknown;
}

type Callback = (error: Error | null, ...values: unknown[]) => void;

/** A connection without a response for so long is closed, and what was asked on it fails. */
const SOCKET_TIMEOUT_MS = 10_000;
const PING_INTERVAL_MS = 4000;
/** How long after a refused sign-in another one is tried; a lost connection comes back by itself. */
const CONNECT_AGAIN_MS = 10_000;

/**
 * A context store for Node-RED in Redis, which several instances can share: one hash per scope, values as JSON.
 *
 *     contextStorage: {
 *       default: { module: "memory" },
 *       redis: { module: require("@homenet/node-red-homenet/redis-context"), config: { url: "redis://store:6379" } },
 *     },
 *
 * Needs the package @redis/client beside it. Node-RED starts without waiting for Redis; while Redis is away, reading and
 * writing fail at once. A key is a name and not a path: `a.b` is stored as `a.b`, not within `a`.
 */
function redisContext(config: RedisContextConfig = {}): RedisContext {
  return new RedisContext(config);
}

class RedisContext {
  readonly #client;
  readonly #prefix: string;
  #lastError: unknown;
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor({ prefix = "nodered", ...options }: RedisContextConfig) {
    this.#prefix = prefix;
    this.#client = requireClient().createClient({
      pingInterval: PING_INTERVAL_MS,
      ...options,
      socket: { socketTimeout: SOCKET_TIMEOUT_MS, ...options.socket } as NonNullable<RedisClientOptions["socket"]>,
      disableOfflineQueue: true,
    });
    // Without a listener a lost connection would end the process.
    this.#client.on("error", (error) => {
      this.#lastError = error;
    });
  }

  /** Connects in the background: a store that is away must not keep Node-RED from starting. */
  async open(): Promise<void> {
    this.#connect();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    if (this.#client.isOpen) this.#client.destroy();
  }

  /** @param key one name, or several: then the callback receives as many values */
  get(scope: string, key: string | string[], callback?: Callback): void {
    const names = [key].flat();
    this.#answer(async () => {
      const texts = names.length > 0 ? await this.#client.hmGet(this.#hash(scope), names) : [];
      return texts.map((text) => (typeof text === "string" ? (JSON.parse(text) as unknown) : undefined));
    }, required(callback));
  }

  /** All or nothing, where there are several names. A value of undefined removes the name. */
  set(scope: string, key: string | string[], value: unknown, callback: Callback = () => undefined): void {
    this.#answer(async () => {
      const values = Array.isArray(key) ? [value].flat() : [value];
      const change = this.#client.multi();
      for (const [index, name] of [key].flat().entries()) {
        const text = JSON.stringify(values[index]) as string | undefined;
        if (text === undefined) change.hDel(this.#hash(scope), name);
        else change.hSet(this.#hash(scope), name, text);
      }
      await change.exec();
      return [];
    }, callback);
  }

  keys(scope: string, callback?: Callback): void {
    this.#answer(async () => [await this.#client.hKeys(this.#hash(scope))], required(callback));
  }

  async delete(scope: string): Promise<void> {
    await this.#client.del(this.#hash(scope));
  }

  /** Removes nothing: what this instance has no node for may belong to another one. */
  async clean(): Promise<void> {}

  // Redis may refuse a sign-in, or still be loading; the client tries again only after lost connections.
  #connect(): void {
    this.#client.connect().catch((error: unknown) => {
      this.#lastError = error;
      if (!this.#isClosed) this.#retry = setTimeout(() => this.#connect(), CONNECT_AGAIN_MS).unref();
    });
  }

  #answer(work: () => Promise<unknown[]>, callback: Callback): void {
    work().then(
      (values) => callback(null, ...values),
      (error: unknown) => callback(this.#explain(error)),
    );
  }

  #explain(error: unknown): Error {
    if (this.#client.isReady) return error instanceof Error ? error : new Error(String(error));
    const { code = "no connection", message = "" } = (this.#lastError ?? {}) as { code?: string; message?: string };
    return Object.assign(new Error(`Redis is not connected. ${message}`.trim()), { code });
  }

  #hash(scope: string): string {
    return `${this.#prefix}:${scope}`;
  }
}

function required(callback: Callback | undefined): Callback {
  if (callback) return callback;
  throw new Error("The context store in Redis needs a callback: it cannot return a value at once.");
}

function requireClient(): typeof import("@redis/client") {
  try {
    return require("@redis/client") as typeof import("@redis/client");
  } catch (error) {
    throw new Error("The context store in Redis needs the package @redis/client: install it beside this one.", {
      cause: error,
    });
  }
}

export = redisContext;
