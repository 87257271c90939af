import { abortable, type CallOptions, newRecord } from "./call";
import type { Clock } from "./clock";
import { cancelled, hasCode, PlatformError } from "./errors";
import type { Watcher } from "./poll";
import type { Queue } from "./queue";
import { type Signal, Stop } from "./stop";

/** What a rhythm is made of. */
export interface RhythmParts {
  clock: Clock;
  /** Looks wait there for their turn as messages do. */
  queue: Queue;
  /** From 0 to 1; for the jitter. */
  random?: () => number;
}

/** What is done at each beat. */
export interface Work<Result> {
  look(options: CallOptions): Promise<Result>;
  /** Hands out what a look has brought. `back`: the first good look after an outage. */
  hear(result: Result, look: { startedAt: number; back: boolean }): void | Promise<void>;
  /** See `Source`. */
  restMs(): number;
}

/** In an outage the looks come more and more rarely, down to this many intervals. */
const LONGEST_BACK_OFF = 10;
/** A platform that asks to be left alone for longer is asked again nevertheless. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Looks again and again, as often as the most impatient watcher wants; one look at a time, none without a watcher. */
export class Rhythm<Result> {
  readonly #work: Work<Result>;
  readonly #clock: Clock;
  readonly #queue: Queue;
  readonly #random: () => number;
  readonly #watchers = new Set<Watcher>();
  #closing = new Stop();
  #ended: Promise<void> = Promise.resolve();
  #nap = new Stop();
  #last: { startedAt: number; endedAt: number } | undefined;
  #outage: Outage | undefined;

  constructor(work: Work<Result>, { clock, queue, random = Math.random }: RhythmParts) {
    this.#work = work;
    this.#clock = clock;
    this.#queue = queue;
    this.#random = random;
  }

  /** Whether the last look failed. */
  get troubled(): boolean {
    return this.#outage !== undefined;
  }

  /**
   * Adds a watcher; the first one starts the looks.
   * @returns removes it again: the last one that goes ends a look under way, and waits until all is over
   */
  join(watcher: Watcher): () => Promise<void> {
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#start();
    else if (this.#last) this.#nap.abort();
    if (this.#outage?.told) watcher.failed(this.#outage.error, this.#outage.record);
    else if (this.#last && !this.#outage) watcher.good();
    return async () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#closing.abort(cancelled());
      this.#nap.abort();
      await this.#ended;
    };
  }

  #start(): void {
    this.#closing = new Stop();
    this.#last = this.#outage = undefined;
    this.#ended = this.#beat(this.#closing.signal);
  }

  async #beat(signal: Signal): Promise<void> {
    // Those who join in the same moment share the first look.
    await this.#sleep(1);
    while (!signal.aborted) {
      await this.#look(signal);
      // Woken by one who joins and may be more impatient: then it is worked out anew.
      for (let rested = false; !rested && !signal.aborted;) rested = await this.#sleep(this.#restMs());
    }
  }

  /** @returns whether nobody woke it */
  #sleep(ms: number): Promise<boolean> {
    this.#nap = new Stop();
    // Everybody else gets a turn in between, however late it is.
    return this.#clock.sleep(Math.max(1, ms), this.#nap.signal).then(
      () => true,
      () => false,
    );
  }

  async #look(signal: Signal): Promise<void> {
    const record = newRecord();
    const startedAt = this.#clock.now();
    let begun = false;
    const turn = (): Promise<Result> => {
      begun = true;
      return this.#work.look({ signal, record, breathe: () => this.#queue.breathe() });
    };
    try {
      const result = await abortable(this.#queue.run(turn, { signal }), signal);
      signal.throwIfAborted();
      await this.#work.hear(result, { startedAt, back: this.#outage !== undefined });
      this.#last = { startedAt, endedAt: this.#clock.now() };
      this.#outage = undefined;
      for (const watcher of this.#watchers) watcher.good();
    } catch (error) {
      this.#last = { startedAt, endedAt: this.#clock.now() };
      // A full queue says nothing of the platform: this look is left out.
      if (!begun && hasCode(error, "busy")) return;
      // The config node has been closed; who watches it will be as well.
      const told = !hasCode(error, "cancelled");
      const looks = (this.#outage?.looks ?? 0) + 1;
      this.#outage = { error, record, looks, chance: this.#random(), told };
      if (told) for (const watcher of this.#watchers) watcher.failed(error, record);
    }
  }

  // A clock that was set back must not make anyone wait longer than it was meant.
  #restMs(): number {
    if (!this.#last) return 0;
    const intervalMs = Math.min(...[...this.#watchers].map((watcher) => watcher.intervalMs));
    const { startedAt, endedAt } = this.#last;
    // The beats that a slow look has taken are left out.
    const rhythmMs = this.#outage
      ? endedAt - startedAt + backOffMs(this.#outage, intervalMs)
      : (Math.floor(Math.max(0, endedAt - startedAt) / intervalMs) + 1) * intervalMs;
    const dueMs = Math.max(rhythmMs, this.#work.restMs());
    return Math.min(startedAt + dueMs - this.#clock.now(), dueMs);
  }
}

interface Outage {
  error: unknown;
  record: ReturnType<typeof newRecord>;
  /** How many looks have failed. */
  looks: number;
  /** From 0 to 1: many who lost the same platform must not come back together. */
  chance: number;
  told: boolean;
}

function backOffMs({ error, looks, chance }: Outage, intervalMs: number): number {
  const most = Math.min(LONGEST_BACK_OFF, 2 ** looks);
  const waitMs = Math.round(intervalMs * (1 + chance * (most - 1)));
  const { retryAfterMs = 0 } = error instanceof PlatformError ? error.details : {};
  return Math.max(waitMs, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS));
}
