import type { PlatformError } from "../core/errors";
import { cooldownAfterRenewal, isActive, type Cooldown } from "./cooldown";

/** Each of them costs a sign-in now and then, so there must not be too many. */
const MAX_CALLS = 16;

/**
 * The calls for which renewed tokens were refused as well. They do not cost a sign-in every time; the other calls do not
 * suffer from it, as soon as one of them has shown that the token is accepted.
 */
export class RenewalRefusals {
  #session: Cooldown | undefined;
  readonly #calls = new Map<string, Cooldown>();

  /** Whether another renewal would not help a call. @param isAccepted whether its token was accepted for any call */
  isActive(call: string, isAccepted: boolean, now: number): boolean {
    if (!isAccepted && isActive(this.#session, now)) return true;
    return isActive(this.#calls.get(call), now) || (!this.#calls.has(call) && this.#isFull(now));
  }

  /** A renewed token was refused. Calls that are refused at the same time count as one refusal. */
  add(call: string, error: PlatformError, now: number): void {
    if (!isActive(this.#session, now)) this.#session = cooldownAfterRenewal(error, this.#session, now);
    const previous = this.#calls.get(call);
    if (!isActive(previous, now) && (previous || !this.#isFull(now)))
      this.#calls.set(call, cooldownAfterRenewal(error, previous, now));
  }

  /** The current token was accepted. */
  accepted(call: string): void {
    this.#session = undefined;
    if (this.#calls.size > 0) this.#calls.delete(call);
  }

  clear(): void {
    this.#session = undefined;
    this.#calls.clear();
  }

  #isFull(now: number): boolean {
    if (this.#calls.size < MAX_CALLS) return false;
    for (const [call, cooldown] of this.#calls) if (!isActive(cooldown, now)) this.#calls.delete(call);
    return this.#calls.size >= MAX_CALLS;
  }
}
