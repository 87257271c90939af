import type { CallOptions } from "./call-context";
import { PlatformError } from "./errors";

/** Reached only by a flow that sends faster than the platform or a device responds, for minutes. */
const MAX_WAITING_CALLS = 1000;

/** A call that waits for those before it. */
interface Call {
  run: () => Promise<unknown>;
  resolve: (result: never) => void;
  reject: (error: unknown) => void;
  options: CallOptions;
  isSettled: boolean;
  /** Whether it has its slot in the queue of messages again. */
  hasSlot: boolean;
}

/** A turn: one call, or several of which only the last is carried out. */
interface Turn {
  calls: Call[];
  /** Calls that agree in it may share the turn. */
  merge: Merge | undefined;
}

/** Which calls need not be carried out if another one follows them: those of the same client with the same key. */
export interface Merge {
  client: object;
  key: string;
}

/**
 * Carries out the calls with the same key one at a time, in order of arrival. A call may read a whole list, change it and
 * write it back: of two at the same time, the second would undo the first.
 */
export class KeyedQueue {
  readonly #what: string;
  /** The turns that wait, by the key of a call that is under way. */
  readonly #turns = new Map<string, Turn[]>();

  /** @param what the calls wait for, as it follows "messages are waiting for": `this device` */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * Runs a call when those before it have ended.
   * @param merge of a call that ends with the result of the one after it, if they agree in it. Undefined = it is always
   * carried out.
   * @throws `busy` if too many calls wait; the signal's reason if it is aborted while it waits
   */
  async run<T>(key: string, run: () => Promise<T>, options: CallOptions, merge?: Merge): Promise<T> {
    const turns = this.#turns.get(key);
    if (turns) return this.#wait(turns, run, options, merge);
    this.#turns.set(key, []);
    try {
      return await run();
    } finally {
      this.#startNext(key);
    }
  }

  async #wait<T>(turns: Turn[], run: () => Promise<T>, options: CallOptions, merge: Merge | undefined): Promise<T> {
    const { signal, slot } = options;
    signal?.throwIfAborted();
    if (turns.reduce((count, { calls }) => count + calls.length, 0) >= MAX_WAITING_CALLS)
      throw new PlatformError("busy", `${MAX_WAITING_CALLS} messages are waiting for ${this.#what}. Send fewer.`);
    const last = turns.at(-1);
    const mayShare = merge !== undefined && last?.merge?.client === merge.client && last.merge.key === merge.key;
    const turn = mayShare ? last : { calls: [], merge };
    if (!mayShare) turns.push(turn);
    // Messages to other devices go on meanwhile.
    slot?.suspend();
    const call = { run, options, isSettled: false, hasSlot: false } as unknown as Call;
    const onAbort = (): void => settle(call, () => call.reject(signal?.reason));
    try {
      return await new Promise<T>((resolve, reject) => {
        Object.assign(call, { resolve, reject });
        turn.calls.push(call);
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
      if (!call.hasSlot) await slot?.resume();
    }
  }

  #startNext(key: string): void {
    const turn = this.#turns.get(key)?.shift();
    if (!turn) {
      this.#turns.delete(key);
      return;
    }
    const startNext = (): void => this.#startNext(key);
    this.#carryOut(turn).then(startNext, startNext);
  }

  // A call that was aborted is no call: the one before it is carried out instead.
  async #carryOut({ calls }: Turn): Promise<void> {
    for (let call = calls.pop(); call; call = calls.pop()) {
      if (call.isSettled) continue;
      const { run, resolve, reject, options } = call;
      call.hasSlot = true;
      await options.slot?.resume();
      try {
        options.signal?.throwIfAborted();
        const result = (await run()) as never;
        for (const other of calls) settle(other, () => mergeInto(other, options, result));
        settle(call, () => resolve(result));
        return;
      } catch (error) {
        const isAborted = options.signal?.aborted === true;
        // In order: what is tried again elsewhere then keeps it.
        if (!isAborted) for (const other of calls) settle(other, () => other.reject(error));
        settle(call, () => reject(error));
        if (!isAborted) return;
      }
    }
  }
}

function settle(call: Call, end: () => void): void {
  if (call.isSettled) return;
  call.isSettled = true;
  end();
}

function mergeInto({ options: { trace }, resolve }: Call, newer: CallOptions, result: never): void {
  if (trace) {
    trace.details["merged"] = true;
    trace.attempts = newer.trace?.attempts ?? 0;
    trace.statusCode = newer.trace?.statusCode;
  }
  resolve(result);
}
