import type { z } from "zod";
import { abortable, LightAbortController, type AbortSignalLike } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { cancelledError, InvalidTokenError, isPlatformError } from "../core/errors";
import { isActive } from "./cooldown";
import { SessionState, type StoredSession, type TokenLease } from "./session-state";
import { storedSession } from "./stored-session";
import type { Token } from "./token";

/**
 * Obtains a new token: with the refresh token of `previous` where there is one, otherwise by signing in.
 * @param previous the token to replace; undefined at the first sign-in, and when a new sign-in is forced
 */
type Authenticate<T extends Token> = (previous: T | undefined, signal: AbortSignalLike) => Promise<T>;

/** A live lease, and whether it existed before. */
interface Renewal<T> {
  lease: TokenLease<T>;
  reused: boolean;
}

/** How long a renewal in the background waits after one that failed. */
const BACKGROUND_RETRY_MS = 10_000;

/** One signed-in session: lends out a live token, and renews it once for everyone who is waiting. */
export class Session<T extends Token> {
  readonly #authenticate: Authenticate<T>;
  readonly #tokenSchema: z.ZodType<T>;
  readonly #clock: Clock;
  readonly #state: SessionState<T>;
  readonly #closing = new LightAbortController();
  #renewal: Promise<Renewal<T>> | undefined;
  #storedSchema: z.ZodType<StoredSession<T>> | undefined;
  /** How many sign-ins since the last success got a response that cannot be read. */
  #protocolFailures = 0;

  /**
   * @param tokenSchema what a stored token must look like
   * @param state of an earlier session of the same credentials, or a new one
   */
  constructor(
    authenticate: Authenticate<T>,
    tokenSchema: z.ZodType<T>,
    clock: Clock,
    state: SessionState<T> = new SessionState<T>(),
  ) {
    this.#authenticate = authenticate;
    this.#tokenSchema = tokenSchema;
    this.#clock = clock;
    this.#state = state;
  }

  /** The last token, live or not; undefined before the first sign-in. */
  get token(): T | undefined {
    return this.#state.lease?.token;
  }

  /**
   * Makes a call with a live token. Where the platform refuses the token, it is renewed and the call made once more.
   * @throws what the sign-in or the call throws; a renewed token that is refused as well is an error, not a loop
   */
  async withToken<R>(call: (token: T) => Promise<R>, { signal }: CallOptions = {}): Promise<R> {
    const lease = this.#cachedLease() ?? (await this.#liveLease(signal));
    try {
      return await call(lease.token);
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      // Renewed tokens were refused a moment ago: another sign-in would not help, and might lock the account.
      if (this.#state.lease === lease && this.#isRenewalCoolingDown()) throw error.failure;
      this.#state.invalidate(lease);
    }

    const renewed = await this.#liveLease(signal);
    try {
      const result = await call(renewed.token);
      this.#state.renewedTokenAccepted();
      return result;
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      // Many calls may be refused at the same time: they count as one refusal.
      if (!this.#isRenewalCoolingDown()) this.#state.renewedTokenRefused(error.failure, this.#clock.now());
      throw error.failure;
    }
  }

  /**
   * Signs in, unless there is a live session.
   * @param force signs in even where there is one, and during a cooldown
   * @returns the token, and whether the session existed before
   */
  async signIn(force: boolean, { signal }: CallOptions = {}): Promise<{ token: T; reused: boolean }> {
    const { lease } = this.#state;
    if (!force && lease && this.#clock.now() < lease.expiresAt)
      return { token: (await this.#liveLease(signal)).token, reused: true };
    if (force) this.#state.clearCooldowns();
    const renewal = await abortable(force ? this.#renew(true) : this.#renewUnlessCoolingDown(), signal);
    return { token: renewal.lease.token, reused: renewal.reused };
  }

  /** Aborts a sign-in in progress. From now on every call rejects with `cancelled`. */
  close(): void {
    this.#closing.abort(cancelledError());
  }

  // Most calls find one, and await nothing.
  #cachedLease(): TokenLease<T> | undefined {
    this.#closing.signal.throwIfAborted();
    const { lease } = this.#state;
    return lease && this.#clock.now() < lease.renewAt ? lease : undefined;
  }

  async #liveLease(signal: AbortSignalLike | undefined): Promise<TokenLease<T>> {
    const cached = this.#cachedLease();
    if (cached) return cached;
    const { lease } = this.#state;
    if (lease && this.#clock.now() < lease.expiresAt) {
      // Still good: it is renewed in the background, and a failure counts only once it has expired.
      this.#renewUnlessCoolingDown().catch(() =>
        this.#state.postponeRenewal(lease, this.#clock.now() + BACKGROUND_RETRY_MS),
      );
      return lease;
    }
    return (await abortable(this.#renewUnlessCoolingDown(), signal)).lease;
  }

  async #renewUnlessCoolingDown(): Promise<Renewal<T>> {
    const { signInCooldown } = this.#state;
    if (isActive(signInCooldown, this.#clock.now())) throw signInCooldown.error;
    return this.#renew(false);
  }

  // Everyone who needs a token meanwhile waits for the same renewal.
  #renew(force: boolean): Promise<Renewal<T>> {
    this.#renewal ??= this.#adoptOrAuthenticate(force).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #adoptOrAuthenticate(force: boolean): Promise<Renewal<T>> {
    this.#closing.signal.throwIfAborted();
    const state = this.#state;
    const isAdopted = await state.store?.adopt(state, (stored) => this.#parseStored(stored), this.#closing.signal);
    if (force) state.clearSignInCooldown();
    else if (isAdopted && state.lease) {
      state.clearSignInCooldown();
      return { lease: state.lease, reused: true };
    } else if (isActive(state.signInCooldown, this.#clock.now())) throw state.signInCooldown.error;
    try {
      return { lease: await this.#startLease(force ? undefined : state.lease?.token), reused: false };
    } finally {
      await state.store?.write(state);
    }
  }

  async #startLease(previous: T | undefined): Promise<TokenLease<T>> {
    try {
      const token = await this.#authenticate(previous, this.#closing.signal);
      this.#protocolFailures = 0;
      return this.#state.startLease(token, this.#clock.now());
    } catch (thrown) {
      const error = thrown instanceof InvalidTokenError ? thrown.failure : thrown;
      if (isPlatformError(error, "protocol")) this.#protocolFailures++;
      this.#state.signInFailed(error, this.#protocolFailures, this.#clock.now());
      throw error;
    }
  }

  #parseStored(stored: unknown): StoredSession<T> {
    this.#storedSchema ??= storedSession(this.#tokenSchema);
    return this.#storedSchema.parse(stored);
  }

  #isRenewalCoolingDown(): boolean {
    return isActive(this.#state.renewalCooldown, this.#clock.now());
  }
}
