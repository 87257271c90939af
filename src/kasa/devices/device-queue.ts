import type { CallOptions } from "../../core/call-context";
import { PlatformError } from "../../core/errors";

/** Reached only by a flow that sends faster than a device responds, for minutes. */
const MAX_WAITING_CALLS = 1000;

/** A call that waits for its device. */
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

/** Carries out the calls to each device one at a time, in order of arrival. */
export class DeviceQueue {
  /** The turns that wait, by the id of a device that is busy. */
  readonly #turns = new Map<string, Turn[]>();

  /**
   * Runs a call when those before it have ended.
   * @param merge of a call that ends with the result of the one after it, if they agree in it. Undefined = it is always
   * carried out.
   * @throws `busy` if too many calls wait; the signal's reason if it is aborted while it waits
   */
  async run<T>(deviceId: string, run: () => Promise<T>, options: CallOptions, merge?: Merge): Promise<T> {
    const turns = this.#turns.get(deviceId);
    if (turns) return this.#wait(turns, run, options, merge);
    this.#turns.set(deviceId, []);
    try {
      return await run();
    } finally {
      this.#startNext(deviceId);
    }
  }

  async #wait<T>(turns: Turn[], run: () => Promise<T>, options: CallOptions, merge: Merge | undefined): Promise<T> {
    const { signal, slot } = options;
    signal?.throwIfAborted();
    if (turns.reduce((count, { calls }) => count + calls.length, 0) >= MAX_WAITING_CALLS)
      throw new PlatformError("busy", `${MAX_WAITING_CALLS} messages are waiting for this device. Send fewer.`);
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

  #startNext(deviceId: string): void {
    const turn = this.#turns.get(deviceId)?.shift();
    if (!turn) {
      this.#turns.delete(deviceId);
      return;
    }
    const startNext = (): void => this.#startNext(deviceId);
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
