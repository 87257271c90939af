import { cancelledError } from "./errors";
import type { SwapRemoveItem } from "./swap-remove-set";

/** Tells whoever runs under it that it is given up, and why. An `AbortSignal` is one as well. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * Gives up what runs under it, once. It does for a call what an `AbortController` would, without an event target: each of
 * those costs Node.js 20 a fifth of a whole request, and its garbage collector as much again.
 */
export class LightAbortController implements AbortSignalLike, SwapRemoveItem {
  index?: number | undefined;
  aborted = false;
  reason: unknown = undefined;
  /** A few at most, and not for long: a Set would cost more than all that is done with it. */
  #listeners: (() => void)[] | undefined;

  /** What those who run under it are handed. */
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
        // The others must hear of it all the same.
      }
    }
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** A listener hears of it at most once, and not at all when it comes too late. */
  addEventListener(_type: "abort", listener: () => void): void {
    if (!this.aborted) (this.#listeners ??= []).push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners?.lastIndexOf(listener) ?? -1;
    if (at >= 0) this.#listeners?.splice(at, 1);
  }

  /**
   * Is given up together with something else.
   * @returns lets go of that again
   */
  linkTo(other: AbortSignalLike | undefined): () => void {
    if (!other) return () => undefined;
    const follow = (): void => this.abort(other.reason);
    other.addEventListener("abort", follow, { once: true });
    if (other.aborted) follow();
    return () => other.removeEventListener("abort", follow);
  }
}
