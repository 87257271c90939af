import type { AbortSignalLike } from "../../src/core/abort";
import type { Clock } from "../../src/core/clock";

/** A clock that stands still until somebody turns its hands. */
export class FakeClock implements Clock {
  /** How long each sleeper asked to sleep, in order. */
  readonly slept: number[] = [];
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();
  #elapsed = 0;
  #wall = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#wall;
  }

  sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const sleeper = { until: this.#elapsed + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", abort);
    });
  }

  /** How many are asleep. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  /** Lets time pass, and everyone wake at their hour. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      await settled();
      const [next] = [...this.#sleepers].filter(({ until }) => until <= end).sort((a, b) => a.until - b.until);
      this.#pass((next?.until ?? end) - this.#elapsed);
      if (!next) return settled();
      this.#sleepers.delete(next);
      next.wake();
    }
  }

  /** Sets the hands to another hour, as a time server does: nobody wakes by that. */
  set(byMs: number): void {
    this.#wall += byMs;
  }

  #pass(ms: number): void {
    this.#elapsed += ms;
    this.#wall += ms;
  }
}

/** A clock on which every sleep is over at once, for those who only want to know how long it would have been. */
export class InstantClock implements Clock {
  /** How long each sleeper asked to sleep, in order. */
  readonly slept: number[] = [];

  now(): number {
    return Date.now();
  }

  async sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    this.slept.push(ms);
    await settled();
    signal?.throwIfAborted();
  }
}

/** Waits until all that can happen now has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
