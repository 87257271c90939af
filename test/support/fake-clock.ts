import type { AbortSignalLike } from "../../src/core/abort";
import type { Clock } from "../../src/core/clock";

/** A clock that stands still until a test advances it. */
export class FakeClock implements Clock {
  /** The durations of all sleeps, in the order in which they began. */
  readonly sleeps: number[] = [];
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();
  #elapsed = 0;
  #wallTime = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#wallTime;
  }

  sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    this.sleeps.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { until: this.#elapsed + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** How many sleeps have not ended. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** Lets time pass, and ends the sleeps in the order of their ends. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      await flushPromises();
      const [next] = [...this.#sleepers].filter(({ until }) => until <= end).sort((a, b) => a.until - b.until);
      this.#pass((next?.until ?? end) - this.#elapsed);
      if (!next) return flushPromises();
      this.#sleepers.delete(next);
      next.wake();
    }
  }

  /** Changes the wall time, as a time server does: it ends no sleep. */
  shift(ms: number): void {
    this.#wallTime += ms;
  }

  #pass(ms: number): void {
    this.#elapsed += ms;
    this.#wallTime += ms;
  }
}

/** A clock on which every sleep ends at once, for tests that only look at its duration. */
export class InstantClock implements Clock {
  /** The durations of all sleeps, in the order in which they began. */
  readonly sleeps: number[] = [];

  now(): number {
    return Date.now();
  }

  async sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    this.sleeps.push(ms);
    await flushPromises();
    signal?.throwIfAborted();
  }
}

/** Resolves when every promise that can settle without time or I/O has settled. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
