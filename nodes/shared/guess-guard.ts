import { LightAbortController } from "../../src/core/abort";
import type { Clock } from "../../src/core/clock";

/** So many wrong secrets from one address cost nothing: somebody may be correcting a typing error. */
const MAX_FREE_FAILURES = 10;
/** An address that has failed is forgotten after so long without another failure. */
const FORGET_AFTER_MS = 60_000;
const MAX_DELAY_MS = 10_000;
/** How many responses may be delayed at the same time. */
const MAX_DELAYED = 20;
const MAX_ADDRESSES = 1000;
const LOG_INTERVAL_MS = 60_000;

/** The wrong secrets that came from an address. */
interface Failures {
  count: number;
  lastAt: number;
}

/**
 * Slows down whoever guesses a secret: after some failures from an address, each further one is answered late. A right
 * secret is never delayed. It logs a line a minute at most.
 */
export class GuessGuard {
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #closing = new LightAbortController();
  /** By address, the latest failure last. */
  readonly #failures = new Map<string, Failures>();
  #delayed = 0;
  #unlogged = 0;
  #loggedAt = -Infinity;

  constructor(clock: Clock, log: (line: string) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Whether a secret from this address is not even compared: too many of its guesses wait for their answer already. */
  isBlocked(address: string): boolean {
    return this.#delayed >= MAX_DELAYED && (this.#recent(networkOf(address))?.count ?? 0) >= MAX_FREE_FAILURES;
  }

  /** Counts a wrong secret. @returns when it may be answered; at once if the guard is closed meanwhile */
  async failed(address: string): Promise<void> {
    const now = this.#clock.now();
    const network = networkOf(address);
    const count = (this.#recent(network)?.count ?? 0) + 1;
    this.#failures.delete(network);
    this.#failures.set(network, { count, lastAt: now });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    this.#logAt(now, address);
    if (count <= MAX_FREE_FAILURES) return;
    this.#delayed++;
    const delayMs = Math.min(MAX_DELAY_MS, (count - MAX_FREE_FAILURES) * 1000);
    await this.#clock.sleep(delayMs, this.#closing.signal).catch(() => undefined);
    this.#delayed--;
  }

  /** Ends all delays. */
  close(): void {
    this.#closing.abort(new Error("closed"));
  }

  #recent(network: string): Failures | undefined {
    const failures = this.#failures.get(network);
    // A clock that was set back must not keep an address slow for long.
    return failures && Math.abs(this.#clock.now() - failures.lastAt) < FORGET_AFTER_MS ? failures : undefined;
  }

  #logAt(now: number, address: string): void {
    this.#unlogged++;
    if (Math.abs(now - this.#loggedAt) < LOG_INTERVAL_MS) return;
    const posts = this.#unlogged === 1 ? "A post" : `${this.#unlogged} posts`;
    this.#log(`${posts} had the wrong secret, the last one from ${address || "an unknown address"}.`);
    this.#unlogged = 0;
    this.#loggedAt = now;
  }
}

// Whoever has one address of IPv6 usually has its whole network of 64 bits.
function networkOf(address: string): string {
  return address.includes(".") ? address : address.split(":").slice(0, 4).join(":");
}
