import { createHash } from "node:crypto";
import { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlatformError, PlatformError } from "../../core/errors";
import type { ChangeEvent, LogSource } from "../../polling/types";
import type { OmadaClient } from "../client";
import { rowIdentity } from "../pagination";
import { parseReferences } from "../webhook";
import { readWholeList, startList } from "../whole-list";

/** Where reading a log ended. All that is before `since` is done with. */
const Cursor = z.object({
  /** Id of the site: another site's log begins anew. */
  site: z.string(),
  /** Controller's time, in milliseconds since 1970. */
  since: z.number(),
  /** Lines from then on that are told already, by time: short id and time. */
  seen: z.array(z.tuple([z.string(), z.number()])),
  /** Whether what was in the log at the very first look has not been passed over yet. */
  passing: z.boolean(),
});
export type Cursor = z.infer<typeof Cursor>;

interface Line {
  id: string;
  time: number;
  row: Readonly<Record<string, unknown>>;
}

/** What of the log was read: all lines from `from` to `to`. */
interface Slice {
  from: number;
  lines: Line[];
  to: number;
  /** Whether there is nothing after it. */
  last: boolean;
}

/** A line may come so much later than its time says. */
const LATE_MS = 3_600_000;
/** So many lines are remembered; on a site that writes more in an hour, late lines are waited for less long. */
const MOST_SEEN = 4000;
/** So many of them are read anew at each look; older ones only where their number says that one has come late. */
const MOST_REREAD = 500;
/** So many lines are read at one look; what is after them comes with the next. */
const MOST_LINES = 5000;
/** So far the controller's clock and ours may differ. */
const CLOCKS_MS = 86_400_000;

/** A log of a site: each line once, in the order of their times, however late or close together they come. */
export class SiteLog implements LogSource<Cursor> {
  readonly #path: string;
  readonly #identity = rowIdentity("logs");

  /** @param site its name or id; blank means the only one there is */
  constructor(
    private readonly client: OmadaClient,
    private readonly site: string,
    private readonly kind: "alerts" | "events",
    private readonly clock: Clock,
  ) {
    this.#path = `sites/{siteId}/logs/${kind}`;
  }

