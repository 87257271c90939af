import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { inputError, isPlatformError, PlatformError } from "../core/errors";
import { memoize } from "../core/memoize";
import { parseAs, protocolError } from "../http/response";
import type { OmadaApi } from "./api";
import { findV2OnlyParam, toV2Params } from "./client-filters";
import type { OmadaRequest } from "./envelope";
import { boundsOf, ListBudget, type ListBounds } from "./list-budget";
import { listKind } from "./operations";
import { collectRows, fetchPages, plausibleTotal, rowIdentity, type ListProgress } from "./pagination";
import { toBody, toQuery } from "./path";
import { Page } from "./schemas";

/** What to read, and how much of it. */
interface ListRequest {
  method: "GET" | "POST";
  /** Filled and percent-encoded. */
  path: string;
  /** The path before its placeholders were filled. */
  template: string;
  /** The parameters that are not in the path: the query, or the body of a POST. */
  remaining: Map<string, unknown>;
  /** Whether to read a paged list to its end. */
  all: boolean;
  /** Rows to return at most; 0 = no limit. */
  limit: number;
  /** How much to read; by default as much as can be held. */
  bounds?: ListBounds;
}

/** A list whose first page has arrived. */
export interface PagedList {
  /** Its pages, the first included; the others are fetched while it is iterated. */
  pages: AsyncIterable<unknown[]>;
  /** Updated while it is iterated. */
  progress: Readonly<ListProgress>;
}

/** The result of a read: a list page by page, or a single response. */
export type OmadaResult = PagedList | { result: unknown };

const MAX_PAGE_SIZE = 1000;
const MAX_LOG_PAGE_SIZE = 100;
const MAX_DISCOVERED_LISTS = 500;
/** The list of a site's clients, without the version of the API; empty for any other path. */
const siteClients = memoize((path) => /^\/openapi\/v1\/([^/]+\/sites\/[^/]+\/clients)$/.exec(path)?.[1] ?? "");

/** Distinguishes lists from single responses, reads lists to their end, and remembers what it learns about a controller. */
export class ListReader {
  readonly #api: OmadaApi;
  readonly #clock: Clock;
  /** The version of the client list that is tried first. */
  #clientsVersion: 1 | 2 = 1;
  /** Templates of lists that turned out to be paged although the table of operations does not say so. */
  readonly #discoveredLists = new Set<string>();

