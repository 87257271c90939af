import { abortable } from "../core/abort";
import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { inputError, PlatformError } from "../core/errors";
import { memoize } from "../core/memoize";
import { findByName, nameNotFound, quoteNames, type NamedKind } from "../core/named";
import { parseRows, protocolError } from "../http/response";
import type { OmadaApi } from "./api";
import { isSiteUnknown } from "./error-codes";
import { boundsOf, type ListBounds } from "./list-budget";
import type { ListReader } from "./list-reader";
import { collectRows } from "./pagination";
import { fillPath } from "./path";
import { Site } from "./schemas";

/** Whether a text has the shape of the ids that controllers give to sites; nobody names a site like that. */
const isSiteId = memoize((text) => /^[0-9a-f]{24}$/.test(text));
/** A name that is not in the list may be new: the list is fetched again, but not more often than this. */
const MIN_REFRESH_INTERVAL_MS = 60_000;
const MAX_AGE_MS = 600_000;
/** Every message that names a site waits for the list. */
const BOUNDS: ListBounds = { ...boundsOf(0, false), waitMs: 120_000 };
const SITES: NamedKind<Site> = { one: "site", many: "sites", id: ({ siteId }) => siteId, name: ({ name }) => name };

interface CachedSites {
  sites: Site[];
  /** Whether no row was left out. */
  isComplete: boolean;
  fetchedAt: number;
}

/** Resolves names of sites to their ids, and caches the lists of sites. */
export class Sites {
  readonly #api: OmadaApi;
  readonly #lists: ListReader;
  readonly #clock: Clock;
  /** By the path of the list. */
  readonly #cache = new Map<string, CachedSites>();
  readonly #inFlight = new Map<string, Promise<Site[]>>();

  constructor(api: OmadaApi, lists: ListReader, clock: Clock) {
    this.#api = api;
    this.#lists = lists;
    this.#clock = clock;
  }

  /**
   * The id of a site.
   * @param site its id, or its name in any case; blank = the only one there is
   * @param path of the operation: those of a managed service provider have a list of sites of their own
   * @throws `not-found`, naming the existing sites; `input` for an ambiguous name, or a blank one if there are several sites
   */
  async id(site: string, path: string, { signal }: CallOptions): Promise<string> {
    const cachedId = this.cachedId(site, path);
    if (cachedId) return cachedId;
    const listPath = listPathFor(path);
    const cached = this.#cache.get(listPath);
    if (cached && this.#ageMs(cached) < MIN_REFRESH_INTERVAL_MS) throw siteNotFound(site, cached.sites);

    const sites = await abortable(this.#fetch(listPath), signal);
    const id = findSiteId(site, sites);
    if (id) return id;
    throw siteNotFound(site, sites);
  }

  /** The same if no request is needed for it, else undefined. */
  cachedId(site: string, path: string): string | undefined {
    if (isSiteId(site)) return site;
    const cached = this.#cache.get(listPathFor(path));
    return cached && this.#ageMs(cached) < MAX_AGE_MS ? findSiteId(site, cached.sites) : undefined;
  }

  /**
   * All sites that the application has access to.
   * @throws `not-found` if there is none; `protocol` if the controller leaves some out
   */
  async all({ signal }: CallOptions): Promise<readonly Site[]> {
    const listPath = listPathFor("");
    let cached = this.#cache.get(listPath);
    if (!cached?.isComplete || this.#ageMs(cached) >= MAX_AGE_MS) {
      await abortable(this.#fetch(listPath), signal);
      cached = this.#cache.get(listPath);
    }
    if (!cached?.isComplete) throw protocolError("The controller left sites out of its list.");
    if (cached.sites.length === 0) throw siteNotFound("", []);
    return cached.sites;
  }

  /**
   * Whether a request failed because the site has another id by now, as after a restore. Then the list is fetched anew.
   * @param site the name or id that the path was filled with
   */
  isOutdated(error: unknown, site: string, path: string): boolean {
    if (!isSiteUnknown(error)) return false;
    const listPath = listPathFor(path);
    const cached = this.#cache.get(listPath);
    if (!cached || this.#ageMs(cached) >= MIN_REFRESH_INTERVAL_MS)
      return this.#cache.delete(listPath) || !isSiteId(site);
    // Another call may have noticed it.
    const id = findSiteId(site, cached.sites);
    return id !== undefined && !path.includes(`/sites/${id}`);
  }

  /** Forgets all ids, because they are those of another controller. */
  clear(): void {
    this.#cache.clear();
  }

  // A clock that was set back makes nothing new.
  #ageMs({ fetchedAt }: CachedSites): number {
    return Math.abs(this.#clock.now() - fetchedAt);
  }

  // Concurrent messages share one request.
  #fetch(listPath: string): Promise<Site[]> {
    const fetching =
      this.#inFlight.get(listPath) ?? this.#fetchAndCache(listPath).finally(() => this.#inFlight.delete(listPath));
    this.#inFlight.set(listPath, fetching);
    return fetching;
  }

  async #fetchAndCache(template: string): Promise<Site[]> {
    const result = await this.#api.useOmadacId((omadacId) => {
      const filled = fillPath(template, {}, { omadacId });
      return this.#lists.fetchPaged({ method: "GET", template, ...filled, all: true, limit: 0, bounds: BOUNDS }, {});
    });
    const rows = "pages" in result ? await collectRows(result.pages) : [];
    const sites = parseRows(Site, rows);
    const isComplete = "pages" in result && rows.length >= (result.progress.minRows ?? 0);
    this.#cache.set(template, { sites, isComplete, fetchedAt: this.#clock.now() });
    return sites;
  }
}

function listPathFor(path: string): string {
  return path.startsWith("/openapi/v1/msp/") ? "/openapi/v1/msp/{mspId}/sites" : "/openapi/v1/{omadacId}/sites";
}

function findSiteId(site: string, sites: Site[]): string | undefined {
  if (site !== "") return findByName(site, sites, SITES)?.siteId;
  if (sites.length > 1) throw inputError(`This controller has several sites. Choose one: ${quoteNames(sites, SITES)}.`);
  return sites[0]?.siteId;
}

function siteNotFound(site: string, sites: Site[]): PlatformError {
  if (site !== "") return nameNotFound(site, sites, SITES);
  const message = "The Open API application has access to no site. Add one to it in the controller's settings.";
  return new PlatformError("not-found", message);
}
