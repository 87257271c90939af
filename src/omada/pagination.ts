import { LightAbortController, type AbortSignalLike } from "../core/abort";
import type { PlatformError } from "../core/errors";
import { toNumber } from "../core/scalar";
import { protocolError } from "../http/response";
import type { ListBudget } from "./list-budget";
import type { Page } from "./schemas";
import { StringHashSet } from "./string-hash-set";

/** How to read a list. */
interface PagingOptions {
  /** Number of the page to start with; 1 is the first. */
  firstPage: number;
  /** Rows to request per page. */
  pageSize: number;
  /** Rows to return at most; 0 = no limit. */
  limit: number;
  /** Distinguishes a row from all others, so that one that moves between two pages is returned once. */
  identity: (row: unknown) => string;
  budget: ListBudget;
}

/** How far a list has been read. */
export interface ListProgress {
  /** As the controller said last; undefined if that is implausible. */
  totalRows: number | undefined;
  /** The lowest total that it said: at least that many rows were there all the time. */
  minRows: number | undefined;
  /** Whether rows have left it meanwhile: each shifts another one into a page that may have been read before. */
  hasShrunk: boolean;
  pages: number;
}

/** After that many pages without a new row, the controller is sending the same page forever. */
const MAX_REPEATED_PAGES = 8;
/**
 * Reads a list to its end: pages after the first concurrently, rows in order, no row twice.
 * @param fetchPage fetches a page by its number
 * @param onProgress called after each page
 * @param signal aborts the pages in flight
 * @throws what `fetchPage` throws; `protocol` when the controller repeats itself, or sends rows without end; `timeout`
 */
export async function* fetchPages(
  fetchPage: (page: number, signal: AbortSignalLike) => Promise<Page>,
  { firstPage, pageSize, limit, identity, budget }: PagingOptions,
  onProgress: (progress: ListProgress) => void,
  signal?: AbortSignalLike,
): AsyncGenerator<unknown[], void, undefined> {
  const seen = new StringHashSet();
  const controller = new LightAbortController();
  const unlink = controller.linkTo(signal);
  const prefetched: Promise<Page>[] = [];
  let rowsLeft = limit || Infinity;
  let rowsPerPage = pageSize;
  let nextPage = firstPage;
  let lastPage = firstPage;
  let repeatedPages = 0;
  let totalRows: number | undefined;
  let minRows: number | undefined;
  let hasShrunk = false;
  try {
    for (let page = firstPage; page <= lastPage && rowsLeft > 0; page++) {
      const pagesLeft = Math.ceil(rowsLeft / rowsPerPage);
      const horizon = Math.min(lastPage, page + Math.min(budget.concurrentPages, pagesLeft) - 1);
      for (; nextPage <= horizon; nextPage++) prefetched.push(prefetch(fetchPage(nextPage, controller.signal)));
      const response = await budget.wait(prefetched.shift() ?? fetchPage(nextPage++, controller.signal));
      const { data } = response;
      budget.addRows(data.length);
      const lastTotal = totalRows;
      totalRows = plausibleTotal(response.totalRows, data.length);
      hasShrunk ||= lastTotal !== undefined && totalRows !== undefined && totalRows < lastTotal;
      minRows = totalRows === undefined ? minRows : Math.min(totalRows, minRows ?? totalRows);
      onProgress({ totalRows, minRows, hasShrunk, pages: page - firstPage + 1 });
      if (data.length === 0) return;

      // A controller may return fewer rows per page than requested; then it has more pages.
      if (
        page === firstPage &&
        totalRows !== undefined &&
        data.length < Math.min(pageSize, totalRows - (firstPage - 1) * pageSize)
      )
        rowsPerPage = data.length;

      // Rows are told apart only where another page may repeat them, since that takes a fifth of the time of parsing them.
      const isOnlyPage =
        page === firstPage && (data.length >= rowsLeft || Math.ceil((totalRows ?? Infinity) / rowsPerPage) <= page);
      const rows = (isOnlyPage ? data : selectNew(data, seen, identity)).slice(0, rowsLeft);
      repeatedPages = rows.length ? 0 : repeatedPages + 1;
      if (repeatedPages >= MAX_REPEATED_PAGES) throw repetitionError();
      // Without a total, only a page without new rows marks the end.
      const hasMore = repeatedPages === 0 || data.length >= pageSize;
      lastPage = totalRows === undefined ? page + (hasMore ? 1 : 0) : Math.ceil(totalRows / rowsPerPage);
      rowsLeft -= rows.length;
      if (rows.length) yield rows;
    }
    if (repeatedPages > 0 && rowsLeft > 0 && seen.size < (totalRows ?? 0)) throw repetitionError();
  } finally {
    unlink();
    if (prefetched.length > 0) controller.abort();
  }
}

/** The rows of all pages, in order. */
export async function collectRows(pages: AsyncIterable<unknown[]>): Promise<unknown[]> {
  const all: unknown[][] = [];
  for await (const rows of pages) all.push(rows);
  return all.flat();
}

/** The total that a controller claims, as a number or as text, if it is possible for a page of `rowCount` rows. */
export function plausibleTotal(totalRows: unknown, rowCount: number): number | undefined {
  const total = toNumber(totalRows);
  return Number.isSafeInteger(total) && total >= rowCount ? total : undefined;
}

function repetitionError(): PlatformError {
  return protocolError("The controller sends the same page again and again.");
}

// Rows of one page may be equal; only those that an earlier page contained are dropped.
function selectNew(data: unknown[], seen: StringHashSet, identity: (row: unknown) => string): unknown[] {
  const keys = data.map(identity);
  const rows = seen.size === 0 ? data : data.filter((_, index) => !seen.has(keys[index] ?? ""));
  for (const key of keys) seen.add(key);
  return rows;
}

// A prefetched page may reject before it is awaited, or when it is no longer needed.
function prefetch(page: Promise<Page>): Promise<Page> {
  page.catch(() => undefined);
  return page;
}

/**
 * How to distinguish the rows of a list: by their `id`, else by the field that identifies such rows, else by all fields.
 * @param path of the list
 */
export function rowIdentity(path: string): (row: unknown) => string {
  const list = path.slice(path.lastIndexOf("/") + 1);
  const key =
    list === "sites" ? "siteId" : /^(clients|pending|adopted|(un|)known-devices|devices)$/.test(list) ? "mac" : "id";
  return (row) => {
    const fields = (typeof row === "object" && row !== null ? row : {}) as Record<string, unknown>;
    const value = [fields["id"], fields[key]].find(isIdentity);
    return value === undefined ? allFields(row) : String(value);
  };
}

function allFields(row: unknown): string {
  try {
    return JSON.stringify(row);
  } catch {
    throw protocolError("A row of the list is nested too deeply.");
  }
}

// A blank id identifies nothing.
const isIdentity = (value: unknown): value is string | number =>
  typeof value === "number" || (typeof value === "string" && value !== "");
