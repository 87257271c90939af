import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { Queue } from "../core/queue";

/** Reached only by a flow that acts faster than the platform responds, for minutes. */
const MAX_WAITING_ACTS = 1000;

/**
 * Lets acts of one lane run one at a time, in order of arrival. An act may read a whole list, change it and write it back:
 * of two at the same time, the second would undo the first.
 */
export class ActLanes {
  readonly #clock: Clock;
  readonly #lanes = new Map<string, { queue: Queue; acts: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `task` when those before it in the lane have ended.
   * @throws `busy` if too many wait; the signal's reason if it is aborted while it waits
   */
  async run<T>(name: string, task: () => Promise<T>, options: CallOptions): Promise<T> {
    const lane = this.#lanes.get(name) ?? this.#open(name);
    lane.acts++;
    try {
      const ticket = lane.queue.tryAcquire() ?? (await waitForTurn(lane.queue, options));
      try {
        options.signal?.throwIfAborted();
        return await task();
      } finally {
        lane.queue.release(ticket);
      }
    } finally {
      if (--lane.acts === 0) this.#lanes.delete(name);
    }
  }

  #open(name: string): { queue: Queue; acts: number } {
    const lane = { queue: new Queue({ concurrency: 1, limit: MAX_WAITING_ACTS, clock: this.#clock }), acts: 0 };
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
