import { abortable, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { inputError, PlatformError } from "../core/errors";
import { parseAs } from "../http/response";
import { Site } from "./schemas";

/** Shape of the ids that controllers give their sites: nobody calls a site that. */
const SITE_ID = /^[0-9a-f]{24}$/;
/** A name that is not in the list may be new; the list is asked for again at most this often. */
const LOOK_AGAIN_MS = 60_000;
const TOO_OLD_MS = 600_000;

interface Known {
  sites: Site[];
  at: number;
}

/** Finds sites by name or id, and remembers their list. */
export class Sites {
  readonly #read: (list: string) => Promise<unknown[]>;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<Site[]>>();

  /** @param read brings the rows of a list of sites */
  constructor(read: (list: string) => Promise<unknown[]>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /**
   * The id of a site.
   * @param site its id, or its name in any case; blank means the only one there is
   * @param path of the operation: one of a managed service provider has its own list of sites
   * @throws `not-found`, naming the sites there are; `input` for a name that several have, and for none where there are several
   */
  async id(site: string, path: string, options: CallOptions): Promise<string> {
    const found = this.known(site, path);
    if (found) return found;
    const list = listFor(path);
    const known = this.#known.get(list);
    if (known && this.#age(known) < LOOK_AGAIN_MS) throw unknown(site, known.sites);

    const sites = await abortable(this.#list(list), options.signal);
    const id = find(site, sites);
    if (id) return id;
    throw unknown(site, sites);
  }

  /** The same, where nobody has to be asked for it; else nothing. */
  known(site: string, path: string): string | undefined {
    if (SITE_ID.test(site)) return site;
    const known = this.#known.get(listFor(path));
    return known && this.#age(known) < TOO_OLD_MS ? find(site, known.sites) : undefined;
  }

  #age({ at }: Known): number {
    return this.#clock.now() - at;
  }

  // Many messages may ask at the same time: the list is read once for all of them.
  #list(list: string): Promise<Site[]> {
    const reading = this.#reading.get(list) ?? this.#readAnew(list).finally(() => this.#reading.delete(list));
    this.#reading.set(list, reading);
    return reading;
  }

  async #readAnew(list: string): Promise<Site[]> {
    const sites = (await this.#read(list)).map((row) => parseAs(Site, row));
    this.#known.set(list, { sites, at: this.#clock.now() });
    return sites;
  }
}

function listFor(path: string): string {
  return path.startsWith("/openapi/v1/msp/") ? "/openapi/v1/msp/{mspId}/sites" : "/openapi/v1/{omadacId}/sites";
}

function find(site: string, sites: Site[]): string | undefined {
  if (site === "") {
    if (sites.length > 1) throw inputError(`This controller has several sites. Choose one: ${names(sites)}.`);
    return sites[0]?.siteId;
  }
  // An id is nobody else's, whatever the others are called.
  if (sites.some(({ siteId }) => siteId === site)) return site;
  const exact = sites.filter(({ name }) => name === site);
  const alike = sites.filter(({ name }) => name.trim().toLowerCase() === site.toLowerCase());
  const matches = exact.length ? exact : alike;
  if (matches.length > 1) {
    throw inputError(
      `Several sites are called so. Use one of the ids: ${matches.map(({ siteId }) => siteId).join(", ")}.`,
    );
  }
  return matches[0]?.siteId;
}

function unknown(site: string, sites: Site[]): PlatformError {
  return new PlatformError(
    "not-found",
    site === ""
      ? "The Open API application sees no site. Add one to it, in the controller's settings."
      : `There is no site "${site.slice(0, 80)}". The sites are: ${names(sites) || "none"}.`,
  );
}

function names(sites: Site[]): string {
  const shown = sites.slice(0, 20).map(({ name }) => `"${name}"`);
  return shown.join(", ");
}