  async read(cursor: Cursor | undefined, options: CallOptions): Promise<{ lines: ChangeEvent[]; cursor: Cursor }> {
    const site = await this.client.siteId(this.site, options);
    const { success, data } = Cursor.safeParse(cursor);
    let from: Cursor;
    let slice: Slice;
    if (success && data.site === site) {
      from = { ...data, seen: data.seen.map(([id, time]) => [short(id), time]) };
      slice = await this.#withLate(from, await this.#slice(site, recent(from), options), options);
    } else {
      const now = this.clock.now();
      from = { site, since: now - LATE_MS, seen: [], passing: true };
      slice = await this.#slice(site, from.since, options);
      // Nothing in an hour: the log is quiet, or the controller's clock is behind.
      if (slice.lines.length === 0) from = { ...from, since: now - CLOCKS_MS };
      if (slice.lines.length === 0) slice = await this.#slice(site, from.since, options);
    }
    const told = new Set(from.seen.map(([id]) => id));
    const fresh = slice.lines.filter(({ id }) => !told.has(short(id)));
    return { lines: from.passing ? [] : fresh.map((line) => this.#change(line)), cursor: this.#after(from, slice) };
  }

  // A filter finds a line by its key (DEV_CONN), its module, or the device or client that it speaks of.
  #change({ id, time, row }: Line): ChangeEvent {
    const [key, module, content] = [row["key"], row["module"], row["content"]].map(String);
    const about = { id, name: key ?? id, current: row, previous: null, at: new Date(time).toISOString() };
    const aliases = [module ?? "", ...parseReferences([content ?? ""]).map(({ mac }) => mac)];
    return { event: this.kind === "alerts" ? "alert" : "log", ...about, aliases };
  }

  // Lines that came late, behind those that are read at each look. One that is taken away hides none that comes.
  async #withLate({ site, since, seen }: Cursor, slice: Slice, options: CallOptions): Promise<Slice> {
    if (!slice.last || slice.from <= since) return slice;
    const { totalRows } = (await this.#open(site, since, slice.to, options)).progress;
    const known = new Set([...seen.map(([id]) => id), ...slice.lines.map(({ id }) => short(id))]);
    if (totalRows === undefined || totalRows === known.size) return slice;
    const list = await this.#open(site, since, slice.from, options);
    if ((list.progress.totalRows ?? 0) > MOST_LINES) return slice;
    const there = new Set(slice.lines.map(({ id }) => id));
    const late = this.#lines(await readWholeList(list)).filter(({ id }) => !there.has(id));
    return { ...slice, lines: [...late, ...slice.lines] };
  }

  // All from `since` on, or, where that is too much, the oldest of it. While catching up nobody waits for late lines.
  async #slice(site: string, since: number, options: CallOptions): Promise<Slice> {
    let to = this.clock.now() + CLOCKS_MS;
    for (let last = true; ; last = false) {
      const list = await this.#open(site, since, to, options);
      const few = (list.progress.totalRows ?? 0) <= MOST_LINES;
      if (few || to - since < 2) return { from: since, lines: this.#lines(await readWholeList(list)), to, last };
      to = Math.floor((since + to) / 2);
    }
  }

  async #open(site: string, since: number, to: number, options: CallOptions): ReturnType<typeof startList> {
    try {
      const span = { "filters.timeStart": since, "filters.timeEnd": to };
      return await startList(this.client, this.#path, site, options, span);
    } catch (error) {
      if (!isPlatformError(error, "unsupported") && !isMissing(error)) throw error;
      throw new PlatformError(
        "unsupported",
        `This controller does not hand out its ${this.kind}: it is older than version 5.15, or not made for it. Update it, or watch something else.`,
        error.details,
      );
    }
  }

  // Oldest first, whatever the order in which the controller sends them; ids are given one after the other.
  #lines(rows: unknown[]): Line[] {
    const lines = new Map<string, Line>();
    for (const row of rows as (Line["row"] | null)[]) {
      const id = this.#identity(row);
      const time = Number(row?.["time"] || NaN);
      lines.set(id, { id, time: isTime(time) ? time : this.clock.now(), row: row ?? {} });
    }
    return [...lines.values()].sort((one, other) => one.time - other.time || (one.id < other.id ? -1 : 1));
  }

  #after({ site, since, seen, passing }: Cursor, { from, lines, to, last }: Slice): Cursor {
    const all = [...new Map([...seen, ...lines.map(({ id, time }) => [short(id), time] as const)])];
    all.sort(([, one], [, other]) => one - other);
    const next = last ? this.#awaited(since, all) : Math.max(to - 1, from + 1);
    return { site, since: next, seen: all.filter(([, time]) => time >= next), passing: passing && !last };
  }

  // From when on lines may still come.
  #awaited(since: number, lines: readonly (readonly [string, number])[]): number {
    const newest = lines.at(-1)?.[1];
    if (newest === undefined) return since;
    // One that is dated ahead must not hide all that come before its day.
    const awaited = Math.min(newest, this.clock.now()) - LATE_MS;
    const remembered = lines.at(-MOST_SEEN)?.[1] ?? since;
    return Math.max(awaited, remembered);
  }
}

// From here on lines are read at each look.
const recent = ({ since, seen }: Cursor): number => Math.max(since, seen.at(-MOST_REREAD)?.[1] ?? since);

// Thousands of ids are kept with a cursor; what is short already stays as it is.
const short = (id: string): string =>
  id.length <= 8 ? id : createHash("sha256").update(id).digest("base64url").slice(0, 8);

const isTime = (time: number): boolean => Number.isFinite(time) && Math.abs(time) < 8.64e15;

// An older web server below the API answers a path that it does not have without any code.
function isMissing(error: unknown): error is PlatformError {
  return isPlatformError(error, "not-found") && !error.details.vendorCode;
}
