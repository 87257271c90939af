import { createHash } from "node:crypto";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { LightAbortController } from "../../src/core/abort";
import { systemClock } from "../../src/core/clock";
import { EncryptedValue, type PersistentValue } from "../../src/persistence/encrypted-value";
import { SharedSessionStore, type SessionState } from "../../src/session/session-state";
import { contextBackend, contextStoreNames, fileBackend, memoryBackend, type StorageBackend } from "./storage-backends";

/**
 * The one piece of state that outlives a deploy: the editor's Full deploy builds every config node anew, and neither a
 * sign-in nor a refused password is worth repeating for that.
 */
const kept = new Map<string, PersistedState>();

/** What of a config node's settings belongs to the session, beside the credentials. */
export const SESSION_FIELDS = ["server", "mode", "omadacId", "appType", "terminalUUID"] as const;
/** Which of the credentials name the account. */
const ACCOUNT_FIELDS = ["email", "clientId", "username"] as const;

/** Closing a config node waits so long for what is being written, and again for what is taken away. */
const LONGEST_WRITE_MS = 400;

/** What is kept for a config node, in memory and beyond the process. */
export class PersistedState {
  /** The memory of its session. */
  readonly memory: SessionState = {};
  /** What names the account; holds no secret. */
  readonly account: string;
  readonly #shelf: StorageBackend;
  readonly #secret: string;
  readonly #warn: (what: string) => void;
  readonly #safes = new Map<string, EncryptedValue<unknown>>();

  /** @param secret whoever knows it can read what is kept */
  constructor(account: string, backend: StorageBackend, secret: string, warn: (what: string) => void) {
    this.account = account;
    this.#shelf = backend;
    this.#secret = secret;
    this.#warn = warn;
    this.memory.sharedStore = new SharedSessionStore(this.persistentValue("session"), systemClock, backend.shared);
  }

  /** Whether it is for this account, these credentials and this place. */
  isFor(shelf: StorageBackend, secret: string): boolean {
    return this.#secret === secret && this.isAt(shelf);
  }

  isAt({ location }: StorageBackend): boolean {
    return this.#shelf.location === location;
  }

  /**
   * Something else that must outlive the process, such as where a log was read to.
   * @param name a word of letters, digits and underscores
   */
  persistentValue<T>(name: string): PersistentValue<T> {
    let safe = this.#safes.get(name);
    if (!safe) {
      const store = this.#shelf.store(name);
      safe = new EncryptedValue({
        store,
        secret: this.#secret,
        name: `${this.#shelf.location} ${name}`,
        clock: systemClock,
        warn: this.#warn,
      });
      this.#safes.set(name, safe);
    }
    return safe as PersistentValue<unknown> as PersistentValue<T>;
  }

  /** Waits a moment for what is being written. */
  settled(): Promise<void> {
    return forAMoment(Promise.all([...this.#safes.values()].map((safe) => safe.settled())));
  }

  /** Takes away what is kept, for good. */
  async clear(): Promise<void> {
    for (const safe of this.#safes.values()) safe.close();
    await this.settled();
    await forAMoment(this.#shelf.clear());
  }
}

async function forAMoment(work: Promise<unknown>): Promise<void> {
  const stop = new LightAbortController();
  const enough = systemClock.sleep(LONGEST_WRITE_MS, stop.signal);
  await Promise.race([work, enough]).catch(() => undefined);
  stop.abort();
  await enough.catch(() => undefined);
}

/** What is kept for a config node; nothing yet where address or credentials have changed. */
export function acquire(RED: NodeAPI, node: Node<object>, def: NodeDef & { store?: string }): PersistedState {
  const settings = def as NodeDef & Record<string, unknown>;
  const credentials = (node.credentials ?? {}) as Record<string, unknown>;
  const of = (names: readonly string[], from: Record<string, unknown>): unknown[] =>
    names.map((name) => from[name] ?? "");
  const account = JSON.stringify([node.type, of(SESSION_FIELDS, settings), of(ACCOUNT_FIELDS, credentials)]);
  const secret = createHash("sha256")
    .update(JSON.stringify([account, credentials]))
    .digest("hex");

  const warn = (what: string): void =>
    RED.log.warn(
      `[${node.type}:${node.name || node.id}] ${what} The session stays in memory: a restart costs a sign-in.`,
    );
  const shelf = shelfOf(RED, node, def, account, warn);
  const isNamed = of(ACCOUNT_FIELDS, credentials).some((name) => name !== "");
  if (isNamed && hasTwin(RED, def.id, account))
    node.warn(
      "Another config node signs in to the same account: their limits add up, and one may end the session of the other. " +
        "Choose the same one in all nodes, and delete the other.",
    );
  const known = kept.get(def.id);
  if (known?.isFor(shelf, secret)) return known;
  if (known && !known.isAt(shelf)) known.clear().catch(() => undefined);
  const keeping = new PersistedState(account, shelf, secret, warn);
  kept.set(def.id, keeping);
  return keeping;
}

/** Drops what was kept for a config node that is gone. */
export async function discard(id: string): Promise<void> {
  const known = kept.get(id);
  kept.delete(id);
  await known?.clear();
}

function hasTwin(RED: NodeAPI, id: string, account: string): boolean {
  return [...kept].some(([other, keeping]) => other !== id && keeping.account === account && RED.nodes.getNode(other));
}

function shelfOf(
  RED: NodeAPI,
  node: Node<object>,
  def: NodeDef & { store?: string },
  account: string,
  warn: (what: string) => void,
): StorageBackend {
  const storeName = def.store?.trim();
  if (storeName) {
    if (contextStoreNames(RED).includes(storeName)) return contextBackend(node.context().global, storeName, account);
    warn(`There is no context store called "${storeName}" in Node-RED's settings: an own file is used.`);
  }
  const { userDir } = RED.settings;
  return userDir ? fileBackend(userDir, def.id) : memoryBackend();
}
