import type { AbortSignalLike } from "../core/abort";
import { PlatformError, type ErrorCode } from "../core/errors";
import { cooldownAfterSignIn, isActive, type Cooldown } from "./cooldown";
import { RenewalRefusals } from "./renewal-refusals";
import type { Token } from "./token";

/** A token, and until when it is good. Times are in milliseconds since 1970; `Infinity` where they are unknown. */
export interface TokenLease<T> {
  token: T;
  issuedAt: number;
  /** From then on it is renewed in the background. */
  renewAt: number;
  expiresAt: number;
  /** Names of the calls for which the platform has accepted it. Not stored. */
  acceptedFor: Set<string>;
}

/** What is stored of a session. */
export interface StoredSession<T> {
  lease?: TokenLease<T> | undefined;
  signInCooldown?: Cooldown | undefined;
  /** The process that is signing in right now. */
  lock?: { by: string; untilMs: number } | undefined;
}

/** Stores a session beyond the process. No method rejects for a store that fails. */
export interface SessionStore<T extends Token> {
  /**
   * Brings a state up to date with the store, and waits while another process signs in.
   * @param parse never throws
   * @returns whether the state has got a live lease; otherwise the caller may sign in
   */
  adopt(
    state: SessionState<T>,
    parse: (stored: unknown) => StoredSession<T>,
    signal: AbortSignalLike,
  ): Promise<boolean>;
  /** Stores the state after a sign-in, and lets the processes that wait for it go on. */
  write(state: SessionState<T>): Promise<void>;
}

/** An attempt to sign in or to renew: when, and `ok` or the code of its error. */
interface SignInRecord {
  atMs: number;
  code: ErrorCode | "ok" | "unknown";
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MAX_SIGN_INS = 50;
/** A shorter life makes no sense: it would cost a sign-in for each call. */
const MIN_LIFE_MS = 1000;
/** Renewal begins this long before the end, or earlier for short lives. */
const MAX_RENEWAL_LEAD_MS = 5 * MINUTE_MS;

/** What a session remembers. It may outlive the session, so that the next one of the same credentials goes on with it. */
export class SessionState<T extends Token = Token> {
  readonly store: SessionStore<T> | undefined;
  #lease: TokenLease<T> | undefined;
  #signInCooldown: Cooldown | undefined;
  #signIns: SignInRecord[] = [];
  readonly renewalRefusals = new RenewalRefusals();

  constructor(store?: SessionStore<T>) {
    this.store = store;
  }

  /** The last lease, live or not. */
  get lease(): TokenLease<T> | undefined {
    return this.#lease;
  }

  /** The last refused sign-in, active or not. */
  get signInCooldown(): Cooldown | undefined {
    return this.#signInCooldown;
  }

  /** The last attempts to sign in or to renew, of this process and of the last day; oldest first. Not stored. */
  signIns(now: number): readonly SignInRecord[] {
    return this.#signIns.filter(({ atMs }) => atMs >= now - DAY_MS);
  }

  /** Starts the lease of a token that has just been issued. */
  startLease(token: T, now: number): TokenLease<T> {
    this.#lease = createLease(token, now);
    this.#signInCooldown = undefined;
    this.#record({ atMs: now, code: "ok" });
    return this.#lease;
  }

  /**
   * Takes what another process has stored: its lease, and its failure where none of our own stands. A failure from before
   * the last success is void: somebody may have put it back.
   */
  adopt({ lease, signInCooldown }: StoredSession<T>, now: number): void {
    const lastSuccessMs = this.#lease?.issuedAt ?? -Infinity;
    if (lease) this.#lease = lease;
    const isOwnActive = isActive(this.#signInCooldown, now);
    if (signInCooldown && !isOwnActive && signInCooldown.sinceMs >= lastSuccessMs)
      this.#signInCooldown = signInCooldown;
  }

  /** Goes on with the lease of another session that has just signed in with the same credentials. */
  async takeOver({ lease }: SessionState<T>): Promise<void> {
    this.#lease = lease;
    this.clearCooldowns();
    await this.store?.write(this);
  }

  /** Ends a lease whose token was refused. A refusal that comes late must not end a newer lease. */
  invalidate(lease: TokenLease<T>): void {
    if (this.#lease === lease) this.#lease = { ...lease, renewAt: 0, expiresAt: 0 };
  }

  /** Renews a live lease no earlier than that, but never later than its end. */
  postponeRenewal(lease: TokenLease<T>, untilMs: number): void {
    lease.renewAt = Math.min(untilMs, lease.expiresAt);
  }

  signInFailed(error: unknown, isForced: boolean, now: number): void {
    this.#signInCooldown = cooldownAfterSignIn(error, this.#signInCooldown, isForced, now) ?? this.#signInCooldown;
    this.#record({ atMs: now, code: error instanceof PlatformError ? error.code : "unknown" });
  }

  #record(signIn: SignInRecord): void {
    this.#signIns = [...this.#signIns, signIn].slice(-MAX_SIGN_INS);
  }

  clearSignInCooldown(): void {
    this.#signInCooldown = undefined;
  }

  clearCooldowns(): void {
    this.#signInCooldown = undefined;
    this.renewalRefusals.clear();
  }
}

function createLease<T extends Token>(token: T, now: number): TokenLease<T> {
  const { lifeMs = 0 } = token;
  const acceptedFor = new Set<string>();
  // With a life that makes no sense, only a refusal shows the end.
  if (!(lifeMs >= MIN_LIFE_MS)) return { token, issuedAt: now, renewAt: Infinity, expiresAt: Infinity, acceptedFor };
  const expiresAt = now + lifeMs;
  const renewAt = expiresAt - Math.min(lifeMs / 10, MAX_RENEWAL_LEAD_MS);
  return { token, issuedAt: now, renewAt, expiresAt, acceptedFor };
}
