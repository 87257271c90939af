import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { fileStore, type TextStore } from "../../src/persistence/store";

/** Where the values of one config node are stored that outlive the process. */
export interface StorageBackend {
  /** Unique among all backends. */
  readonly location: string;
  /** Whether other processes may use it as well. */
  readonly shared: boolean;
  /** @param name a word of letters, digits and underscores */
  store(name: string): TextStore;
  /** Removes the values of all its stores, also those of earlier processes. */
  clear(): Promise<void>;
}

/** Stores each value in a file `<userDir>/homenet/<hash of the node's id>-<name>`. */
export function fileBackend(userDir: string, id: string): StorageBackend {
  const folder = join(userDir, "homenet");
  const prefix = `${hash(id)}-`;
  return {
    location: `file ${prefix}`,
    shared: false,
    store: (name) => fileStore(join(folder, prefix + name)),
    async clear() {
      const files = await readdir(folder).catch(() => []);
      const own = files.filter((file) => file.startsWith(prefix));
      await Promise.all(own.map((file) => rm(join(folder, file), { force: true })));
    },
  };
}

type Context = ReturnType<Node["context"]>["global"];

/**
 * Stores each value in a context store of Node-RED, in the global context. Config nodes of the same account that share the
 * store share their session.
 * @param account identifies the account; holds no secret
 */
export function contextBackend(context: Context, storeName: string, account: string): StorageBackend {
  const prefix = `homenet_${hash(account)}_`;
  // A store that is closed or broken may throw instead of calling back; in a promise either way is a rejection.
  const promisify = <T>(
    call: (done: (error: Error | null | undefined, value?: T) => void) => void,
  ): Promise<T | undefined> =>
    new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
  const set = async (key: string, value: string | undefined): Promise<void> => {
    await promisify<void>((done) => context.set(key, value, storeName, done));
  };
  return {
    location: `context ${storeName} ${prefix}`,
    shared: true,
    store: (name) => ({
      async read() {
        const value = await promisify<unknown>((done) => context.get(prefix + name, storeName, done));
        if (value === undefined || value === null) return undefined;
        return typeof value === "string" ? value : "";
      },
      write: (text) => set(prefix + name, text),
    }),
    async clear() {
      const keys = (await promisify<unknown[]>((done) => context.keys(storeName, done))) ?? [];
      const own = keys.filter((key) => typeof key === "string").filter((key) => key.startsWith(prefix));
      await Promise.all(own.map((key) => set(key, undefined)));
    },
  };
}

/** Stores values in memory: the last resort if there is neither a user directory nor a context store. */
export function memoryBackend(): StorageBackend {
  const texts = new Map<string, string>();
  return {
    location: "memory",
    shared: false,
    store: (name) => ({
      read: async () => texts.get(name),
      write: async (text) => void texts.set(name, text),
    }),
    clear: async () => texts.clear(),
  };
}

/** The names of the context stores in Node-RED's settings. */
export function contextStoreNames(RED: NodeAPI): string[] {
  const { contextStorage } = RED.settings as { contextStorage?: unknown };
  return typeof contextStorage === "object" && contextStorage !== null ? Object.keys(contextStorage) : [];
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
