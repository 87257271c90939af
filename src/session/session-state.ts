import { randomUUID } from "node:crypto";
import type { AbortSignalLike } from "../core/abort";
import type { Clock } from "../core/clock";
import { PlatformError, type ErrorCode, type ErrorDetails } from "../core/errors";
import type { PersistentValue } from "../persistence/encrypted-value";

/** What a platform hands out at sign-in. */
export interface Token {
  /** What goes with each call. */
  value: string;
  /** How long it lives from now, in milliseconds; unknown where the platform does not say. */
  lifeMs?: number | undefined;
}

/** A token, and until when it is good. */
export interface TokenLease<T> {
  token: T;
  renewAt: number;
  expiresAt: number;
}

/** A failure that stands for later ones, for a while. */
export interface Cooldown {
  error: PlatformError;
  sinceMs: number;
  untilMs: number;
  /** How long the last refusal held; the next one doubles. */
  durationMs: number;
}

/** What a session knows. Kept by its owner it outlives the session, so that the next one goes on with it. */
export interface SessionState<T extends Token = Token> {
  lease?: TokenLease<T> | undefined;
  /** The refusal that stands for later sign-ins. */
  signInCooldown?: Cooldown | undefined;
  /** The refusal of fresh tokens that stands for later renewals. */
  renewalCooldown?: Cooldown | undefined;
  /** Where it is written down, for the next process and for those beside this one. */
  sharedStore?: SharedSessionStore<T> | undefined;
}

/** What is written down of a session. JSON knows no Infinity: it comes back as null. */
interface StoredSession<T> {
  lease?: { token: T; renewAt: number | null; expiresAt: number | null };
  signInCooldown?: Omit<Cooldown, "error"> & { code: ErrorCode; message: string; details: ErrorDetails };
  /** Who is signing in right now. */
  lock?: { by: string; untilMs: number };
}

/** A sign-in of another process is waited for so long; then that process is taken for dead. */
const CLAIM_MS = 20_000;
/** Two who claim at the same time see after so long who was the last to write. */
const CLAIM_REST_MS = 250;
/** So many tokens of the past are remembered, so that none of them is taken up again. */
const MOST_KNOWN = 16;

/** The written side of a memory: what the process before this one knew, and what those beside it find out. */
export class SharedSessionStore<T extends Token = Token> {
  readonly #keeper: PersistentValue<StoredSession<T>>;
  readonly #clock: Clock;
  readonly #shared: boolean;
  readonly #self = randomUUID();
  /** Tokens that this process has had: one of them in the store is no news. */
  readonly #known = new Set<string>();
  /** What was written last. */
  #last: Pick<SessionState<T>, "lease" | "signInCooldown"> = {};
  #claimed = false;

  /** @param shared whether other processes may write there: then only one of them signs in at a time */
  constructor(keeper: PersistentValue<unknown>, clock: Clock, shared: boolean) {
    this.#keeper = keeper as PersistentValue<StoredSession<T>>;
    this.#clock = clock;
    this.#shared = shared;
  }

  /**
   * Looks for what others know before anybody signs in, and waits for one who is signing in.
   * What is news goes into `memory`: a token, dead or alive, and a refusal.
   * @returns whether a live token was found; if not, the sign-in is ours
   */
  async adopt(memory: SessionState<T>, signal: AbortSignalLike): Promise<boolean> {
    let giveUpAt = Infinity;
    for (;;) {
      const written = (await this.#keeper.load()) ?? {};
      if (this.#learn(written, memory)) return true;
      const now = this.#clock.now();
      if (!this.#shared || (memory.signInCooldown && now < memory.signInCooldown.untilMs)) return false;

      const { lock } = written;
      const theirs = lock && now < lock.untilMs;
      if (now >= giveUpAt || (!theirs && (await this.#claims(written, now, signal)))) return false;
      giveUpAt = Math.min(giveUpAt, now + CLAIM_MS);
      await this.#clock.sleep(CLAIM_REST_MS, signal);
    }
  }

  /** Writes down what became of a sign-in. Whoever waits for it goes on. */
  async write({ lease, signInCooldown }: SessionState<T>): Promise<void> {
    if (!this.#claimed && this.#last.lease === lease && this.#last.signInCooldown === signInCooldown) return;
    this.#claimed = false;
    this.#last = { lease, signInCooldown };
    await this.#keeper.save({
      ...(lease ? { lease } : {}),
      ...(signInCooldown ? { signInCooldown: writeLatch(signInCooldown) } : {}),
    });
  }

  #learn(written: StoredSession<T>, memory: SessionState<T>): boolean {
    memory.signInCooldown ??= readLatch(written);
    if (memory.lease) this.#know(memory.lease.token);
    const lent = readLent(written);
    if (!lent || this.#known.has(lent.token.value)) return false;
    this.#know(lent.token);
    memory.lease = lent;
    this.#last = { lease: lent, signInCooldown: memory.signInCooldown };
    return this.#clock.now() < lent.expiresAt;
  }

  async #claims(written: StoredSession<T>, now: number, signal: AbortSignalLike): Promise<boolean> {
    this.#claimed = true;
    await this.#keeper.save({ ...written, lock: { by: this.#self, untilMs: now + CLAIM_MS } });
    await this.#clock.sleep(CLAIM_REST_MS, signal);
    const seen = await this.#keeper.load();
    this.#claimed = seen === undefined || seen.lock?.by === this.#self;
    return this.#claimed;
  }

  #know({ value }: Token): void {
    this.#known.add(value);
    const [oldest] = this.#known;
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

function readLent<T extends Token>({ lease }: StoredSession<T>): TokenLease<T> | undefined {
  if (typeof lease?.token?.value !== "string") return undefined;
  const { token, renewAt, expiresAt } = lease;
  return { token, renewAt: renewAt ?? Infinity, expiresAt: expiresAt ?? Infinity };
}

function writeLatch({ error, ...hold }: Cooldown): NonNullable<StoredSession<Token>["signInCooldown"]> {
  const { code, message, details } = error;
  return { ...hold, code, message, details };
}

function readLatch({ signInCooldown }: StoredSession<Token>): Cooldown | undefined {
  if (!signInCooldown) return undefined;
  const { code, message, details, ...hold } = signInCooldown;
  return { ...hold, error: new PlatformError(code, message, details) };
}
