import { abortable, type CallOptions } from "./call";
import type { Clock } from "./clock";
import { cancelled, hasCode, PlatformError, TokenSpent } from "./errors";

/** What a platform hands out at sign-in. */
export interface Token {
  /** What goes with each call. */
  value: string;
  /** How long it lives from now, in milliseconds; unknown where the platform does not say. */
  lifeMs?: number | undefined;
}

/**
 * Brings a new token: by a refresh token out of `previous` where there is one, else by signing in.
 * @param previous the token that this one replaces; none at the first sign-in, and none when the owner forces a new one
 */
export type Obtain<T extends Token> = (previous: T | undefined, signal: AbortSignal) => Promise<T>;

interface Lent<T> {
  token: T;
  renewAt: number;
  expiresAt: number;
}

const MINUTE_MS = 60_000;
/** A shorter life is taken for a mistake: it would mean a sign-in per call. If it is none, a refusal tells. */
const SHORTEST_LIFE_MS = 30_000;
/** Renewal begins this long before the end at most. */
const EARLIEST_RENEWAL_MS = 5 * MINUTE_MS;
/** How long an early renewal that failed rests. */
const EARLY_REST_MS = 10_000;
const FIRST_LATCH_MS = 15 * MINUTE_MS;
const LONGEST_LATCH_MS = 24 * 60 * MINUTE_MS;
const BUSY_LATCH_MS = MINUTE_MS;
const FIRST_DOUBT_MS = 10_000;
const LONGEST_DOUBT_MS = 5 * MINUTE_MS;

/** One signed-in session: lends out a live token, and renews it once for everyone who is waiting. */
export class Session<T extends Token> {
  readonly #obtain: Obtain<T>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #lent: Lent<T> | undefined;
  #renewal: Promise<Lent<T>> | undefined;
  #latch: Hold | undefined;
  #doubt: Hold | undefined;

  constructor(obtain: Obtain<T>, clock: Clock) {
    this.#obtain = obtain;
    this.#clock = clock;
  }

  /** The token of the live session, dead or alive; none before the first sign-in. */
  get token(): T | undefined {
    return this.#lent?.token;
  }

