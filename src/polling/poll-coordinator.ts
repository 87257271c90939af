import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { ChangeDetector } from "./change-detector";
import { emitEvents } from "./emit-events";
import { coversFilter, isNamedBy } from "./filter";
import { Poller, type PollerOptions, type PollInfo } from "./poller";
import type { ChangeEvent, PollSource, Subscriber } from "./types";

/** Subscribers with the same interval and number of confirmations: they receive the same events. */
interface Group<Item> {
  readonly detector: ChangeDetector<Item>;
  readonly subscribers: Set<Subscriber>;
  /** Those of them that have joined since the last poll, or that it did not cover. */
  readonly pending: Set<Subscriber>;
  readonly intervalMs: number;
  /** When the group is served next, in milliseconds since 1970. */
  dueAt: number;
}

/** What a poll returned, and for which filter (see `PollSource.poll`). */
interface Snapshot<Item> {
  items: ReadonlyMap<string, Item>;
  filter: ReadonlySet<string> | undefined;
}

/** Polls a source once for all of its subscribers, and compares snapshots once for each group of them. */
export class PollCoordinator<Item> {
  readonly #source: PollSource<Item>;
  readonly #clock: Clock;
  readonly #poller: Poller<Snapshot<Item>>;
  readonly #groups = new Map<string, Group<Item>>();
  /** What the last successful poll returned. It outlives the subscribers: after a redeploy the source resumes from it. */
  #latest: Snapshot<Item> | undefined;
  /** Whether there were subscribers ever since, so that a new one may start from it. */
  #isCurrent = false;

  constructor(source: PollSource<Item>, options: PollerOptions) {
    this.#source = source;
    this.#clock = options.clock;
    this.#poller = new Poller<Snapshot<Item>>(
      {
        subscribers: () => this.#subscribers(),
        poll: (call) => this.#poll(call),
        onResult: (snapshot, info) => this.#onResult(snapshot, info),
        minIntervalMs: () => source.minIntervalMs?.() ?? 0,
      },
      options,
    );
  }

  /** @returns unsubscribes; for the last subscriber, it aborts a poll under way and resolves once that has ended */
  subscribe(subscriber: Subscriber): () => Promise<void> {
    const { intervalMs, confirmations, filter, initial } = subscriber;
    const key = `${intervalMs} ${confirmations}`;
    const current = this.#isCurrent ? this.#latest : undefined;
    const group = this.#groups.get(key) ?? this.#createGroup(intervalMs, confirmations, current?.items);
    this.#groups.set(key, group);
    group.subscribers.add(subscriber);
    const isCovered = current && !this.#poller.isFailing && coversFilter(current.filter, filter);
    if (!isCovered) group.pending.add(subscriber);
    else if (initial) emitEvents(group.detector.currentState(), [subscriber], this.#clock.now());

    this.#poller.join(subscriber);
    return async () => {
      group.subscribers.delete(subscriber);
      group.pending.delete(subscriber);
      if (group.subscribers.size === 0 && this.#groups.get(key) === group) this.#groups.delete(key);
      if (this.#groups.size > 0) return;
      this.#isCurrent = false;
      await this.#poller.stop();
    };
  }

  #createGroup(intervalMs: number, confirmations: number, items: ReadonlyMap<string, Item> | undefined): Group<Item> {
    const detector = new ChangeDetector(this.#source, confirmations, items);
    return { detector, subscribers: new Set(), pending: new Set(), intervalMs, dueAt: 0 };
  }

  *#subscribers(): Iterable<Subscriber> {
    for (const { subscribers } of this.#groups.values()) yield* subscribers;
  }

  async #poll(options: CallOptions): Promise<Snapshot<Item>> {
    const filters = [...this.#subscribers()].map((subscriber) => subscriber.filter);
    const isUnfiltered = filters.some(({ size }) => size === 0);
    const filter = isUnfiltered ? undefined : new Set(filters.flatMap((each) => [...each]));
    return { items: await this.#source.poll(filter, this.#latest?.items ?? new Map(), options), filter };
  }

  #onResult(snapshot: Snapshot<Item>, { startedAt, recovered }: PollInfo): void {
    const now = this.#clock.now();
    const previousFilter = this.#latest?.filter;
    this.#latest = snapshot;
    this.#isCurrent = true;
    const wasPolled = (change: ChangeEvent): boolean => !previousFilter || isNamedBy(previousFilter, change);
    const leadingMs = Math.min(...[...this.#groups.values()].map(({ intervalMs }) => intervalMs));
    for (const group of this.#groups.values()) {
      const isDue = takeTurn(group, startedAt, leadingMs);
      const { detector, subscribers, pending } = group;
      if (!isDue && !recovered && pending.size === 0) continue;
      const events = detector.detect(snapshot.items, { now, recovered, wasPolled });
      emitEvents(
        events,
        [...subscribers].filter((subscriber) => !pending.has(subscriber)),
        now,
      );
      const covered = [...pending].filter(({ filter }) => coversFilter(snapshot.filter, filter));
      for (const subscriber of covered) pending.delete(subscriber);
      const initial = covered.filter((subscriber) => subscriber.initial);
      if (initial.length > 0) emitEvents(detector.currentState(), initial, now);
    }
  }
}

// A group is served by the poll that is nearest to its own interval. An implausible due time stems from a clock that was
// set since, and is ignored.
function takeTurn(group: Group<unknown>, startedAt: number, leadingMs: number): boolean {
  const { intervalMs, dueAt } = group;
  if (startedAt < dueAt - leadingMs / 2 && dueAt <= startedAt + intervalMs) return false;
  const nextMs = dueAt + intervalMs - startedAt;
  group.dueAt = startedAt + (nextMs > intervalMs / 2 && nextMs <= 1.5 * intervalMs ? nextMs : intervalMs);
  return true;
}
