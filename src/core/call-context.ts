import type { AbortSignalLike } from "./abort";

/** What a call reports to the node that made it, while it runs and afterwards. */
export interface CallTrace {
  /** Short name of the operation; holds no secret and no host. */
  operation: string;
  /** How often the request that needed the most attempts was sent; 1 when all went well. */
  attempts: number;
  /** HTTP status of the last response. */
  statusCode?: number | undefined;
  /** Further fields of `msg.api`. */
  readonly details: Record<string, unknown>;
  /** Called when the call starts to wait for a rate limit or a retry, and when it goes on. */
  onWait?: ((waiting: boolean) => void) | undefined;
}

/** What travels with a call through every layer. */
export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignalLike | undefined;
  trace?: CallTrace | undefined;
  /** Called with the length of the text of each response: many small ones may be too large together. */
  onReceived?: ((length: number) => void) | undefined;
  /** Whether the call is made again soon in any case, as in a poll: then it need not wait for what may come back. */
  isRecurring?: boolean | undefined;
  /** Lets other messages go first. A call that sends many requests awaits it between them. */
  yieldSlot?: (() => Promise<void>) | undefined;
  /** Tells the flow's owner what does not make the call fail, in a sentence without secrets. */
  warn?: ((sentence: string) => void) | undefined;
  /** The place of the call among those that run. A call that has to wait for another one gives it away meanwhile. */
  slot?: { suspend(): void; resume(): Promise<void> } | undefined;
}

/** An empty trace. It has all its fields from the start: V8 is slow with objects that grow later. */
export function createTrace(operation = "", onWait?: CallTrace["onWait"]): CallTrace {
  return { operation, attempts: 0, statusCode: undefined, details: {}, onWait };
}

/** Adds to the trace of a call what a part of it needed that has a trace of its own. */
export function addToTrace({ trace }: CallOptions, { attempts, statusCode }: CallTrace): void {
  if (!trace) return;
  trace.attempts = Math.max(trace.attempts, attempts);
  trace.statusCode = statusCode ?? trace.statusCode;
}

const MAX_OPERATION_LENGTH = 120;

/** Names the operation in the call's trace. */
export function setOperation(operation: string, { trace }: CallOptions): void {
  if (trace) trace.operation = operation.slice(0, MAX_OPERATION_LENGTH);
}

/** Waits for something, and lets another call have the place of this one meanwhile. */
export async function withoutSlot<T>({ slot }: CallOptions, wait: () => Promise<T>): Promise<T> {
  slot?.suspend();
  try {
    return await wait();
  } finally {
    await slot?.resume();
  }
}
