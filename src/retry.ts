import type { CallOptions } from "./call";
import type { Clock } from "./clock";
import { hasCode, PlatformError } from "./errors";

/** Whether a request may be sent again after a failure that does not tell whether it arrived. */
export type Effect = "read" | "write";

/** The request cannot have arrived: it failed before a byte of it was sent. */
export class NotSent extends PlatformError {}

const RETRIES = 2;
const BASE_MS = 250;
/** A platform that asks for a longer rest than this is told of at once: the flow can plan better than we can. */
export const LONGEST_REST_MS = 30_000;

/**
 * Tries again what may be tried again: a read after a passing failure, a write only when it cannot have arrived.
 * @throws the last failure
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  effect: Effect,
  clock: Clock,
  { signal, record }: CallOptions = {},
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = retry < RETRIES ? rest(error, effect, retry) : undefined;
      if (waitMs === undefined) throw error;
      record?.onWait?.(true);
      try {
        await clock.sleep(waitMs, signal);
      } finally {
        record?.onWait?.(false);
      }
    }
  }
}

// How long to rest before the next try; nothing where there must be none.
function rest(error: unknown, effect: Effect, retry: number): number | undefined {
  if (!hasCode(error, "network", "timeout", "busy")) return undefined;
  if (effect === "write" && !(error instanceof NotSent && error.code === "network")) return undefined;
  const { retryAfterMs } = error.details;
  if (retryAfterMs === undefined) return Math.random() * BASE_MS * 2 ** (retry + 1); // full jitter
  return retryAfterMs > LONGEST_REST_MS ? undefined : retryAfterMs;
}

/**
 * Reads a `Retry-After` header: seconds, or an HTTP date.
 * @returns milliseconds; nothing for a header that is missing or makes no sense
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000;
  const at = /^[A-Za-z]{3},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
