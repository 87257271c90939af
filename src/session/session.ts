import { LightAbortController, type AbortSignalLike } from "../core/abort";
import { abortable, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { cancelledError, InvalidTokenError, isPlatformError, PlatformError } from "../core/errors";
import type { Cooldown, SessionState, Token, TokenLease } from "./session-state";

export type { SessionState, Token } from "./session-state";

/**
 * Brings a new token: by a refresh token out of `previous` where there is one, else by signing in.
 * @param previous the token that this one replaces; none at the first sign-in, and none when the owner forces a new one
 */
export type Authenticate<T extends Token> = (previous: T | undefined, signal: AbortSignalLike) => Promise<T>;

/** A live token, and whether somebody else had signed in for it already. */
interface Renewed<T> {
  lent: TokenLease<T>;
  found: boolean;
}

const MINUTE_MS = 60_000;
/** A shorter life makes no sense: it would mean a sign-in per call. */
const SHORTEST_LIFE_MS = 1000;
/** Renewal begins this long before the end at most. */
const EARLIEST_RENEWAL_MS = 5 * MINUTE_MS;
/** How long an early renewal that failed rests. */
const EARLY_REST_MS = 10_000;
const FIRST_LATCH_MS = 15 * MINUTE_MS;
const LONGEST_LATCH_MS = 24 * 60 * MINUTE_MS;
const BUSY_LATCH_MS = MINUTE_MS;
/** Who twice in a row cannot be understood at sign-in may not be who we think: not each message sends the credentials there. */
const UNREADABLE_REST_MS = 10_000;
const FIRST_DOUBT_MS = 10_000;
const LONGEST_DOUBT_MS = 5 * MINUTE_MS;

/** One signed-in session: lends out a live token, and renews it once for everyone who is waiting. */
export class Session<T extends Token> {
  readonly #obtain: Authenticate<T>;
  readonly #clock: Clock;
  readonly #closing = new LightAbortController();
  readonly #memory: SessionState<T>;
  #renewal: Promise<Renewed<T>> | undefined;
  /** How many sign-ins in a row brought an answer that cannot be read. */
  #unreadable = 0;

  /** @param memory of an earlier session of the same credentials, or a new one */
  constructor(obtain: Authenticate<T>, clock: Clock, memory: SessionState<T> = {}) {
    this.#obtain = obtain;
    this.#clock = clock;
    this.#memory = memory;
  }

  /** The token of the live session, dead or alive; none before the first sign-in. */
  get token(): T | undefined {
    return this.#memory.lease?.token;
  }

  /**
   * Makes a call with a live token. A spent one is renewed, and the call made once more.
   * @throws what the sign-in or the call throws; a second refusal in a row is an error, not a loop
   */
  async withToken<R>(call: (token: T) => Promise<R>, { signal }: CallOptions = {}): Promise<R> {
    const lent = this.#atHand() ?? (await this.#live(signal));
    try {
      return await call(lent.token);
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      // Fresh tokens were refused a moment ago: one more sign-in would not help, and might lock the account.
      if (this.#memory.lease === lent && this.#holds(this.#memory.renewalCooldown)) throw error.failure;
      this.#retire(lent);
    }

    const renewed = await this.#live(signal);
    try {
      const result = await call(renewed.token);
      this.#memory.renewalCooldown = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      // Many may be refused in one wave: that is one doubt.
      if (!this.#holds(this.#memory.renewalCooldown))
        this.#memory.renewalCooldown = this.#hold(
          this.#memory.renewalCooldown,
          error.failure,
          FIRST_DOUBT_MS,
          LONGEST_DOUBT_MS,
        );
      throw error.failure;
    }
  }

  /**
   * Hands out the live session, or signs in.
   * @param force signs in anew even where a session is live or a refusal is latched
   * @returns the token, and whether it was there already
   */
  async signIn(force: boolean, { signal }: CallOptions = {}): Promise<{ token: T; reused: boolean }> {
    const alive = this.#memory.lease && this.#clock.now() < this.#memory.lease.expiresAt;
    if (!force && alive) return { token: (await this.#live(signal)).token, reused: true };
    if (force) this.#memory.signInCooldown = this.#memory.renewalCooldown = undefined;
    const renewal = force ? this.#renew(true) : this.#renewUnlessHeld();
    const { lent, found } = await abortable(renewal, signal);
    return { token: lent.token, reused: found };
  }

  /** Gives up what is under way; nobody gets a token any more. */
  close(): void {
    this.#closing.abort(cancelledError());
  }

  // Most calls find one, and wait for nobody.
  #atHand(): TokenLease<T> | undefined {
    this.#closing.signal.throwIfAborted();
    const { lease } = this.#memory;
    return lease && this.#clock.now() < lease.renewAt ? lease : undefined;
  }

  async #live(signal: AbortSignalLike | undefined): Promise<TokenLease<T>> {
    const atHand = this.#atHand();
    if (atHand) return atHand;
    const { lease } = this.#memory;
    if (lease && this.#clock.now() < lease.expiresAt) {
      // Still good: renewed beside the calls, and a failure counts only when the end has come.
      this.#renewUnlessHeld().catch(() => {
        lease.renewAt = Math.min(this.#clock.now() + EARLY_REST_MS, lease.expiresAt);
      });
      return lease;
    }
    return (await abortable(this.#renewUnlessHeld(), signal)).lent;
  }

  async #renewUnlessHeld(): Promise<Renewed<T>> {
    if (this.#memory.signInCooldown && this.#holds(this.#memory.signInCooldown))
      throw this.#memory.signInCooldown.error;
    return this.#renew(false);
  }

  // Everyone who needs a token meanwhile waits for this one.
  #renew(force: boolean): Promise<Renewed<T>> {
    this.#renewal ??= this.#find(force).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #find(force: boolean): Promise<Renewed<T>> {
    this.#closing.signal.throwIfAborted();
    const memory = this.#memory;
    const found = await memory.sharedStore?.adopt(memory, this.#closing.signal);
    if (force) memory.signInCooldown = undefined;
    else if (found && memory.lease) {
      memory.signInCooldown = undefined;
      return { lent: memory.lease, found };
    } else if (memory.signInCooldown && this.#holds(memory.signInCooldown)) throw memory.signInCooldown.error;
    try {
      return { lent: await this.#ask(force ? undefined : memory.lease?.token), found: false };
    } finally {
      await memory.sharedStore?.write(memory);
    }
  }

  async #ask(previous: T | undefined): Promise<TokenLease<T>> {
    try {
      const token = await this.#obtain(previous, this.#closing.signal);
      const lent = lend(token, this.#clock.now());
      this.#unreadable = 0;
      Object.assign(this.#memory, { lease: lent, signInCooldown: undefined });
      return lent;
    } catch (thrown) {
      const error = thrown instanceof InvalidTokenError ? thrown.failure : thrown;
      this.#latchOn(error);
      throw error;
    }
  }

  // A refused credential must not be sent again by itself: that is how accounts get locked.
  #latchOn(error: unknown): void {
    if (isPlatformError(error, "sign-in", "config", "forbidden", "unsupported", "rejected")) {
      this.#memory.signInCooldown = this.#hold(this.#memory.signInCooldown, error, FIRST_LATCH_MS, LONGEST_LATCH_MS);
      return;
    }
    if (isPlatformError(error, "protocol") && ++this.#unreadable > 1) {
      this.#memory.signInCooldown = this.#until(
        error,
        UNREADABLE_REST_MS,
        this.#memory.signInCooldown?.durationMs ?? 0,
      );
      return;
    }
    if (!isPlatformError(error, "busy")) return;
    // "Too many sign-ins" is made worse by asking again; a mere HTTP 503 is not.
    const restMs = error.details.retryAfterMs ?? (error.details.vendorCode ? BUSY_LATCH_MS : 0);
    if (restMs > 0)
      this.#memory.signInCooldown = this.#until(
        error,
        Math.min(restMs, LONGEST_LATCH_MS),
        this.#memory.signInCooldown?.durationMs ?? 0,
      );
  }

  #hold(before: Cooldown | undefined, error: PlatformError, firstMs: number, longestMs: number): Cooldown {
    const lengthMs = before?.durationMs ? Math.min(before.durationMs * 2, longestMs) : firstMs;
    return this.#until(error, lengthMs, lengthMs);
  }

  #until(error: PlatformError, restMs: number, durationMs: number): Cooldown {
    const sinceMs = this.#clock.now();
    return { error, sinceMs, untilMs: sinceMs + restMs, durationMs };
  }

  // A clock that was set back to before it began must not make it last for days.
  #holds(hold: Cooldown | undefined): boolean {
    const now = this.#clock.now();
    return hold !== undefined && hold.sinceMs <= now && now < hold.untilMs;
  }

  // Only the token that was refused is retired: a late refusal must not undo a newer renewal.
  #retire(spent: TokenLease<T>): void {
    if (this.#memory.lease === spent) this.#memory.lease = { ...spent, renewAt: 0, expiresAt: 0 };
  }
}

function lend<T extends Token>(token: T, now: number): TokenLease<T> {
  // A life that makes no sense must not lead to a sign-in per call: then only a refusal tells the end.
  const { lifeMs = 0 } = token;
  if (!(lifeMs >= SHORTEST_LIFE_MS)) return { token, renewAt: Infinity, expiresAt: Infinity };
  const expiresAt = now + lifeMs;
  return { token, expiresAt, renewAt: expiresAt - Math.min(lifeMs / 10, EARLIEST_RENEWAL_MS) };
}
