import { isPlatformError, type PlatformError } from "../core/errors";

/** A failure that stands for later attempts for a while, so that they do not reach the platform. */
export interface Cooldown {
  error: PlatformError;
  sinceMs: number;
  untilMs: number;
  /** The last step of the backoff, which the next refusal doubles; 0 before the first refusal. */
  durationMs: number;
}

const MINUTE_MS = 60_000;
const INITIAL_SIGN_IN_COOLDOWN_MS = 15 * MINUTE_MS;
const MAX_SIGN_IN_COOLDOWN_MS = 24 * 60 * MINUTE_MS;
/** For a platform that is busy and does not say for how long. */
const BUSY_COOLDOWN_MS = MINUTE_MS;
const PROTOCOL_COOLDOWN_MS = 10_000;
const INITIAL_RENEWAL_COOLDOWN_MS = 10_000;
const MAX_RENEWAL_COOLDOWN_MS = 5 * MINUTE_MS;

/** Whether a cooldown stands now. A clock that was set back to before its beginning must not make it last for days. */
export function isActive(cooldown: Cooldown | undefined, now: number): cooldown is Cooldown {
  return cooldown !== undefined && cooldown.sinceMs <= now && now < cooldown.untilMs;
}

/**
 * The cooldown after a sign-in that failed. Sending refused credentials again and again is how accounts get locked.
 * @param protocolFailures how many sign-ins since the last success got a response that cannot be read, with this one
 * @returns undefined where the next call may try again
 */
export function cooldownAfterSignIn(
  error: unknown,
  previous: Cooldown | undefined,
  protocolFailures: number,
  now: number,
): Cooldown | undefined {
  if (isPlatformError(error, "sign-in", "config", "forbidden", "unsupported", "rejected"))
    return backOff(error, previous, INITIAL_SIGN_IN_COOLDOWN_MS, MAX_SIGN_IN_COOLDOWN_MS, now);

  const durationMs = previous?.durationMs ?? 0;
  // Whoever answers like that twice may not be the platform: not every message may send the credentials there.
  if (isPlatformError(error, "protocol") && protocolFailures > 1)
    return { error, sinceMs: now, untilMs: now + PROTOCOL_COOLDOWN_MS, durationMs };

  if (!isPlatformError(error, "busy")) return undefined;
  // More requests prolong "too many sign-ins"; they do not prolong a mere HTTP 503.
  const waitMs = error.details.retryAfterMs ?? (error.details.vendorCode ? BUSY_COOLDOWN_MS : 0);
  if (!(waitMs > 0)) return undefined;
  return { error, sinceMs: now, untilMs: now + Math.min(waitMs, MAX_SIGN_IN_COOLDOWN_MS), durationMs };
}

/** The cooldown after a renewed token was refused as well. */
export function cooldownAfterRenewal(error: PlatformError, previous: Cooldown | undefined, now: number): Cooldown {
  return backOff(error, previous, INITIAL_RENEWAL_COOLDOWN_MS, MAX_RENEWAL_COOLDOWN_MS, now);
}

function backOff(
  error: PlatformError,
  previous: Cooldown | undefined,
  initialMs: number,
  maxMs: number,
  now: number,
): Cooldown {
  const durationMs = previous?.durationMs ? Math.min(previous.durationMs * 2, maxMs) : initialMs;
  return { error, sinceMs: now, untilMs: now + durationMs, durationMs };
}
