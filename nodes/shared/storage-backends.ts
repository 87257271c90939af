import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import { fileStore, type TextStore } from "../../src/persistence/store";

/** Where one config node keeps what must outlive the process. */
export interface StorageBackend {
  /** Tells it from every other one. */
  readonly location: string;
  /** Whether other processes may use it as well. */
  readonly shared: boolean;
  /** @param name a word of letters, digits and underscores */
  store(name: string): TextStore;
  /** Takes away all that is there. */
  clear(): Promise<void>;
}

/** Files of its own, `<userDir>/homenet/<hash of the node's id>-<name>`. */
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
 * A Node-RED context store, in the global context: whoever shares the store and the account shares the session.
 * @param account what names the account, and holds no secret
 */
export function contextBackend(context: Context, storeName: string, account: string): StorageBackend {
  const prefix = `homenet_${hash(account)}_`;
  // A store that is closed or broken may throw instead of calling back.
  const ask = <T>(call: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T | undefined> =>
    new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
  const set = async (key: string, value: string | undefined): Promise<void> => {
    await ask<void>((done) => context.set(key, value, storeName, done));
  };
  return {
    location: `context ${storeName} ${prefix}`,
    shared: true,
    store: (name) => ({
      async read() {
        const value = await ask<unknown>((done) => context.get(prefix + name, storeName, done));
        if (value === undefined || value === null) return undefined;
        return typeof value === "string" ? value : "";
      },
      write: (text) => set(prefix + name, text),
      remove: () => set(prefix + name, undefined),
    }),
    async clear() {
      const keys = (await ask<unknown[]>((done) => context.keys(storeName, done))) ?? [];
      const own = keys.filter((key) => typeof key === "string").filter((key) => key.startsWith(prefix));
      await Promise.all(own.map((key) => set(key, undefined)));
    },
  };
}

/** Where there is neither a folder nor a context store, the process has to do. */
export function memoryBackend(): StorageBackend {
  const texts = new Map<string, string>();
  return {
    location: "memory",
    shared: false,
    store: (name) => ({
      read: async () => texts.get(name),
      write: async (text) => void texts.set(name, text),
      remove: async () => void texts.delete(name),
    }),
    clear: async () => texts.clear(),
  };
}

/** The names of the context stores that Node-RED has. */
export function contextStoreNames(RED: NodeAPI): string[] {
  const { contextStorage } = RED.settings as { contextStorage?: unknown };
  return typeof contextStorage === "object" && contextStorage !== null ? Object.keys(contextStorage) : [];
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
