import { abortable, LightAbortController, type AbortSignalLike } from "../core/abort";
import { createTrace, type CallOptions, type CallTrace } from "../core/call-context";
import type { Clock } from "../core/clock";
import { cancelledError, isPlatformError, PlatformError } from "../core/errors";
import type { Queue } from "../core/queue";
import type { Subscriber } from "./types";

/** What a poller runs on. */
export interface PollerOptions {
  clock: Clock;
  /** Polls wait here for their turn, as messages do. */
  queue: Queue;
  /** From 0 to 1, for the jitter of the backoff; Math.random by default. */
  random?: (() => number) | undefined;
}

/** When a poll was made. */
export interface PollInfo {
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Whether it is the first one to succeed after an outage. */
  recovered: boolean;
}

/** What is polled, and for whom. */
interface PollTask<Result> {
  /** Everyone who subscribes at present: the shortest of their intervals counts, and all of them learn of an outage. */
  subscribers(): Iterable<Subscriber>;
  poll(options: CallOptions): Promise<Result>;
  /** Emits what a poll returned. If it throws, the poll has failed. */
  onResult(result: Result, info: PollInfo): void | Promise<void>;
  /** The shortest interval that the platform tolerates at present, in milliseconds. */
  minIntervalMs(): number;
}

/** A series of failed polls. */
interface Outage {
  error: unknown;
  trace: CallTrace;
  failures: number;
  /** From 0 to 1: clients that lost the same platform must not all return at the same moment. */
  jitter: number;
  isReported: boolean;
}

/** The longest interval of an outage, as a multiple of the regular one. */
const MAX_BACKOFF_INTERVALS = 10;
/** A longer `Retry-After` is not believed. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** Polls at the shortest interval of all subscribers: one poll at a time, and none without a subscriber. */
export class Poller<Result> {
  readonly #task: PollTask<Result>;
  readonly #clock: Clock;
  readonly #queue: Queue;
  readonly #random: () => number;
  /** Ends the polling that is under way; undefined while nobody subscribes. */
  #running: LightAbortController | undefined;
  #stopped: Promise<void> = Promise.resolve();
  #wakeUp = new LightAbortController();
  /** The last poll since polling was started, failed or not. */
  #lastPoll: { startedAt: number; endedAt: number } | undefined;
  #outage: Outage | undefined;

  constructor(task: PollTask<Result>, { clock, queue, random = Math.random }: PollerOptions) {
    this.#task = task;
    this.#clock = clock;
    this.#queue = queue;
    this.#random = random;
  }

  /** Whether the last poll failed. */
  get isFailing(): boolean {
    return this.#outage !== undefined;
  }

  /** Serves one more subscriber: starts polling for the first one, and reports the present state to a later one. */
  join(subscriber: Subscriber): void {
    if (!this.#running) this.#start();
    // A shorter interval may make the next poll due earlier.
    else if (this.#lastPoll) this.#wakeUp.abort();
    if (this.#outage?.isReported) subscriber.onError(this.#outage.error, this.#outage.trace);
    else if (this.#lastPoll && !this.#outage) subscriber.onSuccess();
  }

  /** Aborts a poll that is under way. @returns once polling has ended */
  stop(): Promise<void> {
    this.#running?.abort(cancelledError());
    this.#running = undefined;
    this.#wakeUp.abort();
    return this.#stopped;
  }

  #start(): void {
    this.#running = new LightAbortController();
    this.#lastPoll = this.#outage = undefined;
    this.#stopped = this.#run(this.#running.signal);
  }

  async #run(signal: AbortSignalLike): Promise<void> {
    // Subscribers that join in the same moment share the first poll.
    await this.#sleep(1);
    while (!signal.aborted) {
      await this.#poll(signal);
      for (let isDue = false; !isDue && !signal.aborted;) isDue = await this.#sleep(this.#delayMs());
    }
  }

  /** @returns false if it was woken up: then the delay has to be calculated again */
  #sleep(ms: number): Promise<boolean> {
    this.#wakeUp = new LightAbortController();
    // At least one turn of the event loop for everybody else, however late the next poll is.
    return this.#clock.sleep(Math.max(1, ms), this.#wakeUp.signal).then(
      () => true,
      () => false,
    );
  }

  async #poll(signal: AbortSignalLike): Promise<void> {
    const trace = createTrace();
    const startedAt = this.#clock.now();
    let hasBegun = false;
    const poll = (): Promise<Result> => {
      hasBegun = true;
      return this.#task.poll({
        signal,
        trace,
        yieldSlot: () => this.#queue.yieldSlot(),
        warn: (text) => this.#warn(text),
      });
    };
    try {
      const result = await abortable(this.#queue.run(poll, { signal }), signal);
      signal.throwIfAborted();
      await this.#task.onResult(result, { startedAt, recovered: this.#outage !== undefined });
      this.#lastPoll = { startedAt, endedAt: this.#clock.now() };
      this.#outage = undefined;
      for (const subscriber of this.#task.subscribers()) subscriber.onSuccess();
    } catch (error) {
      this.#lastPoll = { startedAt, endedAt: this.#clock.now() };
      // A full queue says nothing about the platform: this poll is skipped.
      if (!hasBegun && isPlatformError(error, "busy")) return;
      // The config node was closed, and the subscribers are about to be.
      const isReported = !isPlatformError(error, "cancelled");
      const failures = (this.#outage?.failures ?? 0) + 1;
      this.#outage = { error, trace, failures, jitter: this.#random(), isReported };
      if (isReported) for (const subscriber of this.#task.subscribers()) subscriber.onError(error, trace);
    }
  }

  #warn(sentence: string): void {
    const [first] = this.#task.subscribers();
    first?.onWarning?.(sentence);
  }

  // Capped, because a clock that was set back would otherwise make the delay longer than the interval.
  #delayMs(): number {
    if (!this.#lastPoll) return 0;
    const intervalMs = Math.min(...[...this.#task.subscribers()].map((subscriber) => subscriber.intervalMs));
    const { startedAt, endedAt } = this.#lastPoll;
    // Polls that came due while a slow one was under way are skipped.
    const regularMs = this.#outage
      ? endedAt - startedAt + backoffMs(this.#outage, intervalMs)
      : (Math.floor(Math.max(0, endedAt - startedAt) / intervalMs) + 1) * intervalMs;
    const dueMs = Math.max(regularMs, this.#task.minIntervalMs());
    return Math.min(startedAt + dueMs - this.#clock.now(), dueMs);
  }
}

function backoffMs({ error, failures, jitter }: Outage, intervalMs: number): number {
  const maxIntervals = Math.min(MAX_BACKOFF_INTERVALS, 2 ** failures);
  const waitMs = Math.round(intervalMs * (1 + jitter * (maxIntervals - 1)));
  const { retryAfterMs = 0 } = error instanceof PlatformError ? error.details : {};
  return Math.max(waitMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
