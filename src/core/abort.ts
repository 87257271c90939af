import { cancelledError } from "./errors";
import type { SwapRemoveItem } from "./swap-remove-set";

/** The part of an `AbortSignal` that this package uses. An `AbortSignal` fits as well. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * Aborts a call, once. It does what an `AbortController` does, without an event target: on Node.js 20 each of those costs
 * a fifth of a whole request, and as much again in garbage collection.
 */
export class LightAbortController implements AbortSignalLike, SwapRemoveItem {
  index?: number | undefined;
  aborted = false;
  reason: unknown = undefined;
  /** A few at most, and short-lived: a `Set` would cost more than everything that is done with it. */
  #listeners: (() => void)[] | undefined;

  /** The signal to pass on. */
  get signal(): AbortSignalLike {
    return this;
  }

  abort(reason: unknown = cancelledError()): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) {
      try {
        listener();
      } catch {
        // The other listeners must be called all the same.
      }
    }
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** The listener is called at most once, and never where the signal is aborted already. */
  addEventListener(_type: "abort", listener: () => void): void {
    if (this.aborted) return;
    // Not pushed into an empty array: V8 would make room for sixteen more.
    if (this.#listeners) this.#listeners.push(listener);
    else this.#listeners = [listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const index = this.#listeners?.lastIndexOf(listener) ?? -1;
    if (index >= 0) this.#listeners?.splice(index, 1);
  }

  /**
   * Aborts together with another signal.
   * @returns a function that removes the link
   */
  linkTo(other: AbortSignalLike | undefined): () => void {
    if (!other) return () => undefined;
    const onAbort = (): void => this.abort(other.reason);
    other.addEventListener("abort", onAbort, { once: true });
    if (other.aborted) onAbort();
    return () => other.removeEventListener("abort", onAbort);
  }
}

/**
 * Waits for a promise until the signal aborts, then rejects with its reason. The work behind the promise goes on: others
 * may be waiting for it too. Written by hand, because `Promise.race` costs several promises for each message.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    // A promise that settles in the same tick wins.
    const onAbort = (): void => queueMicrotask(() => reject(signal.reason));
    const settleWith =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener("abort", onAbort);
        settle(value);
      };
    promise.then(settleWith(resolve), settleWith(reject));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
