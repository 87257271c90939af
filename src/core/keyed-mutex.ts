import type { CallOptions } from "./call-context";
import type { Clock } from "./clock";
import { Queue } from "./queue";

/** Reached only by a flow that sends faster than the platform responds, for minutes. */
const MAX_WAITING_TASKS = 1000;

/**
 * Runs the tasks of one key one at a time, in order of arrival. A task may read a whole list, change it and write it back:
 * of two at the same time, the second would undo the first.
 */
export class KeyedMutex {
  readonly #clock: Clock;
  readonly #locks = new Map<string, { queue: Queue; tasks: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `task` when those before it with the same key have ended.
   * @throws `busy` if too many wait; the signal's reason if it is aborted while it waits
   */
  async run<T>(key: string, task: () => Promise<T>, options: CallOptions): Promise<T> {
    const lock = this.#locks.get(key) ?? this.#open(key);
    lock.tasks++;
    try {
      const ticket = lock.queue.tryAcquire() ?? (await waitForTurn(lock.queue, options));
      try {
        options.signal?.throwIfAborted();
        return await task();
      } finally {
        lock.queue.release(ticket);
      }
    } finally {
      if (--lock.tasks === 0) this.#locks.delete(key);
    }
  }

  #open(key: string): { queue: Queue; tasks: number } {
    const lock = { queue: new Queue({ concurrency: 1, limit: MAX_WAITING_TASKS, clock: this.#clock }), tasks: 0 };
    this.#locks.set(key, lock);
    return lock;
  }
}

// Other messages go on meanwhile.
async function waitForTurn(queue: Queue, { signal, slot }: CallOptions): Promise<number> {
  slot?.suspend();
  try {
    return await queue.acquire({ signal });
  } finally {
    await slot?.resume();
  }
}
