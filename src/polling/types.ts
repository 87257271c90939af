import type { CallOptions, CallTrace } from "../core/call-context";

/** Something that happened, as a flow hears it. */
export interface ChangeEvent {
  /** One of the contract's words. */
  event: string;
  /** Identity of what changed: an id or a MAC, never a place in a list. Null where there is nothing to name. */
  id: string | null;
  /** What a person calls it. */
  name: string | null;
  /** What it is now; null where it is gone. */
  current: unknown;
  /** What it was; null where it was not there. */
  previous: unknown;
  /** When, ISO 8601, where the platform says; else it is the time of the look. */
  at?: string;
  /** Other names and ids by which a filter finds it, such as the strip that an outlet belongs to; not told to the flow. */
  aliases?: readonly string[];
  /**
   * Who hears it. `name`: only who follows the name in a filter; `id`: who follows the id and not the name as well, or
   * everything. Left out: all of them.
   */
  matchOnly?: "id" | "name";
  /** It is over already, such as an outage between two looks: it cannot last, so who asks for more than one look misses it. */
  transient?: boolean;
}

/** What can be looked at again and again, and compared by identity. */
export interface PollSource<Item> {
  /**
   * One look.
   * @param wanted names and ids that somebody watches, in lower case; undefined = everything
   * @returns what is there, by identity; it is kept as it is until the next look, so nobody may change it any more
   * @throws rather than bring half of it: an incomplete answer is no change
   */
  poll(wanted: ReadonlySet<string> | undefined, options: CallOptions): Promise<ReadonlyMap<string, Item>>;
  /** What it means that `before` has become `after`; undefined = not there. At the first look everything comes from nowhere. */
  diff(before: Item | undefined, after: Item | undefined, id: string): ChangeEvent[];
  /** How long the next look has to wait at least, in milliseconds, whatever the interval says: what the platform bears. */
  minIntervalMs?(): number;
}

/** A log that grows: what is read stays read. */
export interface LogSource<Cursor> {
  /**
   * Reads on.
   * @param cursor where reading ended, JSON; undefined at the very first look, which only finds the end of the log
   * @returns new lines, oldest first, and where reading ended now
   */
  read(cursor: Cursor | undefined, options: CallOptions): Promise<{ lines: ChangeEvent[]; cursor: Cursor }>;
}

/** One who watches. None of its methods may throw. */
export interface Subscriber {
  readonly intervalMs: number;
  /** How many looks in a row must agree on a change. A log knows no such thing. */
  readonly confirmations: number;
  /** Whether the first state is told as well. A log has none. */
  readonly initial: boolean;
  /** Names and ids, in lower case; empty = everything. */
  readonly filter: ReadonlySet<string>;
  /** Something happened. `at` is filled in; what it holds belongs to others too, and must not be changed. */
  onEvent(change: ChangeEvent): void;
  /** A look went well; told also to who joins after it. */
  onSuccess(): void;
  /** A look failed: told at each, and to who joins meanwhile. */
  onError(error: unknown, record: CallTrace): void;
}

/** A MAC address is one, however it is written. */
const MAC = /^(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}$/;

const normalizeName = (text: string): string => {
  const lower = text.trim().toLowerCase();
  return MAC.test(lower) ? lower.replace(/[:-]/g, "") : lower;
};

/**
 * Reads what somebody wants to watch.
 * @param text names and ids with commas between them; blank = everything
 */
export function parseFilter(text: string): Set<string> {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== "").flatMap((name) => [name, normalizeName(name)]));
}

/** Whether a filter names what has changed. */
export function isNamedBy(filter: ReadonlySet<string>, { id, name, aliases = [] }: ChangeEvent): boolean {
  return [id, name, ...aliases].some((text) => has(filter, text));
}

/** Whether a filter lets a change pass. */
export function matchesFilter(filter: ReadonlySet<string>, change: ChangeEvent): boolean {
  const { id, name, matchOnly } = change;
  if (filter.size === 0) return matchOnly !== "name";
  if (matchOnly === "name") return has(filter, name);
  if (matchOnly === "id") return has(filter, id) && !has(filter, name);
  return isNamedBy(filter, change);
}

function has(filter: ReadonlySet<string>, text: string | null): boolean {
  return text !== null && filter.has(normalizeName(text));
}

/** Whether all that a filter lets pass is among what is looked at. */
export function coversFilter(wanted: ReadonlySet<string> | undefined, filter: ReadonlySet<string>): boolean {
  if (!wanted) return true;
  return filter.size > 0 && [...filter].every((name) => wanted.has(name));
}
