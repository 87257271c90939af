import { LightAbortController, type AbortSignalLike } from "../core/abort";
import type { PlatformError } from "../core/errors";
import { protocolError } from "../http/response";
import type { Page } from "./schemas";
import { StringHashSet } from "./string-hash-set";

/** How a list is read. */
export interface PagedRequest {
  /** The page to begin with; 1 is the first. */
  first: number;
  /** Rows asked for in a page. */
  size: number;
  /** Rows wanted; 0 means all. */
  limit: number;
  /** Tells a row from all others, so that one that moved between two pages comes once. */
  identity: (row: unknown) => string;
}

/** What was read so far. */
export interface ListProgress {
  /** As the controller says; undefined where it says nothing that makes sense. */
  totalRows: number | undefined;
  /** The least that it said: so many rows were there all the while. */
  minRows: number | undefined;
  pages: number;
}

/** Pages under way at once. */
const WINDOW = 8;
/** So many pages without a new row: the controller sends the same page for ever. */
const MOST_REPEATS = 8;

/**
 * Reads a list to its end: pages after the first side by side, rows in order, none twice.
 * @param ask brings one page
 * @param told hears after each page
 * @param signal gives up the pages under way
 * @throws what `ask` throws; `protocol` when the controller repeats itself without end
 */
export async function* fetchPages(
  ask: (page: number, signal: AbortSignalLike) => Promise<Page>,
  { first, size, limit, identity }: PagedRequest,
  told: (progress: ListProgress) => void,
  signal?: AbortSignalLike,
): AsyncGenerator<unknown[], void, undefined> {
  const seen = new StringHashSet();
  const stop = new LightAbortController();
  const letGo = stop.linkTo(signal);
  const ahead: Promise<Page>[] = [];
  let wanted = limit || Infinity;
  let perPage = size;
  let next = first;
  let last = first;
  let repeats = 0;
  let total: number | undefined;
  let leastRows: number | undefined;
  try {
    for (let current = first; current <= last && wanted > 0; current++) {
      const horizon = Math.min(last, current + WINDOW - 1, current + Math.ceil(wanted / perPage) - 1);
      for (; next <= horizon; next++) ahead.push(begin(ask(next, stop.signal)));
      const { data, totalRows: said } = await (ahead.shift() ?? ask(next++, stop.signal));
      total = sensible(said, data.length);
      leastRows = total === undefined ? leastRows : Math.min(total, leastRows ?? total);
      told({ totalRows: total, minRows: leastRows, pages: current - first + 1 });
      if (data.length === 0) return;

      // A controller may give less in a page than was asked for; then it has more pages.
      if (current === first && total !== undefined && data.length < Math.min(size, total - (first - 1) * size))
        perPage = data.length;

      const rows = fresh(data, seen, identity).slice(0, wanted);
      repeats = rows.length ? 0 : repeats + 1;
      if (repeats >= MOST_REPEATS) throw stuck();
      // Without a total only a page that brings nothing tells the end.
      const more = repeats === 0 || data.length >= size;
      last = total === undefined ? current + (more ? 1 : 0) : Math.ceil(total / perPage);
      wanted -= rows.length;
      if (rows.length) yield rows;
    }
    if (repeats > 0 && wanted > 0 && seen.size < (total ?? 0)) throw stuck();
  } finally {
    letGo();
    if (ahead.length > 0) stop.abort();
  }
}

/** The rows of all pages, in order. */
export async function collectRows(pages: AsyncIterable<unknown[]>): Promise<unknown[]> {
  const all: unknown[][] = [];
  for await (const rows of pages) all.push(rows);
  return all.flat();
}

/** What a controller says of how many rows there are, where that makes sense beside the rows that it sends. */
export function sensible(said: unknown, rows: number): number | undefined {
  return typeof said === "number" && Number.isSafeInteger(said) && said >= rows ? said : undefined;
}

function stuck(): PlatformError {
  return protocolError("The controller sends the same page again and again.");
}

// Rows of one page may be alike; only what an earlier page had already is dropped.
function fresh(data: unknown[], seen: StringHashSet, identity: (row: unknown) => string): unknown[] {
  const keys = data.map(identity);
  const rows = seen.size === 0 ? data : data.filter((_, index) => !seen.has(keys[index] ?? ""));
  for (const key of keys) seen.add(key);
  return rows;
}

// A page asked for ahead may fail before anyone looks at it, or after nobody wants it any more.
function begin(page: Promise<Page>): Promise<Page> {
  page.catch(() => undefined);
  return page;
}

/**
 * What tells the rows of a list apart: their `id`, else what identifies such rows, else all that they say.
 * @param path of the list
 */
export function rowIdentity(path: string): (row: unknown) => string {
  const list = path.slice(path.lastIndexOf("/") + 1);
  const key =
    list === "sites" ? "siteId" : /^(clients|pending|adopted|(un|)known-devices|devices)$/.test(list) ? "mac" : "id";
  return (row) => {
    const fields = (typeof row === "object" && row !== null ? row : {}) as Record<string, unknown>;
    const value = [fields["id"], fields[key]].find(isIdentity);
    return value === undefined ? JSON.stringify(row) : String(value);
  };
}

// A blank id tells nobody apart.
const isIdentity = (value: unknown): value is string | number =>
  typeof value === "number" || (typeof value === "string" && value !== "");
