import { CredentialsRefusedError, PlatformError, type ErrorCode } from "../core/errors";

/** A failure that stands for later attempts for a while, so that they do not reach the platform. */
export interface Cooldown {
  error: PlatformError;
  sinceMs: number;
  untilMs: number;
  /** Until then not even a forced sign-in is attempted. */
  forcedUntilMs: number;
  /** The last steps of the backoffs, which the next failure doubles; 0 before the first one of its kind. */
  durationMs: number;
  restMs: number;
  forcedMs: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const INITIAL_REFUSAL_MS = 15 * MINUTE_MS;
/** No cooldown lasts longer, whatever a platform asks for or a store contains. */
export const MAX_COOLDOWN_MS = 24 * 60 * MINUTE_MS;
const INITIAL_REST_MS = SECOND_MS;
const MAX_REST_MS = MINUTE_MS;
/**
 * How many failures lock an account is not documented. It takes about ten, and lasts up to half an hour (kasa.md
 * section 4): a flow that forces sign-ins in a loop must not get there.
 */
const INITIAL_FORCED_MS = 10 * SECOND_MS;
const MAX_FORCED_MS = 15 * MINUTE_MS;
const INITIAL_RENEWAL_COOLDOWN_MS = 10 * SECOND_MS;
const MAX_RENEWAL_COOLDOWN_MS = 5 * MINUTE_MS;

/** The platform has not responded, unless there is a status. */
const WITHOUT_RESPONSE: ReadonlySet<ErrorCode> = new Set(["network", "tls", "timeout", "cancelled"]);

/** Whether a cooldown stands now. A clock that was set back to before its beginning must not make it last for days. */
export function isActive(cooldown: Cooldown | undefined, now: number): cooldown is Cooldown {
  return cooldown !== undefined && cooldown.sinceMs <= now && now < cooldown.untilMs;
}

/** Whether not even a forced sign-in is attempted now. */
export function isActiveForced(cooldown: Cooldown | undefined, now: number): cooldown is Cooldown {
  return isActive(cooldown, now) && now < cooldown.forcedUntilMs;
}

/**
 * The cooldown after a sign-in that failed. Refused credentials are not sent again for long; whatever else a platform
 * responds may pass within seconds. Without a response, the next call may try at once.
 */
export function cooldownAfterSignIn(
  error: unknown,
  previous: Cooldown | undefined,
  isForced: boolean,
  now: number,
): Cooldown | undefined {
  if (!(error instanceof PlatformError)) return undefined;
  if (WITHOUT_RESPONSE.has(error.code) && error.details.statusCode === undefined) return undefined;
  const { durationMs = 0, restMs = 0, forcedMs = 0, forcedUntilMs = 0 } = previous ?? {};
  const cooldown = { error, sinceMs: now, untilMs: now, forcedUntilMs, durationMs, restMs, forcedMs };
  if (error instanceof CredentialsRefusedError) {
    cooldown.durationMs = nextStep(durationMs, INITIAL_REFUSAL_MS, MAX_COOLDOWN_MS);
    cooldown.restMs = 0;
    cooldown.untilMs = now + cooldown.durationMs;
    if (isForced) {
      cooldown.forcedMs = nextStep(forcedMs, INITIAL_FORCED_MS, MAX_FORCED_MS);
      cooldown.forcedUntilMs = now + cooldown.forcedMs;
    }
    return cooldown;
  }

  cooldown.restMs = nextStep(restMs, INITIAL_REST_MS, MAX_REST_MS);
  const waitMs = Math.max(cooldown.restMs, error.details.retryAfterMs ?? 0);
  cooldown.untilMs = now + Math.min(waitMs, MAX_COOLDOWN_MS);
  if (isForced) cooldown.forcedUntilMs = Math.min(cooldown.untilMs, now + INITIAL_FORCED_MS);
  return cooldown;
}

/** The cooldown after a renewed token was refused as well. */
export function cooldownAfterRenewal(error: PlatformError, previous: Cooldown | undefined, now: number): Cooldown {
  const durationMs = nextStep(previous?.durationMs ?? 0, INITIAL_RENEWAL_COOLDOWN_MS, MAX_RENEWAL_COOLDOWN_MS);
  return { error, sinceMs: now, untilMs: now + durationMs, durationMs, restMs: 0, forcedMs: 0, forcedUntilMs: 0 };
}

function nextStep(previousMs: number, initialMs: number, maxMs: number): number {
  return previousMs > 0 ? Math.min(previousMs * 2, maxMs) : initialMs;
}
