import type { AbortSignalLike } from "./abort";

/** Time, as the core sees it. Comes in by constructor, so that a test can turn the hands. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits; rejects at once with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignalLike): Promise<void>;
}

/** The longest delay that Node's timers know; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
        Math.min(ms, MAX_TIMER_MS),
      );
      signal?.addEventListener("abort", abort, { once: true });
    }),
};
