import { LightAbortController, type AbortSignalLike } from "../core/abort";
import { abortable, createTrace, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { cancelledError, isPlatformError, PlatformError } from "../core/errors";
import type { Queue } from "../core/queue";
import type { Subscriber } from "./types";

/** What a rhythm is made of. */
export interface PollerOptions {
  clock: Clock;
  /** Looks wait there for their turn as messages do. */
  queue: Queue;
  /** From 0 to 1; for the jitter. */
  random?: () => number;
}

/** What is done at each beat. */
export interface PollTask<Result> {
  poll(options: CallOptions): Promise<Result>;
  /** Hands out what a look has brought. `back`: the first good look after an outage. */
  onResult(result: Result, look: { startedAt: number; back: boolean }): void | Promise<void>;
  /** See `Source`. */
  minIntervalMs(): number;
}

/** In an outage the looks come more and more rarely, down to this many intervals. */
const MAX_BACKOFF_INTERVALS = 10;
/** A platform that asks to be left alone for longer is asked again nevertheless. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** Looks again and again, as often as the most impatient watcher wants; one look at a time, none without a watcher. */
export class Poller<Result> {
  readonly #work: PollTask<Result>;
  readonly #clock: Clock;
  readonly #queue: Queue;
  readonly #random: () => number;
  readonly #watchers = new Set<Subscriber>();
  #closing = new LightAbortController();
  #ended: Promise<void> = Promise.resolve();
  #nap = new LightAbortController();
  #last: { startedAt: number; endedAt: number } | undefined;
  #outage: Outage | undefined;

  constructor(work: PollTask<Result>, { clock, queue, random = Math.random }: PollerOptions) {
    this.#work = work;
    this.#clock = clock;
    this.#queue = queue;
    this.#random = random;
  }

  /** Whether the last look failed. */
  get isFailing(): boolean {
    return this.#outage !== undefined;
  }

  /**
   * Adds a watcher; the first one starts the looks.
   * @returns removes it again: the last one that goes ends a look under way, and waits until all is over
   */
  subscribe(watcher: Subscriber): () => Promise<void> {
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#start();
    else if (this.#last) this.#nap.abort();
    if (this.#outage?.told) watcher.onError(this.#outage.error, this.#outage.trace);
    else if (this.#last && !this.#outage) watcher.onSuccess();
    return async () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#closing.abort(cancelledError());
      this.#nap.abort();
      await this.#ended;
    };
  }

  #start(): void {
    this.#closing = new LightAbortController();
    this.#last = this.#outage = undefined;
    this.#ended = this.#beat(this.#closing.signal);
  }

  async #beat(signal: AbortSignalLike): Promise<void> {
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
    this.#nap = new LightAbortController();
    // Everybody else gets a turn in between, however late it is.
    return this.#clock.sleep(Math.max(1, ms), this.#nap.signal).then(
      () => true,
      () => false,
    );
  }

  async #look(signal: AbortSignalLike): Promise<void> {
    const trace = createTrace();
    const startedAt = this.#clock.now();
    let begun = false;
    const turn = (): Promise<Result> => {
      begun = true;
      return this.#work.poll({ signal, trace, yieldSlot: () => this.#queue.yieldSlot() });
    };
    try {
      const result = await abortable(this.#queue.run(turn, { signal }), signal);
      signal.throwIfAborted();
      await this.#work.onResult(result, { startedAt, back: this.#outage !== undefined });
      this.#last = { startedAt, endedAt: this.#clock.now() };
      this.#outage = undefined;
      for (const watcher of this.#watchers) watcher.onSuccess();
    } catch (error) {
      this.#last = { startedAt, endedAt: this.#clock.now() };
      // A full queue says nothing of the platform: this look is left out.
      if (!begun && isPlatformError(error, "busy")) return;
      // The config node has been closed; who watches it will be as well.
      const told = !isPlatformError(error, "cancelled");
      const looks = (this.#outage?.looks ?? 0) + 1;
      this.#outage = { error, trace, looks, chance: this.#random(), told };
      if (told) for (const watcher of this.#watchers) watcher.onError(error, trace);
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
    const dueMs = Math.max(rhythmMs, this.#work.minIntervalMs());
    return Math.min(startedAt + dueMs - this.#clock.now(), dueMs);
  }
}

interface Outage {
  error: unknown;
  trace: ReturnType<typeof createTrace>;
  /** How many looks have failed. */
  looks: number;
  /** From 0 to 1: many who lost the same platform must not come back together. */
  chance: number;
  told: boolean;
}

function backOffMs({ error, looks, chance }: Outage, intervalMs: number): number {
  const most = Math.min(MAX_BACKOFF_INTERVALS, 2 ** looks);
  const waitMs = Math.round(intervalMs * (1 + chance * (most - 1)));
  const { retryAfterMs = 0 } = error instanceof PlatformError ? error.details : {};
  return Math.max(waitMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