  constructor(api: OmadaApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Reads a list or a single response. The first page is fetched at once, so that a list that cannot be read rejects here. */
  async fetch(request: ListRequest, options: CallOptions): Promise<OmadaResult> {
    const { method, path, template, remaining } = request;
    const clients = method === "GET" ? siteClients(path) : "";
    if (clients) return this.#fetchSiteClients(request, clients, options);
    const kind = listKind(method, path);
    const isPaged = kind === "paged" || kind === "log" || kind === "paged-post" || this.#discoveredLists.has(template);
    if (isPaged || remaining.has("page") || remaining.has("pageSize")) return this.fetchPaged(request, options);
    try {
      return { result: await this.#api.call(toApiRequest(request, remaining), options) };
    } catch (error) {
      // An operation that is not in the table may be a list that requires a page (omada.md section 3).
      if (method === "POST" || !isPageMissing(error)) throw error;
      const result = await this.fetchPaged(request, options);
      if (this.#discoveredLists.size < MAX_DISCOVERED_LISTS) this.#discoveredLists.add(template);
      return result;
    }
  }

  /** Reads a list that is known to be paged. */
  async fetchPaged(request: ListRequest, options: CallOptions): Promise<OmadaResult> {
    const { method, remaining, path, all, limit, bounds = boundsOf(limit, false) } = request;
    const maxSize = listKind(method, path) === "log" ? MAX_LOG_PAGE_SIZE : MAX_PAGE_SIZE;
    const defaultSize = limit && maxSize === MAX_PAGE_SIZE ? Math.min(limit, maxSize) : maxSize;
    const pageSize = parsePageParam(remaining, "pageSize") ?? defaultSize;
    const firstPage = parsePageParam(remaining, "page") ?? 1;
    const pageRequest = (page: number): OmadaRequest =>
      toApiRequest(request, new Map([...remaining, ["page", page], ["pageSize", pageSize]]));
    const budget = new ListBudget(bounds, this.#clock);
    const onReceived = (length: number): void => {
      budget.addLength(length);
      options.onReceived?.(length);
    };
    const pageOptions = { ...options, onReceived };
    const result = await this.#api.call(pageRequest(firstPage), pageOptions);
    // A few operations require a page and respond with something other than rows.
    const { data: first } = Page.safeParse(result);
    if (!first) return { result };
    const rowCount = first.data.length;
    const totalRows = plausibleTotal(first.totalRows, rowCount);
    const progress: ListProgress = { totalRows, minRows: totalRows, hasShrunk: false, pages: 0 };
    const { totalRows: _t, currentPage: _p, currentSize: _s, currentPageSize: _c, data: _d, ...beside } = first;
    if (options.trace && Object.keys(beside).length > 0) options.trace.details["beside"] = beside;
    const pages = fetchPages(
      async (page, signal) => {
        if (page === firstPage) return first;
        return all ? parseAs(Page, await this.#api.call(pageRequest(page), { ...pageOptions, signal })) : { data: [] };
      },
      {
        firstPage,
        pageSize,
        limit: all ? limit : Math.min(limit || Infinity, Math.max(rowCount, 1)),
        identity: rowIdentity(path),
        budget,
      },
      (current) => {
        Object.assign(progress, current);
        Object.assign(options.trace?.details ?? {}, { totalRows: current.totalRows ?? null, pages: current.pages });
      },
      options.signal,
    );
    return { pages, progress };
  }

  // v1 GET fails with -1 on 6.2 and later, v2 POST does not exist on 5.x (omada.md section 3).
  // A controller may be updated meanwhile: the version that worked last is tried first, then the other.
  async #fetchSiteClients(request: ListRequest, clients: string, options: CallOptions): Promise<OmadaResult> {
    const fetchVersion = async (version: 1 | 2): Promise<OmadaResult> =>
      this.fetchPaged(version === 1 ? request : toClientsV2(request, clients), options);
    const v2OnlyParam = findV2OnlyParam(request.remaining);
    if (v2OnlyParam !== undefined) return await fetchVersion(2).catch(rethrowFromV2(v2OnlyParam));
    const version = this.#clientsVersion;
    const otherVersion = version === 1 ? 2 : 1;
    try {
      return await fetchVersion(version);
    } catch (error) {
      if (!isVersionMissing(error)) throw error;
      const result = await fetchVersion(otherVersion).catch((otherError: unknown) => {
        throw isVersionMissing(otherError) ? error : otherError;
      });
      this.#clientsVersion = otherVersion;
      return result;
    }
  }
}

/** @param params go into the query or the body, in place of `remaining` */
function toApiRequest({ method, path }: ListRequest, params: ReadonlyMap<string, unknown>): OmadaRequest {
  const content = method === "POST" ? { body: toBody(params) } : { query: toQuery(params) };
  return { effect: "read", method, path, ...content };
}

function toClientsV2(request: ListRequest, clients: string): ListRequest {
  return {
    ...request,
    method: "POST",
    path: `/openapi/v2/${clients}`,
    remaining: toV2Params(request.remaining),
  };
}

function rethrowFromV2(param: string): (error: unknown) => never {
  return (error) => {
    if (!isVersionMissing(error)) throw error;
    throw inputError(
      `The client list of this controller does not know "params.${param}" and would ignore it; a controller 6.0 or later does.`,
    );
  };
}

/**
 * The list of a result.
 * @throws `protocol` when the controller responded with something else
 */
export function toPagedList(result: OmadaResult): PagedList {
  if ("pages" in result) return result;
  throw protocolError("The controller did not respond with a list.");
}

/**
 * The rows of a list, to its end.
 * @throws `protocol` when fewer rows arrive than the controller claims to have: half a list must not be compared
 */
export async function collectAllRows({ pages, progress }: PagedList): Promise<unknown[]> {
  const rows = await collectRows(pages);
  if (rows.length < (progress.minRows ?? 0)) throw rowsLeftOutError();
  return rows;
}

/** Fewer rows arrived than the controller claims to have. */
export function rowsLeftOutError(): PlatformError {
  return protocolError("The controller left rows out of a list.");
}

/**
 * Parses the parameter `page` or `pageSize`, if there is one.
 * @throws `input` for anything but a positive integer
 */
export function parsePageParam(params: ReadonlyMap<string, unknown>, name: "page" | "pageSize"): number | undefined {
  const value = params.get(name) ?? undefined;
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 1) return number;
  throw inputError(`"params.${name}" must be a whole number from 1 on.`);
}

// 5.15 responds to a missing page with a plain HTTP 400, later versions with -1001 (omada.md section 2).
function isPageMissing(error: unknown): boolean {
  if (!isPlatformError(error, "rejected")) return false;
  const { vendorCode, statusCode } = error.details;
  return vendorCode === -1001 || (!vendorCode && statusCode === 400);
}

function isVersionMissing(error: unknown): boolean {
  if (!(error instanceof PlatformError)) return false;
  const { vendorCode = 0, statusCode } = error.details;
  return [-1, -1600].includes(vendorCode) || (vendorCode === 0 && (statusCode === 404 || statusCode === 405));
}
