import type { AbortSignalLike } from "./abort";
import { abortable, type CallOptions } from "./call-context";
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

/** One that waits for its turn. */
interface Waiting {
  turn: Promise<void>;
  call: () => void;
  /** It was called, or was given up. */
  isOver: boolean;
}

/** Lets tasks pass in order of arrival: so many side by side, so many a second. */
export class Queue {
  readonly #options: QueueOptions;
  /** In order of arrival; among them those that were given up. */
  readonly #line: Waiting[] = [];
  readonly #pace: SlidingWindowRateLimiter | undefined;
  #running = 0;
  #length = 0;
  /** One for all: of thousands that are refused at once each stack would cost more than the refusal. */
  #full: PlatformError | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#pace = options.rate ? new SlidingWindowRateLimiter(options.rate, options.clock) : undefined;
  }

  /** How many tasks wait for their turn. */
  get length(): number {
    return this.#length;
  }

  /**
   * Runs `task` when its turn comes, and hands on what it brings.
   * @throws `busy` when the queue is full, the signal's reason when given up while waiting
   */
  async run<T>(task: () => Promise<T>, options: CallOptions = {}): Promise<T> {
    if (this.#running >= this.#options.concurrency) await this.#turn(options.signal);
    else this.#running++;
    let start: number | undefined;
    try {
      options.signal?.throwIfAborted();
      if (this.#pace) {
        start = this.#pace.tryAcquire() ?? (await this.#pace.acquire(options));
        options.signal?.throwIfAborted();
      }
      return await task();
    } finally {
      if (start !== undefined) this.#pace?.release(start);
      this.#next();
    }
  }

  /**
   * Lets those who wait go first, in the middle of a task: its place goes to the first of them, and it waits for another.
   * It cannot be given up meanwhile, because whoever runs has a place to hand on.
   */
  async yieldSlot(): Promise<void> {
    if (this.#length === 0) return;
    const { turn } = this.#wait();
    this.#next();
    await turn;
  }

  // The one that ends hands its place to the first that waits, so that nobody can slip in between.
  #next(): void {
    for (let first = this.#line.shift(); first; first = this.#line.shift()) {
      if (this.#leave(first)) return first.call();
    }
    this.#running--;
  }

  #wait(): Waiting {
    const waiting = { isOver: false } as Waiting;
    waiting.turn = new Promise<void>((resolve) => (waiting.call = resolve));
    this.#line.push(waiting);
    this.#length++;
    return waiting;
  }

  /** Ends waiting. @returns false where it was over already */
  #leave(waiting: Waiting): boolean {
    if (waiting.isOver) return false;
    this.#length--;
    return (waiting.isOver = true);
  }

  async #turn(signal: AbortSignalLike | undefined): Promise<void> {
    if (this.#length >= (this.#options.limit ?? Infinity)) throw (this.#full ??= full(this.#options.limit));
    const waiting = this.#wait();
    try {
      await abortable(waiting.turn, signal);
    } catch (error) {
      // Called and given up in the same moment: the place must go on to the next.
      if (!this.#leave(waiting)) this.#next();
      throw error;
    }
  }
}

function full(limit: number | undefined): PlatformError {
  return new PlatformError("busy", `The queue is full: ${limit} messages are waiting. Send fewer, or raise "queue".`);
}

/** A request is taken to have arrived this long after its start at the latest. */
const MAX_TRANSIT_MS = 500;

/** Lets at most so many pass in any one second, a burst included. */
class SlidingWindowRateLimiter {
  /**
   * When the last ones started and ended (`Infinity`: not yet), each in the place of the one that it pushes out. Numbers, and
   * no object for each: whatever lives for a second costs the garbage collector more than all else here.
   */
  readonly #startedAt: number[] = [];
  readonly #endedAt: number[] = [];
  #started = 0;
  readonly #most: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  #ahead = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(rate: number, clock: Clock) {
    this.#most = Math.max(1, Math.floor(rate));
    // A little more than the second: what we space by our clock may arrive closer together.
    this.#windowMs = Math.max(1000, 1000 / rate) + 25;
    this.#clock = clock;
  }

  /** Lets one start where nobody waits and there is room; most find it so, and wait for no promise. @returns its number */
  tryAcquire(): number | undefined {
    return this.#ahead === 0 && this.#restMs(0) <= 0 ? this.#start() : undefined;
  }

  /** Waits until one more may start. @returns its number */
  async acquire({ signal, trace }: CallOptions): Promise<number> {
    const waits = this.#restMs(this.#ahead++) > 0;
    const turn = this.#last.then(() => this.#admit(signal));
    this.#last = turn.catch(() => undefined);
    if (waits) trace?.onWait?.(true);
    try {
      return await abortable(turn, signal);
    } finally {
      this.#ahead--;
      if (waits) trace?.onWait?.(false);
    }
  }

  /** Hears that the one of this number has ended. One that took long may have lost its place to another by now. */
  release(start: number): void {
    if (start >= this.#started - this.#most) this.#endedAt[start % this.#most] = this.#clock.now();
  }

  async #admit(signal: AbortSignalLike | undefined): Promise<number> {
    signal?.throwIfAborted();
    const waitMs = this.#restMs(0);
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
    // What was still on its way then may have arrived later than it seemed.
    const moreMs = Math.min(this.#restMs(0), MAX_TRANSIT_MS);
    if (moreMs > 0) await this.#clock.sleep(moreMs, signal);
    return this.#start();
  }

  #start(): number {
    const place = this.#started % this.#most;
    this.#startedAt[place] = this.#clock.now();
    this.#endedAt[place] = Infinity;
    return this.#started++;
  }

  // What starts now may arrive only after a handshake, close to what starts a second later: so the second counts from the
  // end of the exchange. One that takes long has arrived long before.
  #arrival(place: number): number {
    return Math.min(this.#endedAt[place]!, this.#startedAt[place]! + MAX_TRANSIT_MS);
  }

  // How long one more has to rest when so many others go first.
  #restMs(ahead: number): number {
    const oldest = this.#started + ahead - this.#most;
    if (oldest < 0) return 0;
    const arrivedAt = ahead < this.#most ? this.#arrival(oldest % this.#most) : Infinity;
    const waitMs = arrivedAt + this.#windowMs - this.#clock.now();
    // Nobody waits longer than one window, also not for one that is on its way yet, or when the clock was set back.
    return Math.min(waitMs, this.#windowMs);
  }
}
