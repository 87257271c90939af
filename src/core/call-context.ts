import type { AbortSignalLike } from "./abort";

/** What one call tells the node that made it, while it runs and afterwards. */
export interface CallTrace {
  /** Short name of what is asked; holds no secret and no host. */
  operation: string;
  /** How often the request that needed most tries was sent; 1 when all went well. */
  attempts: number;
  /** HTTP status of the last answer. */
  statusCode?: number | undefined;
  /** What else `msg.api` shows. */
  readonly details: Record<string, unknown>;
  /** Told when the call waits for a rate limit or a cool-down, and when it goes on. */
  onWait?: ((waiting: boolean) => void) | undefined;
}

/** What travels with a call through every layer. */
export interface CallOptions {
  /** Gives the call up; it then fails with its reason. */
  signal?: AbortSignalLike | undefined;
  trace?: CallTrace | undefined;
  /** Lets others go first; a call that asks much for itself awaits it now and then. */
  yieldSlot?: (() => Promise<void>) | undefined;
}

/** A record to fill in. It has all its fields from the start: V8 is slow with objects that grow on their way. */
export function createTrace(operation = "", onWait?: CallTrace["onWait"]): CallTrace {
  return { operation, attempts: 0, statusCode: undefined, details: {}, onWait };
}

const MAX_OPERATION_LENGTH = 120;

/** Says what a call is about. */
export function setOperation(operation: string, { trace }: CallOptions): void {
  if (trace) trace.operation = operation.slice(0, MAX_OPERATION_LENGTH);
}

/**
 * Waits with the caller for something that others may be waiting for too: giving up leaves it running.
 * By hand, because a race of promises costs several of them for each message.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    // What has come in the same moment counts.
    const abort = (): void => queueMicrotask(() => reject(signal.reason));
    const ending =
      <V>(end: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener("abort", abort);
        end(value);
      };
    promise.then(ending(resolve), ending(reject));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
