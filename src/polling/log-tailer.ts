import type { Clock } from "../core/clock";
import type { PersistentValue } from "../persistence/encrypted-value";
import { matchesFilter } from "./filter";
import { Poller, type PollerOptions } from "./poller";
import type { ChangeEvent, LogSource, Subscriber } from "./types";

interface Read<Cursor> {
  lines: ChangeEvent[];
  cursor: Cursor;
}

/** Follows a log for everyone who wants to hear of it: each line is told once, also across restarts. */
export class LogTailer<Cursor> {
  readonly #keeper: PersistentValue<Cursor> | undefined;
  readonly #clock: Clock;
  readonly #rhythm: Poller<Read<Cursor>>;
  readonly #watchers = new Set<Subscriber>();
  #cursor: Cursor | undefined;

  /** @param keeper keeps where reading ended */
  constructor(log: LogSource<Cursor>, keeper: PersistentValue<Cursor> | undefined, parts: PollerOptions) {
    this.#keeper = keeper;
    this.#clock = parts.clock;
    const poll = async (options: object): Promise<Read<Cursor>> => {
      this.#cursor ??= await keeper?.load().catch(() => undefined);
      return log.read(this.#cursor, options);
    };
    this.#rhythm = new Poller<Read<Cursor>>(
      { poll, onResult: (read) => this.#hear(read), minIntervalMs: () => 0 },
      parts,
    );
  }

  /** Adds a watcher. @returns removes it again (see `Rhythm.join`) */
  subscribe(watcher: Subscriber): () => Promise<void> {
    this.#watchers.add(watcher);
    const leave = this.#rhythm.subscribe(watcher);
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
      for (const watcher of this.#watchers) if (matchesFilter(watcher.filter, told)) watcher.onEvent(told);
    }
    const moved = JSON.stringify(cursor) !== JSON.stringify(this.#cursor);
    this.#cursor = cursor;
    if (moved) await this.#keeper?.save(cursor).catch(() => undefined);
  }
}
