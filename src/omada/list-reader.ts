import type { AbortSignalLike } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import { inputError, isPlatformError, PlatformError } from "../core/errors";
import { parseAs } from "../http/response";
import { listKind } from "./operations";
import { fetchPages, rowIdentity, sensible, type ListProgress } from "./pagination";
import { Page } from "./schemas";

/** What is asked for, and how much of it. */
export interface ListRequest {
  method: "GET" | "POST";
  /** Filled and encoded. */
  path: string;
  /** The path before it was filled. */
  template: string;
  /** What found no place in the path: the query, or the body of a POST. */
  remaining: Map<string, unknown>;
  /** Whether a paged list is read to its end. */
  all: boolean;
  /** Rows wanted of a list; 0 means all. */
  limit: number;
}

/** What was read: a list page by page, with what is known of it so far, or one answer. */
export type OmadaResult = { pages: AsyncIterable<unknown[]>; progress: ListProgress } | { result: unknown };

type Ask = (wanted: ListRequest, params: ReadonlyMap<string, unknown>, options: CallOptions) => Promise<unknown>;

const LARGEST_PAGE = 1000;
const LARGEST_LOG_PAGE = 100;
const SITE_CLIENTS = /^\/openapi\/v1\/([^/]+\/sites\/[^/]+\/clients)$/;

/** Tells lists from single answers, and reads them to their end; what it learns of a controller it remembers. */
export class ListReader {
  readonly #ask: Ask;
  /** Which version of the client list is tried first. */
  #clientsVersion: 1 | 2 = 1;
  /** Templates of lists that turned out to be paged although nothing was known of them. */
  readonly #foundPaged = new Set<string>();

  /** @param ask brings one answer; `params` go with it in place of `remaining` */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Reads a list or one answer. The first page is fetched at once, so that a list that cannot be read fails here. */
  read(wanted: ListRequest, options: CallOptions): Promise<OmadaResult> {
    const clients = wanted.method === "GET" ? SITE_CLIENTS.exec(wanted.path)?.[1] : undefined;
    return clients ? this.#siteClients(wanted, clients, options) : this.#read(wanted, options);
  }

  /** Reads a list that is known to be paged. */
  async pages(wanted: ListRequest, options: CallOptions): Promise<OmadaResult> {
    const { method, remaining, path, all, limit } = wanted;
    const largest = listKind(method, path) === "log" ? LARGEST_LOG_PAGE : LARGEST_PAGE;
    const size =
      count(remaining, "pageSize") ?? (limit && largest === LARGEST_PAGE ? Math.min(limit, largest) : largest);
    const first = count(remaining, "page") ?? 1;
    const ask = (page: number, signal: AbortSignalLike | undefined): Promise<unknown> => {
      const params = new Map([...remaining, ["page", page], ["pageSize", size]]);
      return this.#ask(wanted, params, { ...options, signal });
    };
    const result = await ask(first, options.signal);
    // A few operations want a page and answer with something else than rows.
    const { data: firstPage } = Page.safeParse(result);
    if (!firstPage) return { result };
    const paging = { first, size, limit, identity: rowIdentity(path) };
    const totalRows = sensible(firstPage.totalRows, firstPage.data.length);
    const progress: ListProgress = { totalRows, minRows: totalRows, pages: 0 };
    const pages = fetchPages(
      async (page, signal) =>
        page === first ? firstPage : all ? parseAs(Page, await ask(page, signal)) : { data: [] },
      all ? paging : { ...paging, limit: Math.min(limit || Infinity, Math.max(firstPage.data.length, 1)) },
      (now) => {
        Object.assign(progress, now);
        const { totalRows = null, pages } = now;
        Object.assign(options.trace?.details ?? {}, { totalRows, pages });
      },
      options.signal,
    );
    return { pages, progress };
  }

  async #read(wanted: ListRequest, options: CallOptions): Promise<OmadaResult> {
    const { method, path, template, remaining } = wanted;
    const kind = listKind(method, path);
    const known = kind === "paged" || kind === "log" || kind === "posted" || this.#foundPaged.has(template);
    if (known || remaining.has("page") || remaining.has("pageSize")) return this.pages(wanted, options);
    try {
      return { result: await this.#ask(wanted, remaining, options) };
    } catch (error) {
      // A list that nothing is known of may still want its page (omada.md section 3).
      if (method === "POST" || !pageMissing(error)) throw error;
      const reading = await this.pages(wanted, options);
      this.#foundPaged.add(template);
      return reading;
    }
  }

  // v1 GET fails with -1 on 6.2 and later, v2 POST does not exist on 5.x (omada.md section 3).
  // A controller may be updated under us: the version that worked is tried first, not alone.
  async #siteClients(wanted: ListRequest, clients: string, options: CallOptions): Promise<OmadaResult> {
    const ask = (version: 1 | 2): Promise<OmadaResult> =>
      version === 1 ? this.#read(wanted, options) : this.#read(onlineClientsByPost(wanted, clients), options);
    const first = this.#clientsVersion;
    const other = first === 1 ? 2 : 1;
    try {
      return await ask(first);
    } catch (error) {
      if (!versionMissing(error)) throw error;
      const reading = await ask(other).catch((second: unknown) => {
        throw versionMissing(second) ? error : second;
      });
      this.#clientsVersion = other;
      return reading;
    }
  }
}

function onlineClientsByPost(wanted: ListRequest, clients: string): ListRequest {
  return {
    ...wanted,
    method: "POST",
    path: `/openapi/v2/${clients}`,
    remaining: new Map([["scope", 1], ...wanted.remaining]),
  };
}

/**
 * A number of pages or rows out of the parameters, where there is one.
 * @throws `input` for anything but a whole number from 1 on
 */
export function count(params: ReadonlyMap<string, unknown>, name: "page" | "pageSize"): number | undefined {
  const value = params.get(name) ?? undefined;
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 1) return number;
  throw inputError(`"params.${name}" must be a whole number from 1 on.`);
}

// 5.15 answers a missing page with a plain HTTP 400, later versions with -1001 (omada.md section 2).
function pageMissing(error: unknown): boolean {
  return (
    isPlatformError(error, "rejected") &&
    (error.details.vendorCode === -1001 || (!error.details.vendorCode && error.details.statusCode === 400))
  );
}

function versionMissing(error: unknown): boolean {
  if (!(error instanceof PlatformError)) return false;
  const { vendorCode = 0, statusCode } = error.details;
  return [-1, -1600].includes(vendorCode) || (vendorCode === 0 && (statusCode === 404 || statusCode === 405));
}
