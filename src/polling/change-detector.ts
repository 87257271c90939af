import type { ChangeEvent, PollSource } from "./types";

/** What does not agree with what was told, and may last. */
interface Pending<Item> {
  item: Item | undefined;
  /** How many looks in a row agreed on it. */
  looks: number;
  /** Not to be told before then. */
  heldUntil: number;
}

/** What is another than it was told to be. */
interface Differing<Item> {
  id: string;
  before: Item | undefined;
  after: Item | undefined;
  changes: ChangeEvent[];
}

/** What is known of a look, beside what it found. */
export interface PollContext {
  /** Milliseconds since 1970. */
  now: number;
  /** Whether it is the first good one after an outage. */
  recovered: boolean;
  /** Whether the look before would have found it; what it would not have found does not come now, it was there. */
  wasPolled: (change: ChangeEvent) => boolean;
}

/** So many that change at once soon after an outage, and more than half of all, are a platform that is only starting. */
const MASS_CHANGE_MIN = 5;
/** How long it may be starting, and how long what it says then has to last. */
const STARTUP_GRACE_MS = 180_000;

/** What was told last, by identity: what has changed since then and lasts is told next. */
export class ChangeDetector<Item> {
  readonly #source: Pick<PollSource<Item>, "diff">;
  readonly #settle: number;
  #pending: ReadonlyMap<string, Pending<Item>> = new Map();
  #told: ReadonlyMap<string, Item> | undefined;
  /** When the last outage ended. */
  #backAt = -Infinity;

  /** @param settle how many looks in a row must agree on a change */
  constructor(source: Pick<PollSource<Item>, "diff">, settle: number, items?: ReadonlyMap<string, Item>) {
    this.#source = source;
    this.#settle = settle;
    this.#told = items;
  }

  /** All of it, as if it had come from nowhere. */
  currentState(): ChangeEvent[] {
    return [...(this.#told ?? [])].flatMap(([id, item]) => this.#source.diff(undefined, item, id));
  }

  /** What has become news by a look. The first look is none: everything was there before somebody looked. */
  detect(items: ReadonlyMap<string, Item>, look: PollContext): ChangeEvent[] {
    const told = this.#told;
    if (!told) {
      this.#told = items;
      return [];
    }
    const differing: Differing<Item>[] = [];
    const weigh = (id: string, before: Item | undefined, after: Item | undefined): void => {
      const changes = this.#lasting(before, after, id);
      if (changes.length === 0) return;
      if (before === undefined && !changes.some(look.wasPolled)) return;
      differing.push({ id, before, after, changes });
    };
    for (const [id, item] of items) weigh(id, told.get(id), item);
    for (const [id, item] of told) if (!items.has(id)) weigh(id, item, undefined);

    if (look.recovered) this.#backAt = look.now;
    const recently = look.now >= this.#backAt && look.now < this.#backAt + STARTUP_GRACE_MS;
    const starting = recently && differing.length >= MASS_CHANGE_MIN && differing.length > told.size / 2;
    return this.#settled(items, differing, starting, look.now);
  }

  // What changes without an event is no news, but what is told next has to begin from there.
  // What is not to be told yet stays what it was.
  #settled(
    items: ReadonlyMap<string, Item>,
    differing: readonly Differing<Item>[],
    starting: boolean,
    now: number,
  ): ChangeEvent[] {
    const news: ChangeEvent[] = [];
    const waiting = new Map<string, Pending<Item>>();
    const kept: Differing<Item>[] = [];
    for (const one of differing) {
      const pending = this.#next(one.id, one.after);
      if (starting && pending.heldUntil === 0) pending.heldUntil = now + STARTUP_GRACE_MS;
      // A clock that was set back must not hold anything for longer.
      const held = now < pending.heldUntil && pending.heldUntil <= now + STARTUP_GRACE_MS;
      if (pending.looks >= this.#settle && !held) {
        news.push(...one.changes);
        continue;
      }
      waiting.set(one.id, pending);
      kept.push(one);
    }
    this.#pending = waiting;
    this.#told = items;
    if (kept.length === 0) return news;
    const told = new Map(items);
    for (const { id, before } of kept) {
      if (before === undefined) told.delete(id);
      else told.set(id, before);
    }
    this.#told = told;
    return news;
  }

  #next(id: string, item: Item | undefined): Pending<Item> {
    const pending = this.#pending.get(id);
    if (!pending) return { item, looks: 1, heldUntil: 0 };
    const neither = pending.item === undefined && item === undefined;
    const agrees = neither || this.#lasting(pending.item, item, id).length === 0;
    return { item, looks: agrees ? pending.looks + 1 : 1, heldUntil: pending.heldUntil };
  }

  #lasting(before: Item | undefined, after: Item | undefined, id: string): ChangeEvent[] {
    const changes = this.#source.diff(before, after, id);
    return this.#settle > 1 && changes.length > 0 ? changes.filter(({ transient }) => !transient) : changes;
  }
}
