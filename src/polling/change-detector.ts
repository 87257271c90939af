import type { ChangeEvent, PollSource } from "./types";

/** A difference that has not been emitted yet. */
interface PendingChange<Item> {
  item: Item | undefined;
  /** How many polls in a row agreed on it. */
  confirmations: number;
  /** Not to be emitted before, in milliseconds since 1970; 0 if nothing holds it back. */
  heldUntil: number;
}

/** An item that differs from the emitted state, and the events of that. */
interface Difference<Item> {
  id: string;
  before: Item | undefined;
  after: Item | undefined;
  events: ChangeEvent[];
}

/** The circumstances of a snapshot. */
interface DetectionContext {
  /** Milliseconds since 1970. */
  now: number;
  /** Whether it is the first snapshot after an outage. */
  recovered: boolean;
  /** Whether the previous poll included the item. If it did not, the item is not new: it was only not polled. */
  wasPolled: (event: ChangeEvent) => boolean;
}

/**
 * When at least so many items, and more than half of all, change shortly after an outage, the platform is assumed to be
 * still starting up. So it is when all of them are lost, however few they are.
 */
const MASS_CHANGE_MIN = 5;
/** How long a platform may take to start up, and so how long such changes have to last. */
const STARTUP_GRACE_MS = 180_000;

/** Turns snapshots into events: compares each one with the state that was emitted, and emits differences that last. */
export class ChangeDetector<Item> {
  readonly #source: Pick<PollSource<Item>, "diff" | "isDown">;
  readonly #confirmations: number;
  /**
   * The state as the subscribers know it: undefined before the first snapshot. It lags behind the latest snapshot by the
   * changes that are pending, so it cannot be shared with the coordinator.
   */
  #emitted: ReadonlyMap<string, Item> | undefined;
  #pending: ReadonlyMap<string, PendingChange<Item>> = new Map();
  /** When the last outage ended, in milliseconds since 1970. */
  #recoveredAt = -Infinity;

  /**
   * @param confirmations how many polls in a row must agree on a change
   * @param items the snapshot to start from; if left out, the first one that is detected
   */
  constructor(
    source: Pick<PollSource<Item>, "diff" | "isDown">,
    confirmations: number,
    items?: ReadonlyMap<string, Item>,
  ) {
    this.#source = source;
    this.#confirmations = confirmations;
    this.#emitted = items;
  }

  /** The events that lead to the emitted state, as if every item had just been added. */
  currentState(): ChangeEvent[] {
    return [...(this.#emitted ?? [])].flatMap(([id, item]) => this.#source.diff(undefined, item, id));
  }

  /** @returns the events to emit for a snapshot; none for the first one, whose items existed before */
  detect(items: ReadonlyMap<string, Item>, { now, recovered, wasPolled }: DetectionContext): ChangeEvent[] {
    const emitted = this.#emitted;
    if (!emitted) {
      this.#emitted = items;
      return [];
    }
    const differences: Difference<Item>[] = [];
    const compare = (id: string, before: Item | undefined, after: Item | undefined): void => {
      const events = this.#diff(before, after, id);
      if (events.length === 0) return;
      if (before === undefined && !events.some(wasPolled)) return;
      differences.push({ id, before, after, events });
    };
    for (const [id, item] of items) compare(id, emitted.get(id), item);
    for (const [id, item] of emitted) if (!items.has(id)) compare(id, item, undefined);

    if (recovered) this.#recoveredAt = now;
    const isRecent = now >= this.#recoveredAt && now < this.#recoveredAt + STARTUP_GRACE_MS;
    const isStarting = isRecent && differences.length > 0 && this.#isMassChange(emitted, differences);
    return this.#confirm(items, differences, isStarting, now);
  }

  #isMassChange(emitted: ReadonlyMap<string, Item>, differences: readonly Difference<Item>[]): boolean {
    if (differences.length >= MASS_CHANGE_MIN && differences.length > emitted.size / 2) return true;
    const lost = new Set(differences.filter(({ id, after }) => !this.#isUsable(after, id)).map(({ id }) => id));
    const usable = [...emitted].filter(([, item]) => this.#source.isDown?.(item) !== true);
    return usable.length > 0 && usable.every(([id]) => lost.has(id));
  }

  // Of an item that is down, such as a device that is disconnected, not even the removal is an event.
  #isUsable(item: Item | undefined, id: string): boolean {
    return item !== undefined && this.#diff(item, undefined, id).length > 0;
  }

  // The snapshot becomes the emitted state, also where it differs without an event, except for the items that are pending.
  #confirm(
    items: ReadonlyMap<string, Item>,
    differences: readonly Difference<Item>[],
    isStarting: boolean,
    now: number,
  ): ChangeEvent[] {
    const events: ChangeEvent[] = [];
    const pending = new Map<string, PendingChange<Item>>();
    const unconfirmed: Difference<Item>[] = [];
    for (const difference of differences) {
      const change = this.#count(difference);
      if (isStarting && change.heldUntil === 0) change.heldUntil = now + STARTUP_GRACE_MS;
      // The upper bound: a clock that was set back must not hold it for longer.
      const isHeld = now < change.heldUntil && change.heldUntil <= now + STARTUP_GRACE_MS;
      if (change.confirmations >= this.#confirmations && !isHeld) {
        events.push(...difference.events);
        continue;
      }
      pending.set(difference.id, change);
      unconfirmed.push(difference);
    }
    this.#pending = pending;
    this.#emitted = items;
    if (unconfirmed.length === 0) return events;
    const emitted = new Map(items);
    for (const { id, before } of unconfirmed) {
      if (before === undefined) emitted.delete(id);
      else emitted.set(id, before);
    }
    this.#emitted = emitted;
    return events;
  }

  #count({ id, after }: Difference<Item>): PendingChange<Item> {
    const pending = this.#pending.get(id);
    if (!pending) return { item: after, confirmations: 1, heldUntil: 0 };
    const isStillAbsent = pending.item === undefined && after === undefined;
    const agrees = isStillAbsent || this.#diff(pending.item, after, id).length === 0;
    return { item: after, confirmations: agrees ? pending.confirmations + 1 : 1, heldUntil: pending.heldUntil };
  }

  #diff(before: Item | undefined, after: Item | undefined, id: string): ChangeEvent[] {
    const events = this.#source.diff(before, after, id);
    // What is over already can never be confirmed.
    return this.#confirmations > 1 && events.length > 0 ? events.filter(({ transient }) => !transient) : events;
  }
}
