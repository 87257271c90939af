import type { CallOptions } from "../call";
import { hasCode, inputError, PlatformError } from "../errors";
import { readAs } from "../reply";
import { type Progress, readPages, rowIdentity, sensible } from "./pages";
import { listKind } from "./operations";
import { Page } from "./schemas";
import type { Signal } from "../stop";

/** What is asked for, and how much of it. */
export interface Wanted {
  method: "GET" | "POST";
  /** Filled and encoded. */
  path: string;
  /** The path before it was filled. */
  template: string;
  /** What found no place in the path: the query, or the body of a POST. */
  rest: Map<string, unknown>;
  /** Whether a paged list is read to its end. */
  all: boolean;
  /** Rows wanted of a list; 0 means all. */
  limit: number;
}

/** What was read: a list page by page, with what is known of it so far, or one answer. */
export type OmadaReading = { pages: AsyncIterable<unknown[]>; progress: Progress } | { result: unknown };

type Ask = (wanted: Wanted, params: ReadonlyMap<string, unknown>, options: CallOptions) => Promise<unknown>;

const LARGEST_PAGE = 1000;
const LARGEST_LOG_PAGE = 100;
const SITE_CLIENTS = /^\/openapi\/v1\/([^/]+\/sites\/[^/]+\/clients)$/;

/** Tells lists from single answers, and reads them to their end; what it learns of a controller it remembers. */
export class Lists {
  readonly #ask: Ask;
  /** Which version of the client list is tried first. */
  #clientsVersion: 1 | 2 = 1;
  /** Templates of lists that turned out to be paged although nothing was known of them. */
  readonly #foundPaged = new Set<string>();

  /** @param ask brings one answer; `params` go with it in place of `rest` */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Reads a list or one answer. The first page is fetched at once, so that a list that cannot be read fails here. */
  read(wanted: Wanted, options: CallOptions): Promise<OmadaReading> {
    const clients = wanted.method === "GET" ? SITE_CLIENTS.exec(wanted.path)?.[1] : undefined;
    return clients ? this.#siteClients(wanted, clients, options) : this.#read(wanted, options);
  }

  /** Reads a list that is known to be paged. */
  async pages(wanted: Wanted, options: CallOptions): Promise<OmadaReading> {
    const { method, rest, path, all, limit } = wanted;
    const largest = listKind(method, path) === "log" ? LARGEST_LOG_PAGE : LARGEST_PAGE;
    const size = count(rest, "pageSize") ?? (limit && largest === LARGEST_PAGE ? Math.min(limit, largest) : largest);
    const first = count(rest, "page") ?? 1;
    const ask = (page: number, signal: Signal | undefined): Promise<unknown> => {
      const params = new Map([...rest, ["page", page], ["pageSize", size]]);
      return this.#ask(wanted, params, { ...options, signal });
    };
    const result = await ask(first, options.signal);
    // A few operations want a page and answer with something else than rows.
    const { data: firstPage } = Page.safeParse(result);
    if (!firstPage) return { result };
    const paging = { first, size, limit, identity: rowIdentity(path) };
    const totalRows = sensible(firstPage.totalRows, firstPage.data.length);
    const progress: Progress = { totalRows, leastRows: totalRows, pages: 0 };
    const pages = readPages(
      async (page, signal) => (page === first ? firstPage : all ? readAs(Page, await ask(page, signal)) : { data: [] }),
      all ? paging : { ...paging, limit: Math.min(limit || Infinity, Math.max(firstPage.data.length, 1)) },
      (now) => {
        Object.assign(progress, now);
        const { totalRows = null, pages } = now;
        Object.assign(options.record?.details ?? {}, { totalRows, pages });
      },
      options.signal,
    );
    return { pages, progress };
  }

  async #read(wanted: Wanted, options: CallOptions): Promise<OmadaReading> {
    const { method, path, template, rest } = wanted;
    const kind = listKind(method, path);
    const known = kind === "paged" || kind === "log" || kind === "posted" || this.#foundPaged.has(template);
    if (known || rest.has("page") || rest.has("pageSize")) return this.pages(wanted, options);
    try {
      return { result: await this.#ask(wanted, rest, options) };
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
  async #siteClients(wanted: Wanted, clients: string, options: CallOptions): Promise<OmadaReading> {
    const ask = (version: 1 | 2): Promise<OmadaReading> =>
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

function onlineClientsByPost(wanted: Wanted, clients: string): Wanted {
  return { ...wanted, method: "POST", path: `/openapi/v2/${clients}`, rest: new Map([["scope", 1], ...wanted.rest]) };
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
    hasCode(error, "rejected") &&
    (error.details.vendorCode === -1001 || (!error.details.vendorCode && error.details.statusCode === 400))
  );
}

function versionMissing(error: unknown): boolean {
  if (!(error instanceof PlatformError)) return false;
  const { vendorCode = 0, statusCode } = error.details;
  return [-1, -1600].includes(vendorCode) || (vendorCode === 0 && (statusCode === 404 || statusCode === 405));
}
