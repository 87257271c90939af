import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { LightAbortController } from "../core/abort";
import type { Clock } from "../core/clock";
import { deriveFromPassword, deriveFromRandom } from "./key-derivation";
import type { TextStore } from "./store";

/**
 * A JSON value that outlives the process. It never rejects: a value that cannot be stored costs a sign-in later, never a
 * message now.
 */
export interface PersistentValue {
  /**
   * Whoever loads a value parses it: it may be of an earlier version of this package.
   * @returns undefined where there is no value, or none that can be read
   */
  load(): Promise<unknown>;
  save(value: unknown): Promise<void>;
  /** Whether the last `load` returned undefined because the store failed: there may be a value. */
  readonly isUnreadable: boolean;
}

interface EncryptedValueOptions {
  store: TextStore;
  /** Whoever knows it can decrypt the value: derived from the credentials of the config node. */
  secret: string;
  /**
   * Set where a person has chosen the whole secret, so that it could be guessed: the key is then derived from this as well,
   * slowly. Values with the same one share the derivation.
   */
  password?: string | undefined;
  /** Names the value: with another name the key is another. */
  name: string;
  clock: Clock;
  /** Called once when something fails, and again only after it has worked. */
  warn: (message: string) => void;
}

/** The version of the format, and of the values in it: a value of another version counts as none. */
const VERSION = "homenet3";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_CHECK_BYTES = 9;
/** How long the store may take for one operation. */
const STORE_TIMEOUT_MS = 2000;
/** How long the store is left alone after a failure. */
const STORE_COOLDOWN_MS = 60_000;

/** A value encrypted with AES-256-GCM. One that was encrypted with other credentials counts as none. */
export class EncryptedValue implements PersistentValue {
  readonly #options: EncryptedValueOptions;
  #key: Promise<Buffer> | undefined;
  #retryAt = -Infinity;
  /** What has failed and not worked since. */
  readonly #warned = new Set<"read" | "written" | "content">();
  #lastSave: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #isUnreadable = false;

  constructor(options: EncryptedValueOptions) {
    this.#options = options;
  }

  get isUnreadable(): boolean {
    return this.#isUnreadable;
  }

  async load(): Promise<unknown> {
    this.#isUnreadable = true;
    const text = await this.#useStore("read", async (store) => {
      const stored = await store.read();
      this.#isUnreadable = false;
      return stored;
    });
    return text === undefined ? undefined : this.#decrypt(text);
  }

  async save(value: unknown): Promise<void> {
    if (this.#isClosed) return;
    const save = this.#useStore("written", async (store) => store.write(await this.#encrypt(value)));
    this.#lastSave = save;
    await save;
  }

  /** From now on nothing is saved. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when the save in progress has ended, well or not. */
  async settled(): Promise<void> {
    await this.#lastSave;
  }

  async #useStore<R>(operation: "read" | "written", use: (store: TextStore) => Promise<R>): Promise<R | undefined> {
    const { clock, store } = this.#options;
    const now = clock.now();
    if (now < this.#retryAt && now >= this.#retryAt - STORE_COOLDOWN_MS) return undefined;
    try {
      // The key first: deriving it may take a small computer seconds, which must not count as the store's time, and
      // would make a lock that was just read out of date (see SharedSessionStore).
      await this.#deriveKey();
      const result = await this.#withTimeout(() => use(store));
      this.#warned.delete(operation);
      return result;
    } catch (error) {
      this.#retryAt = clock.now() + STORE_COOLDOWN_MS;
      // The code at most: a store's message may hold an address or a password.
      const { code = "it failed" } = (error ?? {}) as { code?: string };
      this.#warn(operation, `The store cannot be ${operation} (${code}).`);
      return undefined;
    }
  }

  async #withTimeout<R>(work: () => Promise<R>): Promise<R> {
    const controller = new LightAbortController();
    const timeout = this.#options.clock.sleep(STORE_TIMEOUT_MS, controller.signal).then(() => {
      throw Object.assign(new Error("timeout"), { code: "no response" });
    });
    timeout.catch(() => undefined);
    try {
      return await Promise.race([work(), timeout]);
    } finally {
      controller.abort();
    }
  }

  async #encrypt(value: unknown): Promise<string> {
    const key = await this.#deriveKey();
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    const encrypted = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
    const body = Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString("base64url");
    return [VERSION, keyCheck(key), body].join(".");
  }

  async #decrypt(text: string): Promise<unknown> {
    const [version, check, body = ""] = text.split(".");
    if (version !== VERSION) return this.#warn("content", "What the store holds is of another version, or damaged.");
    const key = await this.#deriveKey();
    // The credentials have been changed since, which is no reason for a warning.
    if (check !== keyCheck(key)) return undefined;
    try {
      const bytes = Buffer.from(body, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const json = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      this.#warned.delete("content");
      return JSON.parse(json.toString("utf8"));
    } catch {
      return this.#warn("content", "What the store holds is damaged.");
    }
  }

  #deriveKey(): Promise<Buffer> {
    if (!this.#key) {
      this.#key = this.#derive();
      // Without enough memory it fails, and there may be more later.
      this.#key.catch(() => {
        this.#key = undefined;
      });
    }
    return this.#key;
  }

  // The slow derivation has no salt of its own: what separates installations is in its secret. The name separates the values.
  async #derive(): Promise<Buffer> {
    const { secret, password, name } = this.#options;
    const strong = password === undefined ? "" : (await deriveFromPassword(password, "homenet")).toString("hex");
    return deriveFromRandom(strong + secret, `homenet ${name}`);
  }

  #warn(about: "read" | "written" | "content", message: string): undefined {
    if (!this.#warned.has(about)) this.#options.warn(message);
    this.#warned.add(about);
  }
}

/** Tells values of other credentials from damaged ones. */
function keyCheck(key: Buffer): string {
  return createHmac("sha256", key).update("check").digest().subarray(0, KEY_CHECK_BYTES).toString("base64url");
}
