import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { isPlatformError, PlatformError, withoutRetry } from "../core/errors";

/**
 * Whether a request changes something: a write must not be repeated where the first one may have arrived. `single-use`
 * changes nothing, but the platform accepts it only once, as it does a code for a token.
 */
export type Effect = "read" | "write" | "single-use";

/** The request cannot have arrived: it failed before any of it was sent. */
export class RequestNotSentError extends PlatformError {}

const MAX_RETRIES = 2;
const BASE_DELAY_MS = 250;
/** Where a platform asks for a longer wait the call fails at once: the flow can plan better than we can. */
export const MAX_RETRY_AFTER_MS = 30_000;

/**
 * Waits before a failed attempt is repeated, if that is safe: for a read after a transient failure, for a write only when
 * it cannot have arrived.
 * @param error of the attempt
 * @param retries how many there were before
 * @throws `error` where there must be no retry, and says so to the flow where a write may have arrived; the signal's reason
 * when aborted
 */
export async function waitForRetry(
  error: unknown,
  retries: number,
  effect: Effect,
  clock: Clock,
  { signal, trace }: CallOptions = {},
): Promise<void> {
  const delayMs = retries < MAX_RETRIES ? retryDelayMs(error, effect, retries) : undefined;
  if (delayMs === undefined) throw effect === "write" && mayHaveArrived(error) ? withoutRetry(error) : error;
  trace?.onWait?.(true);
  try {
    await clock.sleep(delayMs, signal);
  } finally {
    trace?.onWait?.(false);
  }
}

/** Whether the request may have arrived: its connection broke, or no response came in time. */
export function mayHaveArrived(error: unknown): error is PlatformError {
  return isPlatformError(error, "network", "timeout") && !(error instanceof RequestNotSentError);
}

/** @returns undefined where there must be no retry */
function retryDelayMs(error: unknown, effect: Effect, retries: number): number | undefined {
  if (!isPlatformError(error, "network", "timeout", "busy")) return undefined;
  if (effect !== "read" && !(error instanceof RequestNotSentError && error.code === "network")) return undefined;
  const { retryAfterMs } = error.details;
  if (retryAfterMs === undefined) return Math.random() * BASE_DELAY_MS * 2 ** (retries + 1); // full jitter
  return retryAfterMs > MAX_RETRY_AFTER_MS ? undefined : retryAfterMs;
}

/**
 * How long a retry may take. What did not respond in time is not waited for twice more at full length: all attempts
 * together take at most twice the timeout of one.
 * @param spentMs by the attempts so far
 * @param retries how many there were before
 */
export function retryTimeoutMs(timeoutMs: number, spentMs: number, retries: number): number {
  const shareMs = (2 * timeoutMs - spentMs) / Math.max(1, MAX_RETRIES - retries);
  return Math.max(timeoutMs / 2, Math.min(timeoutMs, shareMs));
}

/**
 * Parses a `Retry-After` header: seconds, or an HTTP date.
 * @returns milliseconds; undefined for a header that is missing or makes no sense
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Za-z]{3},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
