import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { isPlatformError, PlatformError } from "../core/errors";

/** Whether a request may be sent again after a failure that does not tell whether it arrived. */
export type Effect = "read" | "write";

/** The request cannot have arrived: it failed before a byte of it was sent. */
export class RequestNotSentError extends PlatformError {}

const MAX_RETRIES = 2;
const BASE_DELAY_MS = 250;
/** A platform that asks for a longer rest than this is told of at once: the flow can plan better than we can. */
export const MAX_RETRY_AFTER_MS = 30_000;

/**
 * Tries again what may be tried again: a read after a passing failure, a write only when it cannot have arrived.
 * @throws the last failure
 */
export async function withRetry<T>(
  attempt: () => Promise<T>,
  effect: Effect,
  clock: Clock,
  { signal, trace }: CallOptions = {},
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = retry < MAX_RETRIES ? rest(error, effect, retry) : undefined;
      if (waitMs === undefined) throw error;
      trace?.onWait?.(true);
      try {
        await clock.sleep(waitMs, signal);
      } finally {
        trace?.onWait?.(false);
      }
    }
  }
}

// How long to rest before the next try; nothing where there must be none.
function rest(error: unknown, effect: Effect, retry: number): number | undefined {
  if (!isPlatformError(error, "network", "timeout", "busy")) return undefined;
  if (effect === "write" && !(error instanceof RequestNotSentError && error.code === "network")) return undefined;
  const { retryAfterMs } = error.details;
  if (retryAfterMs === undefined) return Math.random() * BASE_DELAY_MS * 2 ** (retry + 1); // full jitter
  return retryAfterMs > MAX_RETRY_AFTER_MS ? undefined : retryAfterMs;
}

/**
 * Reads a `Retry-After` header: seconds, or an HTTP date.
 * @returns milliseconds; nothing for a header that is missing or makes no sense
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000;
  const at = /^[A-Za-z]{3},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
