import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt } from "node:crypto";
import { LightAbortController } from "../core/abort";
import type { Clock } from "../core/clock";
import type { TextStore } from "./store";

/** Keeps a value beyond the process. What it can't keep is lost without an error: it costs a sign-in, never a message. */
export interface PersistentValue<T> {
  /** @returns undefined where nothing is kept, or nothing that can be read */
  load(): Promise<T | undefined>;
  save(value: T): Promise<void>;
}

/** What a safe is made of. */
export interface EncryptedValueOptions {
  store: TextStore;
  /** Whoever knows it can open the safe: the credentials of the config node. */
  secret: string;
  /** What the safe is called; another name, another key. */
  name: string;
  clock: Clock;
  /** Told once when something is wrong, until it works again. */
  warn: (what: string) => void;
}

const VERSION = "homenet1";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CHECK_BYTES = 9;
/** A store that has not answered by then is left alone. */
const DEADLINE_MS = 2000;
/** A store that failed rests so long. */
const REST_MS = 60_000;

/** Keeps a value encrypted (AES-256-GCM). What was sealed with other credentials is as good as nothing. */
export class EncryptedValue<T> implements PersistentValue<T> {
  readonly #options: EncryptedValueOptions;
  #key: Promise<Buffer> | undefined;
  #restUntil = -Infinity;
  /** What was told and has not worked since. */
  readonly #told = new Set<"read" | "written" | "content">();
  #pending: Promise<unknown> = Promise.resolve();
  #shut = false;

  constructor(options: EncryptedValueOptions) {
    this.#options = options;
  }

  async load(): Promise<T | undefined> {
    const text = await this.#try("read", (store) => store.read());
    return text === undefined ? undefined : this.#open(text);
  }

  async save(value: T): Promise<void> {
    if (this.#shut) return;
    const saved = this.#try("written", async (store) => store.write(await this.#seal(value)));
    this.#pending = saved;
    await saved;
  }

  /** From now on nothing is saved any more. */
  close(): void {
    this.#shut = true;
  }

  /** Waits until what is being saved is saved, or has failed. */
  async settled(): Promise<void> {
    await this.#pending;
  }

  async #try<R>(done: "read" | "written", work: (store: TextStore) => Promise<R>): Promise<R | undefined> {
    const { clock, store } = this.#options;
    const now = clock.now();
    if (now < this.#restUntil && now >= this.#restUntil - REST_MS) return undefined;
    try {
      // The key first: making it may take a small computer seconds, which is not the store's fault; and between reading
      // and what the reader makes of it no time must be lost (see SessionRecord).
      await this.#derived();
      const result = await this.#within(() => work(store));
      this.#told.delete(done);
      return result;
    } catch (error) {
      this.#restUntil = clock.now() + REST_MS;
      // Its code at most: a store's own words may hold an address or a password.
      this.#complain(
        done,
        `The store cannot be ${done} (${(error as { code?: string } | null)?.code ?? "it failed"}).`,
      );
      return undefined;
    }
  }

  async #within<R>(work: () => Promise<R>): Promise<R> {
    const stop = new LightAbortController();
    const late = this.#options.clock.sleep(DEADLINE_MS, stop.signal).then(() => {
      throw Object.assign(new Error("late"), { code: "no answer" });
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([work(), late]);
    } finally {
      stop.abort();
    }
  }

  async #seal(value: T): Promise<string> {
    const key = await this.#derived();
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
    return [VERSION, check(key), Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url")].join(".");
  }

  async #open(text: string): Promise<T | undefined> {
    const [version, theirs, body = ""] = text.split(".");
    if (version !== VERSION)
      return this.#complain("content", "What the store holds is of another version, or damaged.");
    const key = await this.#derived();
    // Sealed by other credentials: they have been changed, and that is nobody's fault.
    if (theirs !== check(key)) return undefined;
    try {
      const bytes = Buffer.from(body, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      this.#told.delete("content");
      return JSON.parse(opened.toString("utf8")) as T;
    } catch {
      return this.#complain("content", "What the store holds is damaged.");
    }
  }

  // Slow on purpose, so that nobody guesses a password from what is kept; the name is salt enough.
  #derived(): Promise<Buffer> {
    this.#key ??= new Promise((done, fail) => {
      const { secret, name } = this.#options;
      scrypt(secret, `homenet ${name}`, KEY_BYTES, (error, key) => (error ? fail(error) : done(key)));
    });
    return this.#key;
  }

  #complain(about: "read" | "written" | "content", what: string): undefined {
    if (!this.#told.has(about)) this.#options.warn(what);
    this.#told.add(about);
  }
}

function check(key: Buffer): string {
  return createHmac("sha256", key).update("check").digest().subarray(0, CHECK_BYTES).toString("base64url");
}
