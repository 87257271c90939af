import { abortable, type AbortSignalLike } from "./abort";
import type { CallOptions } from "./call-context";
import type { Clock } from "./clock";
import { PlatformError } from "./errors";
import { SlidingWindowRateLimiter } from "./rate-limiter";

/** What a queue limits. */
interface QueueOptions {
  /** How many tasks run at the same time. */
  concurrency: number;
  /** How many tasks may wait; one more fails at once with `busy`. Default: no limit. */
  limit?: number;
  /** How many tasks may start in one second. Default: no limit. */
  rate?: number | undefined;
  clock: Clock;
}

/** A task that waits for a slot. */
interface Waiter {
  turn: Promise<void>;
  resolve: () => void;
  /** Whether it got its slot, or was aborted. */
  isDone: boolean;
}

/** The ticket of a task whose queue limits no rate. */
const NO_RATE = -1;

/** Runs tasks in order of arrival: so many at the same time, so many a second. */
export class Queue {
  readonly #options: QueueOptions;
  /** In order of arrival. Aborted waiters stay until their turn comes. */
  readonly #waiters: Waiter[] = [];
  readonly #rateLimiter: SlidingWindowRateLimiter | undefined;
  #running = 0;
  #length = 0;
  /** One error for all: with thousands refused at once, the stack of each would cost more than the refusal. */
  #fullError: PlatformError | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#rateLimiter = options.rate ? new SlidingWindowRateLimiter(options.rate, options.clock) : undefined;
  }

  /** How many tasks are waiting. */
  get length(): number {
    return this.#length;
  }

  /**
   * Runs `task` when its turn comes.
   * @returns what `task` resolves to
   * @throws `busy` when the queue is full; the signal's reason when aborted while waiting
   */
  async run<T>(task: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    options.signal?.throwIfAborted();
    const ticket = this.tryAcquire() ?? (await this.acquire(options));
    try {
      // It may have been aborted since its turn came.
      options.signal?.throwIfAborted();
      return await task();
    } finally {
      this.release(ticket);
    }
  }

  /**
   * Takes a slot if one is free and the rate allows a start now: mostly so, and it costs no promise.
   * @returns a ticket for `release`; undefined where the task has to wait
   */
  tryAcquire(): number | undefined {
    if (this.#running >= this.#options.concurrency) return undefined;
    const ticket = this.#rateLimiter ? this.#rateLimiter.tryAcquire() : NO_RATE;
    if (ticket !== undefined) this.#running++;
    return ticket;
  }

  /**
   * Waits for a slot, and until the rate allows a start. The signal may abort before the caller continues.
   * @returns a ticket for `release`
   * @throws `busy` when the queue is full; the signal's reason when aborted while waiting
   */
  async acquire(options: CallOptions = {}): Promise<number> {
    if (this.#running >= this.#options.concurrency) await this.#waitForSlot(options.signal);
    else this.#running++;
    try {
      options.signal?.throwIfAborted();
      if (!this.#rateLimiter) return NO_RATE;
      return this.#rateLimiter.tryAcquire() ?? (await this.#rateLimiter.acquire(options));
    } catch (error) {
      this.#releaseSlot();
      throw error;
    }
  }

  /** Ends a task: the next one may start. */
  release(ticket: number): void {
    if (ticket !== NO_RATE) this.#rateLimiter?.release(ticket);
    this.#releaseSlot();
  }

  /**
   * Lets waiting tasks go first in the middle of a task: gives its slot to the first of them and waits for another.
   * It cannot be aborted meanwhile, because a running task has a slot to release.
   */
  async yieldSlot(): Promise<void> {
    if (this.#length === 0) return;
    const { turn } = this.#addWaiter();
    this.#releaseSlot();
    await turn;
  }

  /** Gives the slot of a running task away while it waits for something else; it has to resume before it goes on or ends. */
  suspend(): void {
    this.#releaseSlot();
  }

  /** Waits for a slot again. It cannot be aborted meanwhile, because a running task has a slot to release. */
  async resume(): Promise<void> {
    if (this.#running < this.#options.concurrency) {
      this.#running++;
      return;
    }
    // What has begun comes before what is new.
    const waiter = this.#createWaiter();
    this.#waiters.unshift(waiter);
    await waiter.turn;
  }

  // The slot goes straight to the first waiter, so that no newcomer can take it in between.
  #releaseSlot(): void {
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) {
      if (this.#endWaiting(waiter)) return waiter.resolve();
    }
    this.#running--;
  }

  #addWaiter(): Waiter {
    const waiter = this.#createWaiter();
    this.#waiters.push(waiter);
    return waiter;
  }

  #createWaiter(): Waiter {
    const waiter = { isDone: false } as Waiter;
    waiter.turn = new Promise<void>((resolve) => (waiter.resolve = resolve));
    this.#length++;
    return waiter;
  }

  /** @returns false where the waiter was done already */
  #endWaiting(waiter: Waiter): boolean {
    if (waiter.isDone) return false;
    this.#length--;
    return (waiter.isDone = true);
  }

  async #waitForSlot(signal: AbortSignalLike | undefined): Promise<void> {
    if (this.#length >= (this.#options.limit ?? Infinity))
      throw (this.#fullError ??= queueFullError(this.#options.limit));
    const waiter = this.#addWaiter();
    try {
      await abortable(waiter.turn, signal);
    } catch (error) {
      // It got its slot and was aborted in the same tick: the slot must go to the next.
      if (!this.#endWaiting(waiter)) this.#releaseSlot();
      throw error;
    }
  }
}

function queueFullError(limit: number | undefined): PlatformError {
  return new PlatformError("busy", `The queue is full: ${limit} messages are waiting. Send fewer, or raise "queue".`);
}
