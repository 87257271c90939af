import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { ChangeDetector } from "./change-detector";
import { coversFilter, isNamedBy, matchesFilter } from "./filter";
import { Poller, type PollerOptions } from "./poller";
import type { ChangeEvent, PollSource, Subscriber } from "./types";

/** Watchers that want the same: what one of them hears, all of them hear. */
interface Group<Item> {
  readonly told: ChangeDetector<Item>;
  readonly watchers: Set<Subscriber>;
  /** Those of them for whom nobody has looked yet. */
  readonly fresh: Set<Subscriber>;
  readonly intervalMs: number;
  /** When it is served next, in milliseconds since 1970. */
  dueAt: number;
}

interface Found<Item> {
  items: ReadonlyMap<string, Item>;
  /** See `Source.look`. */
  wanted: ReadonlySet<string> | undefined;
}

/**
 * Watches one source for everyone who wants to hear of it: one look serves all of them.
 * Watchers with the same interval and the same `settle` share one comparison.
 */
export class PollCoordinator<Item> {
  readonly #source: PollSource<Item>;
  readonly #clock: Clock;
  readonly #rhythm: Poller<Found<Item>>;
  readonly #groups = new Map<string, Group<Item>>();
  #latest: Found<Item> | undefined;
  /** The snapshot of the last poll; it outlives the subscribers, so that a redeploy does not interrupt a source. */
  #previous: ReadonlyMap<string, Item> = new Map();

  constructor(source: PollSource<Item>, parts: PollerOptions) {
    this.#source = source;
    this.#clock = parts.clock;
    this.#rhythm = new Poller<Found<Item>>(
      {
        poll: (options) => this.#look(options),
        onResult: (found, { startedAt, back }) => this.#hear(found, startedAt, back),
        minIntervalMs: () => source.minIntervalMs?.() ?? 0,
      },
      parts,
    );
  }

  /** Adds a watcher. @returns removes it again (see `Rhythm.join`) */
  subscribe(watcher: Subscriber): () => Promise<void> {
    const { intervalMs, confirmations } = watcher;
    const key = `${intervalMs} ${confirmations}`;
    const group = this.#groups.get(key) ?? this.#newGroup(intervalMs, confirmations);
    this.#groups.set(key, group);
    group.watchers.add(watcher);
    const known = this.#latest && !this.#rhythm.isFailing && coversFilter(this.#latest.wanted, watcher.filter);
    if (!known) group.fresh.add(watcher);
    else if (watcher.initial) this.#tell([watcher], group.told.currentState(), this.#clock.now());

    const leave = this.#rhythm.subscribe(watcher);
    return () => {
      group.watchers.delete(watcher);
      group.fresh.delete(watcher);
      if (group.watchers.size === 0 && this.#groups.get(key) === group) this.#groups.delete(key);
      if (this.#groups.size === 0) this.#latest = undefined;
      return leave();
    };
  }

  #newGroup(intervalMs: number, settle: number): Group<Item> {
    const told = new ChangeDetector(this.#source, settle, this.#latest?.items);
    return { told, watchers: new Set(), fresh: new Set(), intervalMs, dueAt: 0 };
  }

  async #look(options: CallOptions): Promise<Found<Item>> {
    const filters = [...this.#groups.values()].flatMap(({ watchers }) => [...watchers].map(({ filter }) => filter));
    const all = filters.some(({ size }) => size === 0);
    const wanted = all ? undefined : new Set(filters.flatMap((filter) => [...filter]));
    this.#previous = await this.#source.poll(wanted, this.#previous, options);
    return { items: this.#previous, wanted };
  }

  #hear(found: Found<Item>, startedAt: number, back: boolean): void {
    const now = this.#clock.now();
    const before = this.#latest;
    this.#latest = found;
    const wasPolled = (change: ChangeEvent): boolean => !before?.wanted || isNamedBy(before.wanted, change);
    const leadingMs = Math.min(...[...this.#groups.values()].map(({ intervalMs }) => intervalMs));
    for (const group of this.#groups.values()) {
      const isDue = takeTurn(group, startedAt, leadingMs);
      if (!isDue && !back && group.fresh.size === 0) continue;
      const news = group.told.detect(found.items, { now, recovered: back, wasPolled });
      this.#tell(
        [...group.watchers].filter((watcher) => !group.fresh.has(watcher)),
        news,
        now,
      );
      const ready = [...group.fresh].filter(({ filter }) => coversFilter(found.wanted, filter));
      for (const watcher of ready) group.fresh.delete(watcher);
      const beginners = ready.filter(({ initial }) => initial);
      if (beginners.length > 0) this.#tell(beginners, group.told.currentState(), now);
    }
  }

  #tell(watchers: readonly Subscriber[], changes: readonly ChangeEvent[], now: number): void {
    if (changes.length === 0) return;
    const at = new Date(now).toISOString();
    for (const change of changes) {
      const told = { ...change, at: change.at ?? at };
      for (const watcher of watchers) if (matchesFilter(watcher.filter, told)) watcher.onEvent(told);
    }
  }
}

// Served by the look that is nearest to its own rhythm. A due time that makes no sense is that of another clock.
function takeTurn(group: Group<unknown>, startedAt: number, leadingMs: number): boolean {
  const { intervalMs, dueAt } = group;
  if (startedAt < dueAt - leadingMs / 2 && dueAt <= startedAt + intervalMs) return false;
  const nextMs = dueAt + intervalMs - startedAt;
  group.dueAt = startedAt + (nextMs > intervalMs / 2 && nextMs <= 1.5 * intervalMs ? nextMs : intervalMs);
  return true;
}
