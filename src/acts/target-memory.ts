import type { Clock } from "../core/clock";
import { findByName, nameNotFound, type NamedKind } from "../core/named";

/** How to look things of one kind up. */
interface TargetSource<Thing> {
  /** All of them. */
  list: () => Promise<readonly Thing[]>;
  /** The same thing as the platform has it now, by its id; undefined if it is gone. */
  refresh: (thing: Thing) => Promise<Thing | undefined>;
}

const MAX_AGE_MS = 60_000;
const MAX_ENTRIES = 500;
const MAX_KEY_LENGTH = 500;

/** Remembers for a minute what names stand for, so that a message that repeats one does not read a whole list again. */
export class TargetMemory {
  readonly #clock: Clock;
  readonly #known = new Map<string, { thing: unknown; at: number }>();

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
    const key = `${place} ${name}`;
    const known = this.#known.get(key) as { thing: Thing; at: number } | undefined;
    this.#known.delete(key);
    if (known && this.#clock.now() - known.at < MAX_AGE_MS) {
      const current = await refresh(known.thing);
      if (current !== undefined && findByName(name, [current], kind) !== undefined) {
        this.#remember(key, current, known.at);
        return current;
      }
    }
    const things = await list();
    const thing = findByName(name, things, kind);
    if (thing === undefined) throw nameNotFound(name, things, kind);
    this.#remember(key, thing, this.#clock.now());
    return thing;
  }

  #remember(key: string, thing: unknown, at: number): void {
    if (key.length > MAX_KEY_LENGTH) return;
    if (this.#known.size >= MAX_ENTRIES) this.#known.clear();
    this.#known.set(key, { thing, at });
  }
}
