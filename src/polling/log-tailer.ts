import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { PlatformError } from "../core/errors";
import type { PersistentValue } from "../persistence/encrypted-value";
import { emitEvents } from "./emit-events";
import { Poller, type PollerOptions } from "./poller";
import type { ChangeEvent, LogSource, Subscriber } from "./types";

/** What was read from a log, and the cursor behind it. */
interface LogChunk<Cursor> {
  lines: ChangeEvent[];
  cursor: Cursor;
}

/** Reads a log once for all of its subscribers, and emits each line once, also across restarts. */
export class LogTailer<Cursor> {
  readonly #log: LogSource<Cursor>;
  readonly #storedCursor: PersistentValue | undefined;
  readonly #clock: Clock;
  readonly #poller: Poller<LogChunk<Cursor>>;
  readonly #subscribers = new Set<Subscriber>();
  #cursor: Cursor | undefined;

  /** @param storedCursor where the cursor outlives the process; without it, reading starts at the end of the log */
  constructor(log: LogSource<Cursor>, storedCursor: PersistentValue | undefined, options: PollerOptions) {
    this.#log = log;
    this.#storedCursor = storedCursor;
    this.#clock = options.clock;
    this.#poller = new Poller<LogChunk<Cursor>>(
      {
        subscribers: () => this.#subscribers,
        poll: (call) => this.#read(call),
        onResult: (chunk) => this.#onResult(chunk),
        minIntervalMs: () => 0,
      },
      options,
    );
  }

  /** @returns unsubscribes; for the last subscriber, it aborts a read under way and resolves once that has ended */
  subscribe(subscriber: Subscriber): () => Promise<void> {
    this.#subscribers.add(subscriber);
    this.#poller.join(subscriber);
    return async () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) await this.#poller.stop();
    };
  }

  async #read(options: CallOptions): Promise<LogChunk<Cursor>> {
    this.#cursor ??= await this.#loadCursor();
    return this.#log.read(this.#cursor, options);
  }

  // To start at the end of the log would skip every line since the last run.
  async #loadCursor(): Promise<Cursor | undefined> {
    const stored = await this.#storedCursor?.load();
    if (this.#storedCursor?.isUnreadable) {
      throw new PlatformError(
        "network",
        "The store that holds the position in the log cannot be read. The log is read from there as soon as it can.",
      );
    }
    return this.#log.parseCursor(stored);
  }

  // Saved after the lines are emitted: a crash in between emits them twice rather than never.
  async #onResult({ lines, cursor }: LogChunk<Cursor>): Promise<void> {
    emitEvents(lines, this.#subscribers, this.#clock.now());
    const hasMoved = JSON.stringify(cursor) !== JSON.stringify(this.#cursor);
    this.#cursor = cursor;
    if (hasMoved) await this.#storedCursor?.save(cursor).catch(() => undefined);
  }
}
