import { createHash } from "node:crypto";
import { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlatformError, PlatformError } from "../../core/errors";
import { toNumber } from "../../core/scalar";
import type { ChangeEvent, LogSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { collectAllRows, type PagedList } from "../list-reader";
import { rowIdentity } from "../pagination";
import { parseReferences } from "../references";
import { isPathMissing, textOf } from "./rows";

/** Where reading ended. Lines before `since` are never read again. */
export const Cursor = z.object({
  /** The log of another site is read from its end. Blank for a log of the controller itself. */
  siteId: z.string(),
  /** The controller's time, in milliseconds since 1970. */
  since: z.number(),
  /** The lines from then on that have been emitted, ordered by time: short id and time. */
  seen: z.array(z.tuple([z.string(), z.number()])),
  /** Whether the lines that were there before the first read have not all been skipped yet. */
  skipping: z.boolean(),
});
export type Cursor = z.infer<typeof Cursor>;

interface Line {
  id: string;
  time: number;
  row: Readonly<Record<string, unknown>>;
}

/** All lines between two times. */
interface Slice {
  from: number;
  to: number;
  lines: Line[];
  /** Whether there is nothing after it. */
  isLast: boolean;
}

/** Which of the logs. */
export type LogKind = "alerts" | "events";

/** How much later than its own time a line may appear in the log. */
const MAX_DELAY_MS = 3_600_000;
/** Lines that a cursor remembers; on a site that logs more within an hour, delayed lines are awaited for less long. */
const MAX_SEEN_LINES = 4000;
/** The same where the logs of all sites are read together, so that the cursors of hundreds of sites stay small. */
export const MAX_SEEN_LINES_PER_SITE = 500;
/** Lines that are read again with each poll; older ones only if the total shows that a delayed line has appeared. */
const MAX_REREAD_LINES = 500;
/** Lines that one poll reads; the next one continues. */
export const MAX_LINES_PER_POLL = 5000;
/** Of the text of a line, how many characters are searched for the devices and clients that it refers to. */
const MAX_SEARCHED_LENGTH = 4096;
/** How much the controller's clock may differ from ours. */
const MAX_CLOCK_SKEW_MS = 86_400_000;
/** The last moment that a Date can express, in milliseconds since 1970. */
const MAX_DATE_MS = 8.64e15;

/** A log of a site, or of the controller itself: each line once, ordered by time, however delayed or close together. */
export class SiteLog implements LogSource<Cursor> {
  readonly #client: OmadaClient;
  readonly #site: string | undefined;
  readonly #kind: LogKind;
  readonly #clock: Clock;
  readonly #maxSeenLines: number;
  readonly #identity = rowIdentity("logs");

  /** @param site its name or id; undefined for the controller itself */
  constructor(
    client: OmadaClient,
    site: string | undefined,
    kind: LogKind,
    clock: Clock,
    maxSeenLines = MAX_SEEN_LINES,
  ) {
    this.#client = client;
    this.#site = site;
    this.#kind = kind;
    this.#clock = clock;
    this.#maxSeenLines = maxSeenLines;
  }

  parseCursor(stored: unknown): Cursor | undefined {
    return Cursor.safeParse(stored).data;
  }

  async read(previous: Cursor | undefined, options: CallOptions): Promise<{ lines: ChangeEvent[]; cursor: Cursor }> {
    const siteId = this.#site === undefined ? "" : await this.#client.siteId(this.#site, options);
    let cursor: Cursor;
    let slice: Slice;
    if (previous?.siteId === siteId) {
      cursor = { ...previous, seen: previous.seen.map(([id, time]) => [shortId(id), time]) };
      slice = await this.#addDelayed(cursor, await this.#fetchSlice(siteId, rereadFrom(cursor), options), options);
    } else {
      const now = this.#clock.now();
      cursor = { siteId, since: now - MAX_DELAY_MS, seen: [], skipping: true };
      slice = await this.#fetchSlice(siteId, cursor.since, options);
      // Nothing within an hour: either the log is quiet, or the controller's clock is behind.
      if (slice.lines.length === 0) {
        cursor.since = now - MAX_CLOCK_SKEW_MS;
        slice = await this.#fetchSlice(siteId, cursor.since, options);
      }
    }
    const seen = new Set(cursor.seen.map(([id]) => id));
    const lines = cursor.skipping ? [] : slice.lines.filter(({ id }) => !seen.has(shortId(id)));
    return { lines: lines.map((line) => this.#toEvent(line)), cursor: this.#advance(cursor, slice) };
  }

  // A filter matches a line by its key (DEV_CONN), its module, or the device or client that it refers to.
  #toEvent({ id, time, row }: Line): ChangeEvent {
    const content = textOf(row["content"]).slice(0, MAX_SEARCHED_LENGTH);
    return {
      event: this.#kind === "alerts" ? "alert" : "log",
      id,
      name: textOf(row["key"]) || id,
      current: row,
      previous: null,
      at: new Date(time).toISOString(),
      aliases: [textOf(row["module"]), ...parseReferences([content]).map(({ mac }) => mac)],
    };
  }

  // Adds lines that appeared before the part of the log that each poll reads. One that was removed hides none that appears.
  async #addDelayed({ siteId, since, seen }: Cursor, slice: Slice, options: CallOptions): Promise<Slice> {
    if (!slice.isLast || slice.from <= since) return slice;
    const { totalRows } = (await this.#startList(siteId, since, slice.to, options)).progress;
    const readIds = new Set([...seen.map(([id]) => id), ...slice.lines.map(({ id }) => shortId(id))]);
    if (totalRows === undefined || totalRows === readIds.size) return slice;
    const list = await this.#startList(siteId, since, slice.from, options);
    if ((list.progress.totalRows ?? 0) > MAX_LINES_PER_POLL) return slice;
    const ids = new Set(slice.lines.map(({ id }) => id));
    const delayed = this.#parseLines(await collectAllRows(list)).filter(({ id }) => !ids.has(id));
    return { ...slice, lines: [...delayed, ...slice.lines] };
  }

  // All lines from `since` on, or the oldest of them if there are too many. Delayed lines are not awaited while catching up.
  async #fetchSlice(siteId: string, since: number, options: CallOptions): Promise<Slice> {
    let to = this.#clock.now() + MAX_CLOCK_SKEW_MS;
    for (let isLast = true; ; isLast = false) {
      const list = await this.#startList(siteId, since, to, options);
      if ((list.progress.totalRows ?? 0) <= MAX_LINES_PER_POLL || to - since < 2)
        return { from: since, to, lines: this.#parseLines(await collectAllRows(list)), isLast };
      to = Math.floor((since + to) / 2);
    }
  }

  async #startList(siteId: string, from: number, to: number, options: CallOptions): Promise<PagedList> {
    try {
      const params = { "filters.timeStart": from, "filters.timeEnd": to };
      const path = this.#site === undefined ? `logs/${this.#kind}` : `sites/{siteId}/logs/${this.#kind}`;
      return await this.#client.list(path, siteId, params, options);
    } catch (error) {
      if (!isPlatformError(error, "unsupported") && !isPathMissing(error)) throw error;
      throw new PlatformError(
        "unsupported",
        `This controller does not provide its ${this.#kind}: it is older than version 5.15, or does not support them. Update it, or choose another source.`,
        error.details,
      );
    }
  }

  // Oldest first, in whatever order the controller sends them; within a millisecond by id, because ids are ascending.
  #parseLines(rows: unknown[]): Line[] {
    const lines = new Map<string, Line>();
    for (const row of rows as (Line["row"] | null)[]) {
      const id = this.#identity(row);
      const time = toNumber(row?.["time"]);
      lines.set(id, { id, time: isTime(time) ? time : this.#clock.now(), row: row ?? {} });
    }
    return [...lines.values()].sort((one, other) => one.time - other.time || (one.id < other.id ? -1 : 1));
  }

  #advance({ siteId, since, seen, skipping }: Cursor, { from, to, lines, isLast }: Slice): Cursor {
    const all = [...new Map([...seen, ...lines.map(({ id, time }) => [shortId(id), time] as const)])];
    all.sort(([, one], [, other]) => one - other);
    const next = isLast ? this.#oldestDelayed(since, all) : Math.max(to - 1, from + 1);
    return { siteId, since: next, seen: all.filter(([, time]) => time >= next), skipping: skipping && !isLast };
  }

  // The earliest time at which a line may still appear.
  #oldestDelayed(since: number, lines: readonly (readonly [string, number])[]): number {
    const newest = lines.at(-1)?.[1];
    if (newest === undefined) return since;
    // A line with a time in the future must not hide all lines before it.
    const oldest = Math.min(newest, this.#clock.now()) - MAX_DELAY_MS;
    return Math.max(oldest, lines.at(-this.#maxSeenLines)?.[1] ?? since);
  }
}

const rereadFrom = ({ since, seen }: Cursor): number => Math.max(since, seen.at(-MAX_REREAD_LINES)?.[1] ?? since);

// Thousands of ids are stored with a cursor. A short id is its own short id.
const shortId = (id: string): string =>
  id.length <= 8 ? id : createHash("sha256").update(id).digest("base64url").slice(0, 8);

const isTime = (time: number): boolean => Number.isFinite(time) && Math.abs(time) < MAX_DATE_MS;
