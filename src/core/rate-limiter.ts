import { abortable, type AbortSignalLike } from "./abort";
import type { CallOptions } from "./call-context";
import type { Clock } from "./clock";

/** A request counts as arrived at the latest this long after its start. */
const MAX_TRANSIT_MS = 500;
/** Added to the window: requests that start a second apart may arrive closer together. */
const MARGIN_MS = 25;

/** Lets at most `rate` requests start in any one second, bursts included. */
export class SlidingWindowRateLimiter {
  /**
   * When the last requests started and ended (`Infinity`: not yet), as ring buffers. Plain numbers instead of an object for
   * each: what lives for a second costs the garbage collector more than everything else here.
   */
  readonly #startedAt: number[] = [];
  readonly #endedAt: number[] = [];
  #startCount = 0;
  readonly #capacity: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  #waiting = 0;
  #lastInLine: Promise<unknown> = Promise.resolve();

  /** @param rate requests per second; below 1 as well */
  constructor(rate: number, clock: Clock) {
    this.#capacity = Math.max(1, Math.floor(rate));
    this.#windowMs = Math.max(1000, 1000 / rate) + MARGIN_MS;
    this.#clock = clock;
  }

  /**
   * Starts a request where there is room and nobody is waiting: mostly so, and it costs no promise.
   * @returns a ticket for `release`; undefined where the request has to wait
   */
  tryAcquire(): number | undefined {
    return this.#waiting === 0 && this.#delayMs(0) <= 0 ? this.#start() : undefined;
  }

  /**
   * Waits until a request may start.
   * @returns a ticket for `release`
   */
  async acquire({ signal, trace }: CallOptions): Promise<number> {
    const mustWait = this.#delayMs(this.#waiting++) > 0;
    const ticket = this.#lastInLine.then(() => this.#startWhenAllowed(signal));
    this.#lastInLine = ticket.catch(() => undefined);
    if (mustWait) trace?.onWait?.(true);
    try {
      return await abortable(ticket, signal);
    } finally {
      this.#waiting--;
      if (mustWait) trace?.onWait?.(false);
    }
  }

  /** Notes the end of a request. One that took long may have lost its place in the ring buffer by now. */
  release(ticket: number): void {
    if (ticket >= this.#startCount - this.#capacity) this.#endedAt[ticket % this.#capacity] = this.#clock.now();
  }

  async #startWhenAllowed(signal: AbortSignalLike | undefined): Promise<number> {
    signal?.throwIfAborted();
    const delayMs = this.#delayMs(0);
    if (delayMs > 0) await this.#clock.sleep(delayMs, signal);
    // A request that was in transit then may have arrived later than assumed.
    const remainingMs = Math.min(this.#delayMs(0), MAX_TRANSIT_MS);
    if (remainingMs > 0) await this.#clock.sleep(remainingMs, signal);
    return this.#start();
  }

  #start(): number {
    const index = this.#startCount % this.#capacity;
    this.#startedAt[index] = this.#clock.now();
    this.#endedAt[index] = Infinity;
    return this.#startCount++;
  }

  // A request that starts now may arrive only after a handshake, close to one that starts a second later: so the second
  // counts from the end of the exchange. A request that takes long has arrived long before its end.
  #arrivedAt(index: number): number {
    return Math.min(this.#endedAt[index]!, this.#startedAt[index]! + MAX_TRANSIT_MS);
  }

  // How long one more request has to wait when so many others go first.
  #delayMs(ahead: number): number {
    const oldest = this.#startCount + ahead - this.#capacity;
    if (oldest < 0) return 0;
    const arrivedAt = ahead < this.#capacity ? this.#arrivedAt(oldest % this.#capacity) : Infinity;
    const delayMs = arrivedAt + this.#windowMs - this.#clock.now();
    // Never longer than one window: not for a request that is still in transit, and not after a clock was set back.
    return Math.min(delayMs, this.#windowMs);
  }
}
