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
      options.signal?.throwIfAborted();
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
  #ahead = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(rate: number, clock: Clock) {
    this.#most = Math.max(1, Math.floor(rate));
    // A little more than the second: what we space by our clock may arrive closer together.
    this.#windowMs = Math.max(1000, 1000 / rate) + 25;
    this.#clock = clock;
  }

  /** Waits until one more may start. */
  async next({ signal, record }: CallOptions): Promise<void> {
    const waits = this.#restMs(this.#ahead++) > 0;
    const turn = this.#last.then(() => this.#admit(signal));
    this.#last = turn.catch(() => undefined);
    if (waits) record?.onWait?.(true);
    try {
      await abortable(turn, signal);
    } finally {
      this.#ahead--;
      if (waits) record?.onWait?.(false);
    }
  }

  async #admit(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const waitMs = this.#restMs(0);
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
    this.#starts.push(this.#clock.now());
    if (this.#starts.length > this.#most) this.#starts.shift();
  }

  // How long one more has to rest when so many others go first.
  #restMs(ahead: number): number {
    const oldest = this.#starts.length + ahead - this.#most;
    if (oldest < 0) return 0;
    const waitMs = (this.#starts[oldest] ?? Infinity) + this.#windowMs - this.#clock.now();
    // A clock that was set back must not make anyone wait longer than one window.
    return Math.min(waitMs, this.#windowMs);
  }
}
