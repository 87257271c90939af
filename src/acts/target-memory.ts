import type { Clock } from "../core/clock";
import { findByName, nameNotFound, type NamedKind } from "../core/named";

/** How to look things of one kind up. */
interface TargetSource<Thing> {
  /** All of them. */
  list: () => Promise<readonly Thing[]>;
  /** One of them as the platform has it now; undefined if it is gone. */
  refresh: (id: string) => Promise<Thing | undefined>;
}

/** What a list said of the things of one kind at one place. */
interface KnownIds {
  /** By name, in the very same letters, and by themselves; undefined where several things have the name. */
  ids: ReadonlyMap<string, string | undefined>;
  readAt: number;
}

const MAX_AGE_MS = 60_000;
const MAX_PLACES = 10;
/** A place with more things is read each time, and so is what has a longer name. */
const MAX_THINGS = 20_000;
const MAX_NAME_LENGTH = 200;

/** Remembers for a minute what names stand for, so that a message does not read a list again that another has just read. */
export class TargetMemory {
  readonly #clock: Clock;
  readonly #places = new Map<string, KnownIds>();

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
    // By the very same letters: a thing whose name fits better may be new.
    const id = this.#known(place)?.ids.get(name.normalize());
    const current = id === undefined ? undefined : await refresh(id);
    if (current !== undefined && findByName(name, [current], kind) !== undefined) return current;
    const things = await list();
    this.#remember(place, things, kind);
    const thing = findByName(name, things, kind);
    if (thing === undefined) throw nameNotFound(name, things, kind);
    return thing;
  }

  /** Forgets everything, because a name changes. */
  clear(): void {
    this.#places.clear();
  }

  #known(place: string): KnownIds | undefined {
    const known = this.#places.get(place);
    return known && Math.abs(this.#clock.now() - known.readAt) < MAX_AGE_MS ? known : undefined;
  }

  #remember<Thing>(place: string, things: readonly Thing[], { id: idOf, name: nameOf }: NamedKind<Thing>): void {
    if (things.length > MAX_THINGS) return;
    const ids = new Map<string, string | undefined>();
    for (const thing of things) {
      const [id, name] = [idOf(thing), nameOf(thing).normalize()];
      if (Math.max(id.length, name.length) > MAX_NAME_LENGTH) continue;
      ids.set(name, ids.has(name) ? undefined : id);
      ids.set(id, id);
    }
    if (this.#places.size >= MAX_PLACES) this.#places.clear();
    this.#places.set(place, { ids, readAt: this.#clock.now() });
  }
}
