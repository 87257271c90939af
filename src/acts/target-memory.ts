import type { Clock } from "../core/clock";
import { findByName, nameNotFound, type NamedKind } from "../core/named";

/** How to look things of one kind up. */
interface TargetSource<Thing> {
  /** All of them. */
  list: () => Promise<readonly Thing[]>;
  /** The same thing as the platform has it now, by its id; undefined if it is gone. */
  refresh: (thing: Thing) => Promise<Thing | undefined>;
}

/** What was read of one kind of things at one place. */
interface KnownList {
  things: readonly unknown[];
  readAt: number;
}

const MAX_AGE_MS = 60_000;
/** Each place has its list, of thousands of things at most. */
const MAX_LISTS = 20;

/** Remembers lists for a minute, so that a message does not read one again in which another has just found its target. */
export class TargetMemory {
  readonly #clock: Clock;
  readonly #lists = new Map<string, KnownList>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Finds a thing by what a person calls it. One that is remembered is looked up by its id first: it may be gone, or have
   * another name by now.
   * @param place the kind of thing and where it is, so that a name stands for something else elsewhere
   * @throws `not-found`; `input` if several things have the name
   */
  async find<Thing>(
    place: string,
    name: string,
    kind: NamedKind<Thing>,
    { list, refresh }: TargetSource<Thing>,
  ): Promise<Thing> {
    const known = this.#findKnown(place, name, kind);
    const current = known && (await refresh(known));
    if (current !== undefined && findByName(name, [current], kind) !== undefined) return current;
    const things = await list();
    this.#remember(place, things);
    const thing = findByName(name, things, kind);
    if (thing === undefined) throw nameNotFound(name, things, kind);
    return thing;
  }

  /** Forgets all lists, because a name changes. */
  clear(): void {
    this.#lists.clear();
  }

  // By the very same letters: a thing whose name fits better may be new.
  #findKnown<Thing>(place: string, name: string, { id, name: nameOf }: NamedKind<Thing>): Thing | undefined {
    const list = this.#lists.get(place);
    if (!list || Math.abs(this.#clock.now() - list.readAt) >= MAX_AGE_MS) return undefined;
    const exact = name.normalize();
    const matches = (list.things as readonly Thing[]).filter(
      (thing) => id(thing) === name || nameOf(thing).normalize() === exact,
    );
    return matches.length === 1 ? matches[0] : undefined;
  }

  #remember(place: string, things: readonly unknown[]): void {
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    this.#lists.set(place, { things, readAt: this.#clock.now() });
  }
}