  /**
   * Makes a call with a live token. A spent one is renewed, and the call made once more.
   * @throws what the sign-in or the call throws; a second refusal in a row is an error, not a loop
   */
  async use<R>(call: (token: T) => Promise<R>, { signal }: CallOptions = {}): Promise<R> {
    const lent = await this.#live(signal);
    try {
      return await call(lent.token);
    } catch (error) {
      if (!(error instanceof TokenSpent)) throw error;
      // Fresh tokens were refused a moment ago: one more sign-in would not help, and might lock the account.
      if (this.#lent === lent && this.#holds(this.#doubt)) throw error.final;
      this.#retire(lent);
    }

    const renewed = await this.#live(signal);
    try {
      const result = await call(renewed.token);
      this.#doubt = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof TokenSpent)) throw error;
      // Many may be refused in one wave: that is one doubt.
      if (!this.#holds(this.#doubt))
        this.#doubt = this.#hold(this.#doubt, error.final, FIRST_DOUBT_MS, LONGEST_DOUBT_MS);
      throw error.final;
    }
  }

  /**
   * Hands out the live session, or signs in.
   * @param force signs in anew even where a session is live or a refusal is latched
   * @returns the token, and whether it was there already
   */
  async signIn(force: boolean, { signal }: CallOptions = {}): Promise<{ token: T; reused: boolean }> {
    const alive = this.#lent && this.#clock.now() < this.#lent.expiresAt;
    if (!force && alive) return { token: (await this.#live(signal)).token, reused: true };
    if (force) this.#latch = this.#doubt = undefined;
    const { token } = await abortable(force ? this.#renew(undefined) : this.#live(signal), signal);
    return { token, reused: false };
  }

  /** Gives up what is under way; nobody gets a token any more. */
  close(): void {
    this.#closing.abort(cancelled());
  }

  async #live(signal: AbortSignal | undefined): Promise<Lent<T>> {
    this.#closing.signal.throwIfAborted();
    const lent = this.#lent;
    const now = this.#clock.now();
    if (lent && now < lent.renewAt) return lent;
    if (lent && now < lent.expiresAt) {
      // Still good: renewed beside the calls, and a failure counts only when the end has come.
      this.#renewUnlessHeld(lent.token).catch(() => {
        lent.renewAt = Math.min(this.#clock.now() + EARLY_REST_MS, lent.expiresAt);
      });
      return lent;
    }
    return abortable(this.#renewUnlessHeld(lent?.token), signal);
  }

  async #renewUnlessHeld(previous: T | undefined): Promise<Lent<T>> {
    if (this.#latch && this.#holds(this.#latch)) throw this.#latch.error;
    return this.#renew(previous);
  }

  // Everyone who needs a token meanwhile waits for this one.
  #renew(previous: T | undefined): Promise<Lent<T>> {
    this.#renewal ??= this.#ask(previous).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #ask(previous: T | undefined): Promise<Lent<T>> {
    this.#closing.signal.throwIfAborted();
    try {
      const token = await this.#obtain(previous, this.#closing.signal);
      this.#latch = undefined;
      this.#lent = lend(token, this.#clock.now());
      return this.#lent;
    } catch (thrown) {
      const error = thrown instanceof TokenSpent ? thrown.final : thrown;
      this.#latchOn(error);
      throw error;
    }
  }

  // A refused credential must not be sent again by itself: that is how accounts get locked.
  #latchOn(error: unknown): void {
    if (hasCode(error, "sign-in", "config", "forbidden", "unsupported", "rejected")) {
      this.#latch = this.#hold(this.#latch, error, FIRST_LATCH_MS, LONGEST_LATCH_MS);
      return;
    }
    if (!hasCode(error, "busy")) return;
    // "Too many sign-ins" is made worse by asking again; a mere HTTP 503 is not.
    const restMs = error.details.retryAfterMs ?? (error.details.vendorCode ? BUSY_LATCH_MS : 0);
    if (restMs > 0) this.#latch = this.#until(error, Math.min(restMs, LONGEST_LATCH_MS), this.#latch?.lengthMs ?? 0);
  }

  #hold(before: Hold | undefined, error: PlatformError, firstMs: number, longestMs: number): Hold {
    const lengthMs = before?.lengthMs ? Math.min(before.lengthMs * 2, longestMs) : firstMs;
    return this.#until(error, lengthMs, lengthMs);
  }

  #until(error: PlatformError, restMs: number, lengthMs: number): Hold {
    const sinceMs = this.#clock.now();
    return { error, sinceMs, untilMs: sinceMs + restMs, lengthMs };
  }

  // A clock that was set back to before it began must not make it last for days.
  #holds(hold: Hold | undefined): boolean {
    const now = this.#clock.now();
    return hold !== undefined && hold.sinceMs <= now && now < hold.untilMs;
  }

  // Only the token that was refused is retired: a late refusal must not undo a newer renewal.
  #retire(spent: Lent<T>): void {
    if (this.#lent === spent) this.#lent = { ...spent, renewAt: 0, expiresAt: 0 };
  }
}

/** A failure that stands for later ones, for a while. */
interface Hold {
  error: PlatformError;
  sinceMs: number;
  untilMs: number;
  /** How long the last refusal held; the next one doubles. */
  lengthMs: number;
}

function lend<T extends Token>(token: T, now: number): Lent<T> {
  // A life that makes no sense must not lead to a sign-in per call: then only a refusal tells the end.
  if (token.lifeMs === undefined || !(token.lifeMs > 0)) return { token, renewAt: Infinity, expiresAt: Infinity };
  const lifeMs = Math.max(token.lifeMs, SHORTEST_LIFE_MS);
  const expiresAt = now + lifeMs;
  return { token, expiresAt, renewAt: expiresAt - Math.min(lifeMs / 10, EARLIEST_RENEWAL_MS) };
}
