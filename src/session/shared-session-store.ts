import { randomUUID } from "node:crypto";
import type { AbortSignalLike } from "../core/abort";
import type { Clock } from "../core/clock";
import type { PersistentValue } from "../persistence/encrypted-value";
import { isActive } from "./cooldown";
import type { SessionState, SessionStore, StoredSession } from "./session-state";
import type { Token } from "./token";

/** A process that holds the lock for longer has died. */
const LOCK_MS = 20_000;
/** How often the store is polled meanwhile, and when it shows which of two simultaneous locks was written last. */
const POLL_INTERVAL_MS = 250;
/** How many former tokens are remembered. */
const MAX_SEEN_TOKENS = 16;

/** Stores a session for the next process, and shares it with those that run beside this one. */
export class SharedSessionStore<T extends Token = Token> implements SessionStore<T> {
  readonly #value: PersistentValue;
  readonly #clock: Clock;
  readonly #isShared: boolean;
  readonly #processId = randomUUID();
  /** Tokens that this process has had: a stored one that is among them is not adopted again. */
  readonly #seenTokens = new Set<string>();
  /** What was stored last. */
  #stored: Pick<StoredSession<T>, "lease" | "signInCooldown"> = {};
  #hasLock = false;

  /** @param isShared whether other processes use the same store: then only one of them signs in at a time */
  constructor(value: PersistentValue, clock: Clock, isShared: boolean) {
    this.#value = value;
    this.#clock = clock;
    this.#isShared = isShared;
  }

  async adopt(
    state: SessionState<T>,
    parse: (stored: unknown) => StoredSession<T>,
    signal: AbortSignalLike,
  ): Promise<boolean> {
    let deadline = Infinity;
    for (;;) {
      const stored = parse(await this.#value.load());
      if (this.#adopt(stored, state)) return true;
      const now = this.#clock.now();
      if (!this.#isShared || isActive(state.signInCooldown, now)) return false;

      const { lock } = stored;
      const isLocked = lock !== undefined && now < lock.untilMs;
      if (now >= deadline || (!isLocked && (await this.#acquireLock(stored, parse, signal)))) return false;
      deadline = Math.min(deadline, now + LOCK_MS);
      await this.#clock.sleep(POLL_INTERVAL_MS, signal);
    }
  }

  async write({ lease, signInCooldown }: SessionState<T>): Promise<void> {
    if (!this.#hasLock && this.#stored.lease === lease && this.#stored.signInCooldown === signInCooldown) return;
    this.#hasLock = false;
    this.#stored = { lease, signInCooldown };
    await this.#value.save(toStorable(this.#stored));
  }

  #adopt(stored: StoredSession<T>, state: SessionState<T>): boolean {
    const { lease, signInCooldown } = stored;
    if (state.lease) this.#remember(state.lease.token);
    const isNew = lease !== undefined && !this.#seenTokens.has(lease.token.value);
    state.adopt({ signInCooldown, lease: isNew ? lease : undefined }, this.#clock.now());
    if (!isNew) return false;
    this.#remember(lease.token);
    this.#stored = { lease, signInCooldown: state.signInCooldown };
    return this.#clock.now() < lease.expiresAt;
  }

  async #acquireLock(
    stored: StoredSession<T>,
    parse: (stored: unknown) => StoredSession<T>,
    signal: AbortSignalLike,
  ): Promise<boolean> {
    this.#hasLock = true;
    const lock = { by: this.#processId, untilMs: this.#clock.now() + LOCK_MS };
    await this.#value.save(toStorable({ ...stored, lock }));
    await this.#clock.sleep(POLL_INTERVAL_MS, signal);
    const readBack = await this.#value.load();
    // A store that does not answer must not keep anybody from signing in.
    this.#hasLock = readBack === undefined || parse(readBack).lock?.by === this.#processId;
    return this.#hasLock;
  }

  #remember({ value }: Token): void {
    this.#seenTokens.add(value);
    const [oldest] = this.#seenTokens;
    if (this.#seenTokens.size > MAX_SEEN_TOKENS && oldest !== undefined) this.#seenTokens.delete(oldest);
  }
}

/** As JSON: it shows nothing of an error but its name, so what the schema reads of it is written out. */
function toStorable<T>({ lease, signInCooldown, lock }: StoredSession<T>): object {
  const rest = { lease: lease && { ...lease, acceptedFor: undefined }, lock };
  if (!signInCooldown) return rest;
  const { error, ...times } = signInCooldown;
  const { code, message, details } = error;
  return { ...rest, signInCooldown: { ...times, code, message, details } };
}
