import type { CallOptions, CallTrace } from "../core/call-context";
import type { Clock } from "../core/clock";

/** A change that was detected on a platform, as a flow receives it. */
export interface ChangeEvent {
  /** One of the contract's event names, such as `client-connected`. */
  event: string;
  /** Identity of what changed: an id or a MAC address, never an index. Null where nothing can be named. */
  id: string | null;
  /** The name that a person gave it. */
  name: string | null;
  /** The item after the change; null if it was removed. */
  current: unknown;
  /** The item before the change; null if it was added. */
  previous: unknown;
  /** The name of the site, from a source that watches several sites. */
  site?: string;
  /** ISO 8601 time of the event, if the platform reports one; otherwise the time of the poll is filled in. */
  at?: string;
  /** Further names and ids that a filter matches, such as the strip of an outlet. Not part of the message. */
  aliases?: readonly string[];
  /**
   * Restricts which filters match. `name`: only a filter that holds the name; `id`: an empty filter, or one that holds the
   * id but not the name. Left out: any filter that names it.
   */
  matchOnly?: "id" | "name";
  /**
   * Whether it has ended already, such as an outage between two polls. No later poll can confirm it, so subscribers with
   * more than one confirmation do not receive it.
   */
  transient?: boolean;
}

/** A part of a platform that is polled, and whose snapshots are compared item by item. */
export interface PollSource<Item> {
  /**
   * Fetches a snapshot.
   * @param filter names and ids in lower case, of all subscribers together; undefined = everything
   * @param previous the snapshot of the last successful poll; empty before the first one
   * @returns the items by identity. The snapshot is kept until the next poll, so it must not be changed afterwards.
   * @throws instead of returning an incomplete snapshot: what is missing from it counts as removed
   */
  poll(
    filter: ReadonlySet<string> | undefined,
    previous: ReadonlyMap<string, Item>,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, Item>>;
  /** The events of one item between two snapshots; undefined = not in that snapshot. */
  diff(before: Item | undefined, after: Item | undefined, id: string): ChangeEvent[];
  /** Whether an item was down already, and so cannot be lost in an outage. By default none is. */
  isDown?(item: Item): boolean;
  /** The shortest interval between two polls that the platform tolerates at present, in milliseconds. */
  minIntervalMs?(): number;
}

/** An append-only log of a platform. */
export interface LogSource<Cursor> {
  /** @returns the cursor that a stored JSON value is; undefined where it is none */
  parseCursor(stored: unknown): Cursor | undefined;
  /**
   * Reads the lines after the cursor.
   * @param cursor JSON value of the previous read; undefined at the first one, which only finds the end of the log
   * @returns new lines, oldest first, and the cursor for the next read
   */
  read(cursor: Cursor | undefined, options: CallOptions): Promise<{ lines: ChangeEvent[]; cursor: Cursor }>;
}

/** What a source is created from. */
interface SourceContext<Client> {
  client: Client;
  /** Name or id of the site; blank for all sites, or where the platform has none. */
  site: string;
  /** From which value on something is an event, in the unit of the source; 0 for a source that has no threshold. */
  threshold: number;
  clock: Clock;
}

/** The sources of a platform by name. A source is created once for all of its subscribers, so it may keep state. */
export type SourceFactories<Client> = Readonly<
  Record<string, (context: SourceContext<Client>) => PollSource<unknown> | LogSource<unknown>>
>;

/** Receives the events of a source. None of its methods may throw. */
export interface Subscriber {
  readonly intervalMs: number;
  /** How many polls in a row must agree on a change before it is emitted. Ignored by logs. */
  readonly confirmations: number;
  /** Whether the first snapshot is emitted as well. Ignored by logs. */
  readonly initial: boolean;
  /** Names and ids, in lower case; empty = everything. */
  readonly filter: ReadonlySet<string>;
  /** `at` is filled in. The event is shared with other subscribers and must not be changed. */
  onEvent(change: ChangeEvent): void;
  /** A poll succeeded. Also called for a subscriber that joins after a successful poll. */
  onSuccess(): void;
  /** A poll left something out. Only one of the subscribers is informed. */
  onWarning?(sentence: string): void;
  /** A poll failed. Also called for a subscriber that joins during an outage. */
  onError(error: unknown, trace: CallTrace): void;
}
