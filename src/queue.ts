import { type CallOptions, abortable } from "./call";
import type { Clock } from "./clock";
import { PlatformError } from "./errors";

/** How a queue lets its tasks pass. */
export interface QueueOptions {
  /** How many run side by side. */
  concurrency: number;
  /** How many may wait; one more fails at once with `busy`. Default: no limit. */
  limit?: number;
  /** How many may start in a second; default: no limit. */
  rate?: number | undefined;
  clock: Clock;
}

/** Lets tasks pass in order of arrival: so many side by side, so many a second. */
export class Queue {
  readonly #options: QueueOptions;
  readonly #waiting = new Set<() => void>();
  readonly #pace: Pace | undefined;
  #running = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#pace = options.rate ? new Pace(options.rate, options.clock) : undefined;
  }

  /** How many tasks wait for their turn. */
  get length(): number {
    return this.#waiting.size;
  }

  /**
   * Runs `task` when its turn comes, and hands on what it brings.
   * @throws `busy` when the queue is full, the signal's reason when given up while waiting
   */
  async run<T>(task: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    if (this.#running >= this.#options.concurrency) await this.#turn(options.signal);
    else this.#running++;
    try {
      await this.#pace?.next(options);
      return await task();
    } finally {
      this.#next();
    }
  }

  // The one that ends hands its place to the first that waits, so that nobody can slip in between.
  #next(): void {
    const [first] = this.#waiting;
    if (!first) {
      this.#running--;
      return;
    }
    this.#waiting.delete(first);
    first();
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    const { limit = Infinity } = this.#options;
    if (this.#waiting.size >= limit) {
      throw new PlatformError(
        "busy",
        `The queue is full: ${limit} messages are waiting. Send fewer, or raise "queue".`,
      );
    }
    let called: (() => void) | undefined;
    const turn = new Promise<void>((resolve) => {
      called = resolve;
      this.#waiting.add(resolve);
    });
    try {
      await abortable(turn, signal);
    } catch (error) {
      // Called and given up in the same moment: the place must go on to the next.
      if (called && !this.#waiting.delete(called)) this.#next();
      throw error;
    }
  }
}

/** Lets at most so many pass in any one second, a burst included. */
class Pace {
  readonly #starts: number[] = [];
  readonly #most: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(rate: number, clock: Clock) {
    this.#most = Math.max(1, Math.floor(rate));
    // A little more than the second: what we space by our clock may arrive closer together.
    this.#windowMs = (this.#most / rate) * 1000 + 25;
    this.#clock = clock;
  }

  /** Waits until one more may start. */
  async next(options: CallOptions): Promise<void> {
    const turn = this.#last.then(() => this.#admit(options));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #admit({ signal, record }: CallOptions): Promise<void> {
    signal?.throwIfAborted();
    const oldest = this.#starts.length < this.#most ? undefined : this.#starts[0];
    const waitMs = oldest === undefined ? 0 : oldest + this.#windowMs - this.#clock.now();
    if (waitMs > 0) {
      record?.onWait?.(true);
      try {
        // A clock that was set back must not make anyone wait longer than one window.
        await this.#clock.sleep(Math.min(waitMs, this.#windowMs), signal);
      } finally {
        record?.onWait?.(false);
      }
    }
    this.#starts.push(this.#clock.now());
    if (this.#starts.length > this.#most) this.#starts.shift();
  }
}
