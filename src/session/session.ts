import type { z } from "zod";
import { abortable, LightAbortController, type AbortSignalLike } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { cancelledError, InvalidTokenError } from "../core/errors";
import { isActive, isActiveForced } from "./cooldown";
import { SessionState, type TokenLease } from "./session-state";
import { storedSession } from "./stored-session";
import type { Token } from "./token";

/**
 * Obtains a new token: with the refresh token of `previous` where there is one, otherwise by signing in.
 * @param previous the token to replace; undefined at the first sign-in, and when a new sign-in is forced
 * @param isRejected whether the platform refused it for every call
 */
type Authenticate<T extends Token> = (
  previous: T | undefined,
  signal: AbortSignalLike,
  isRejected: boolean,
) => Promise<T>;

/** A live lease, and whether it existed before. */
interface Renewal<T> {
  lease: TokenLease<T>;
  reused: boolean;
}

/** How long a renewal in the background waits after one that failed. */
const BACKGROUND_RETRY_MS = 10_000;
/** How many calls are remembered for which a token was accepted: enough to know that it is accepted at all. */
const MAX_ACCEPTED_NAMES = 64;

/** One signed-in session: lends out a live token, and renews it once for everyone who is waiting. */
export class Session<T extends Token> {
  readonly #authenticate: Authenticate<T>;
  readonly #tokenSchema: z.ZodType<T>;
  readonly #clock: Clock;
  readonly #state: SessionState<T>;
  readonly #closing = new LightAbortController();
  #renewal: Promise<Renewal<T>> | undefined;

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
   * @param name of what is called: some platforms refuse a good token for a single endpoint
   * @throws what the sign-in or the call throws; a renewed token that is refused as well is an error, not a loop
   */
  async withToken<R>(call: (token: T) => Promise<R>, { signal }: CallOptions = {}, name = ""): Promise<R> {
    const lease = this.#cachedLease() ?? (await this.#liveLease(signal));
    try {
      const result = await call(lease.token);
      this.#accepted(lease, name);
      return result;
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      // Renewed tokens were refused a moment ago: another sign-in would not help, and might lock the account.
      if (this.#state.lease === lease && this.#isRenewalUseless(lease, name))
        throw isAcceptedForOthers(lease, name) ? error.forbidden : error.failure;
      this.#state.invalidate(lease);
    }

    const renewed = await this.#liveLease(signal);
    try {
      const result = await call(renewed.token);
      this.#accepted(renewed, name);
      return result;
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      this.#state.renewalRefusals.add(name, error.failure, this.#clock.now());
      // What worked until now and is refused with a new token as well may be all; what never worked is this call alone.
      const isCallAlone =
        isAcceptedForOthers(renewed, name) || (isAcceptedForOthers(lease, name) && !lease.acceptedFor.has(name));
      throw isCallAlone ? error.forbidden : error.failure;
    }
  }

  /**
   * Signs in, unless there is a live session.
   * @param force signs in even where there is one, and during a cooldown; but not in a loop while it is refused
   * @returns the token, and whether the session existed before
   */
  async signIn(force: boolean, { signal }: CallOptions = {}): Promise<{ token: T; reused: boolean }> {
    const { lease } = this.#state;
    if (!force && lease && this.#clock.now() < lease.expiresAt)
      return { token: (await this.#liveLease(signal)).token, reused: true };
    if (force) this.#state.renewalRefusals.clear();
    const renewal = await abortable(this.#renewUnlessCoolingDown(force), signal);
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

  async #renewUnlessCoolingDown(force = false): Promise<Renewal<T>> {
    this.#throwIfCoolingDown(force);
    return this.#renew(force);
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
    const isAdopted = await state.store?.adopt(
      state,
      (stored) => storedSession(this.#tokenSchema).parse(stored),
      this.#closing.signal,
    );
    if (isAdopted && state.lease && !force) {
      state.clearSignInCooldown();
      return { lease: state.lease, reused: true };
    }
    this.#throwIfCoolingDown(force);
    try {
      return { lease: await this.#startLease(force), reused: false };
    } finally {
      await state.store?.write(state);
    }
  }

  async #startLease(force: boolean): Promise<TokenLease<T>> {
    const { lease } = this.#state;
    const previous = force ? undefined : lease?.token;
    try {
      const isRejected = lease?.expiresAt === 0 && lease.acceptedFor.size === 0;
      const token = await this.#authenticate(previous, this.#closing.signal, isRejected);
      return this.#state.startLease(token, this.#clock.now());
    } catch (thrown) {
      const error = thrown instanceof InvalidTokenError ? thrown.failure : thrown;
      this.#state.signInFailed(error, force, this.#clock.now());
      throw error;
    }
  }

  #throwIfCoolingDown(force: boolean): void {
    const { signInCooldown } = this.#state;
    const isStanding = force ? isActiveForced : isActive;
    if (isStanding(signInCooldown, this.#clock.now())) throw signInCooldown.error;
  }

  #accepted(lease: TokenLease<T>, name: string): void {
    if (lease === this.#state.lease) this.#state.renewalRefusals.accepted(name);
    if (lease.acceptedFor.size < MAX_ACCEPTED_NAMES) lease.acceptedFor.add(name);
  }

  #isRenewalUseless({ acceptedFor }: TokenLease<T>, name: string): boolean {
    return this.#state.renewalRefusals.isActive(name, acceptedFor.size > 0, this.#clock.now());
  }
}

function isAcceptedForOthers<T>({ acceptedFor }: TokenLease<T>, name: string): boolean {
  return acceptedFor.size > (acceptedFor.has(name) ? 1 : 0);
}
