import type { Clock } from "../core/clock";
import { PlatformError } from "../core/errors";
import { protocolError } from "../http/response";

/** How much of a list is read before it counts as endless. */
export interface ListBounds {
  rows: number;
  /** Characters of all responses together. */
  length: number;
  /** Milliseconds to wait for all responses together. */
  waitMs: number;
}

const MAX_WAIT_MS = 900_000;
/** Of a list that is held as a whole. */
const HELD: ListBounds = { rows: 200_000, length: 64 * 1024 * 1024, waitMs: MAX_WAIT_MS };
/** Of a list that the query limits to more rows than that. */
const LIMITED: ListBounds = { ...HELD, rows: Infinity, length: 256 * 1024 * 1024 };
/** Of a list whose pages pass by. */
const STREAMED: ListBounds = { rows: 10_000_000, length: Infinity, waitMs: 4 * MAX_WAIT_MS };
const MAX_CONCURRENT_PAGES = 8;
/** Characters of the pages that are fetched at the same time: parsed, they may be ten times as large. */
const MAX_CONCURRENT_LENGTH = 16 * 1024 * 1024;
/** No known controller sends more than the thousand that are requested. */
const MAX_ROWS_PER_PAGE = 100_000;

/**
 * The bounds of a list.
 * @param limit rows to return at most; 0 = no limit
 * @param isStreamed whether its pages pass by, instead of being held as a whole
 */
export function boundsOf(limit: number, isStreamed: boolean): ListBounds {
  if (isStreamed) return STREAMED;
  return limit > HELD.rows ? LIMITED : HELD;
}

/** Ends a list that never ends: its rows, its bytes and its time have bounds. */
export class ListBudget {
  readonly #bounds: ListBounds;
  readonly #clock: Clock;
  #rows = 0;
  #length = 0;
  #longest = 1;
  #waitedMs = 0;

  constructor(bounds: ListBounds, clock: Clock) {
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /** How many pages may be fetched at the same time: fewer, the larger they turn out to be. */
  get concurrentPages(): number {
    return Math.min(MAX_CONCURRENT_PAGES, Math.ceil(MAX_CONCURRENT_LENGTH / this.#longest));
  }

  /** Counts a response. */
  addLength(length: number): void {
    this.#length += length;
    this.#longest = Math.max(this.#longest, length);
  }

  /** Counts the rows of a page. @throws `protocol` when the list is longer than it may be */
  addRows(rows: number): void {
    this.#rows += rows;
    const { rows: maxRows, length: maxLength } = this.#bounds;
    if (rows <= MAX_ROWS_PER_PAGE && this.#rows <= maxRows && this.#length <= maxLength) return;
    throw protocolError(
      'The list does not end within 200,000 rows or 64 MB. Filter it, set its "limit", or let omada-query send it page by page.',
    );
  }

  /** Waits for a page. @throws `timeout` when all waits together took too long */
  async wait<T>(page: Promise<T>): Promise<T> {
    const startedAt = this.#clock.now();
    const result = await page;
    // The clock may have been set back.
    this.#waitedMs += Math.max(0, this.#clock.now() - startedAt);
    if (this.#waitedMs <= this.#bounds.waitMs) return result;
    throw new PlatformError(
      "timeout",
      `The list was not complete within ${this.#bounds.waitMs / 60_000} minutes. Filter it, or set its "limit".`,
    );
  }
}
