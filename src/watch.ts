import type { CallOptions } from "./call";
import type { Clock } from "./clock";
import { type Change, covers, names, passes, type Source, type Watcher } from "./poll";
import { Rhythm, type RhythmParts } from "./rhythm";
import { Told } from "./told";

/** Watchers that want the same: what one of them hears, all of them hear. */
interface Group<Item> {
  readonly told: Told<Item>;
  readonly watchers: Set<Watcher>;
  /** Those of them for whom nobody has looked yet. */
  readonly fresh: Set<Watcher>;
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
export class Watch<Item> {
  readonly #source: Source<Item>;
  readonly #clock: Clock;
  readonly #rhythm: Rhythm<Found<Item>>;
  readonly #groups = new Map<string, Group<Item>>();
  #latest: Found<Item> | undefined;

  constructor(source: Source<Item>, parts: RhythmParts) {
    this.#source = source;
    this.#clock = parts.clock;
    this.#rhythm = new Rhythm<Found<Item>>(
      {
        look: (options) => this.#look(options),
        hear: (found, { startedAt, back }) => this.#hear(found, startedAt, back),
        restMs: () => source.restMs?.() ?? 0,
      },
      parts,
    );
  }

  /** Adds a watcher. @returns removes it again (see `Rhythm.join`) */
  add(watcher: Watcher): () => Promise<void> {
    const { intervalMs, settle } = watcher;
    const key = `${intervalMs} ${settle}`;
    const group = this.#groups.get(key) ?? this.#newGroup(intervalMs, settle);
    this.#groups.set(key, group);
    group.watchers.add(watcher);
    const known = this.#latest && !this.#rhythm.troubled && covers(this.#latest.wanted, watcher.filter);
    if (!known) group.fresh.add(watcher);
    else if (watcher.initial) this.#tell([watcher], group.told.state(), this.#clock.now());

    const leave = this.#rhythm.join(watcher);
    return () => {
      group.watchers.delete(watcher);
      group.fresh.delete(watcher);
      if (group.watchers.size === 0 && this.#groups.get(key) === group) this.#groups.delete(key);
      if (this.#groups.size === 0) this.#latest = undefined;
      return leave();
    };
  }

  #newGroup(intervalMs: number, settle: number): Group<Item> {
    const told = new Told(this.#source, settle, this.#latest?.items);
    return { told, watchers: new Set(), fresh: new Set(), intervalMs, dueAt: 0 };
  }

  async #look(options: CallOptions): Promise<Found<Item>> {
    const filters = [...this.#groups.values()].flatMap(({ watchers }) => [...watchers].map(({ filter }) => filter));
    const all = filters.some(({ size }) => size === 0);
    const wanted = all ? undefined : new Set(filters.flatMap((filter) => [...filter]));
    return { items: await this.#source.look(wanted, options), wanted };
  }

  #hear(found: Found<Item>, startedAt: number, back: boolean): void {
    const now = this.#clock.now();
    const before = this.#latest;
    this.#latest = found;
    const wasLookedAt = (change: Change): boolean => !before?.wanted || names(before.wanted, change);
    const leadingMs = Math.min(...[...this.#groups.values()].map(({ intervalMs }) => intervalMs));
    for (const group of this.#groups.values()) {
      const isDue = takeTurn(group, startedAt, leadingMs);
      if (!isDue && !back && group.fresh.size === 0) continue;
      const news = group.told.compare(found.items, { now, back, wasLookedAt });
      this.#tell(
        [...group.watchers].filter((watcher) => !group.fresh.has(watcher)),
        news,
        now,
      );
      const ready = [...group.fresh].filter(({ filter }) => covers(found.wanted, filter));
      for (const watcher of ready) group.fresh.delete(watcher);
      const beginners = ready.filter(({ initial }) => initial);
      if (beginners.length > 0) this.#tell(beginners, group.told.state(), now);
    }
  }

  #tell(watchers: readonly Watcher[], changes: readonly Change[], now: number): void {
    if (changes.length === 0) return;
    const at = new Date(now).toISOString();
    for (const change of changes) {
      const told = { ...change, at: change.at ?? at };
      for (const watcher of watchers) if (passes(watcher.filter, told)) watcher.tell(told);
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
