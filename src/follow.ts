import type { Clock } from "./clock";
import type { Keeper } from "./keeper";
import { type Change, type Log, passes, type Watcher } from "./poll";
import { Rhythm, type RhythmParts } from "./rhythm";

interface Read<Cursor> {
  lines: Change[];
  cursor: Cursor;
}

/** Follows a log for everyone who wants to hear of it: each line is told once, also across restarts. */
export class Follow<Cursor> {
  readonly #keeper: Keeper<Cursor> | undefined;
  readonly #clock: Clock;
  readonly #rhythm: Rhythm<Read<Cursor>>;
  readonly #watchers = new Set<Watcher>();
  #cursor: Cursor | undefined;

  /** @param keeper keeps where reading ended */
  constructor(log: Log<Cursor>, keeper: Keeper<Cursor> | undefined, parts: RhythmParts) {
    this.#keeper = keeper;
    this.#clock = parts.clock;
    const look = async (options: object): Promise<Read<Cursor>> => {
      this.#cursor ??= await keeper?.load().catch(() => undefined);
      return log.read(this.#cursor, options);
    };
    this.#rhythm = new Rhythm<Read<Cursor>>({ look, hear: (read) => this.#hear(read), restMs: () => 0 }, parts);
  }

  /** Adds a watcher. @returns removes it again (see `Rhythm.join`) */
  add(watcher: Watcher): () => Promise<void> {
    this.#watchers.add(watcher);
    const leave = this.#rhythm.join(watcher);
    return () => {
      this.#watchers.delete(watcher);
      return leave();
    };
  }

  // Told first and kept afterwards: what happens in between is rather told twice than never.
  async #hear({ lines, cursor }: Read<Cursor>): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString();
    for (const line of lines) {
      const told = { ...line, at: line.at ?? at };
      for (const watcher of this.#watchers) if (passes(watcher.filter, told)) watcher.tell(told);
    }
    const moved = JSON.stringify(cursor) !== JSON.stringify(this.#cursor);
    this.#cursor = cursor;
    if (moved) await this.#keeper?.save(cursor).catch(() => undefined);
  }
}
