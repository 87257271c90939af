import type { CallOptions } from "./call-context";
import type { Clock } from "./clock";
import { Queue } from "./queue";

/** Reached only by a flow that sends faster than the platform responds, for minutes. */
const MAX_WAITING_TASKS = 1000;

/**
 * Runs the tasks of one lane one at a time, in order of arrival. A task may read a whole list, change it and write it back:
 * of two at the same time, the second would undo the first.
 */
export class Lanes {
  readonly #clock: Clock;
  readonly #lanes = new Map<string, { queue: Queue; tasks: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `task` when those before it in the lane have ended.
   * @throws `busy` if too many wait; the signal's reason if it is aborted while it waits
   */
  async run<T>(name: string, task: () => Promise<T>, options: CallOptions): Promise<T> {
    const lane = this.#lanes.get(name) ?? this.#open(name);
    lane.tasks++;
    try {
      const ticket = lane.queue.tryAcquire() ?? (await waitForTurn(lane.queue, options));
      try {
        options.signal?.throwIfAborted();
        return await task();
      } finally {
        lane.queue.release(ticket);
      }
    } finally {
      if (--lane.tasks === 0) this.#lanes.delete(name);
    }
  }

  #open(name: string): { queue: Queue; tasks: number } {
    const lane = { queue: new Queue({ concurrency: 1, limit: MAX_WAITING_TASKS, clock: this.#clock }), tasks: 0 };
    this.#lanes.set(name, lane);
    return lane;
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
