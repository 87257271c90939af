import type { z } from "zod";
import type { CallOptions } from "../call";
import type { Clock } from "../clock";
import { hasCode, inputError, PlatformError, TokenSpent } from "../errors";
import { redact } from "../redact";
import { readAs, readJson, statusFailure } from "../reply";
import type { Server } from "../server";
import { Session } from "../session";
import type { Request, Transport } from "../transport";
import { readCode } from "./codes";
import { readPages, rowIdentity } from "./pages";
import { fillPath, fullPath, needsSite, type Params, pathName, toBody, toQuery } from "./path";
import { listKind } from "./reads";
import { Envelope, Page } from "./schemas";
import { type OmadaCredentials, type OmadaToken, SignIn } from "./sign-in";
import { Sites } from "./sites";

/** Which controller, and who asks it. */
export interface OmadaSettings extends OmadaCredentials {
  server: Server;
}

/** What to read. */
export interface OmadaQuery {
  /** `POST` only for the operations that read by it. */
  method: "GET" | "POST";
  /** The API's own, or short: `sites/{siteId}/devices`. */
  path: string;
  /** For placeholders; what is left is the query, or the body of a POST. */
  params: Params;
  /** Name or id, where the path asks for a site. */
  site: string;
  /** Whether a paged list is read to its end. */
  all: boolean;
  /** Rows wanted of a list; 0 means all. */
  limit: number;
}

/** What was read: a list page by page, or one answer. */
export type OmadaReading = { pages: AsyncIterable<unknown[]> } | { result: unknown };

const LARGEST_PAGE = 1000;
const LARGEST_LOG_PAGE = 100;
const SITE_CLIENTS = /^\/openapi\/v1\/([^/]+\/sites\/[^/]+\/clients)$/;

/** An Omada controller, through its Open API. */
export class OmadaClient {
  readonly #settings: OmadaSettings;
  readonly #transport: Transport;
  readonly #signIn: SignIn;
  readonly #session: Session<OmadaToken>;
  readonly #sites: Sites;
  /** Which version of the client list this controller has; found out once. */
  #clientsVersion: 1 | 2 | undefined;
  /** Lists that turned out to be paged although nothing was known of them. */
  readonly #foundPaged = new Set<string>();

  /** @throws `config` when there is not enough to sign in with */
  constructor(settings: OmadaSettings, transport: Transport, clock: Clock) {
    this.#settings = settings;
    this.#transport = transport;
    this.#signIn = new SignIn(settings, (request, schema, options) =>
      this.#ask(this.#complete(request), schema, options),
    );
    this.#session = new Session((previous, signal) => this.#signIn.obtain(previous, { signal }), clock);
    this.#sites = new Sites((list, options) => this.#listRows(list, options), clock);
  }

  /**
   * Reads. Lists are paged where the operation is.
   * `options.record.details` hears `totalRows` and `pages` while the pages are read.
   * @throws `input` before anything is asked, when the path or a parameter cannot be right
   */
  async read(query: OmadaQuery, options: CallOptions = {}): Promise<OmadaReading> {
    const { method, params, site, all, limit } = query;
    const template = fullPath(query.path);
    if (options.record) options.record.operation = `${method} ${pathName(template, this.#settings.omadacId)}`;
    if (method === "POST") refuseWrites(template);
    // Filled once with a stand-in: a mistake is found before the controller or the site is asked for.
    fillPath(template, params, { omadacId: "id", siteId: site || undefined });

    const omadacId = await this.#signIn.omadacId({ signal: options.signal });
    const siteId =
      needsSite(template) && site ? await this.#sites.id(site, template, { signal: options.signal }) : undefined;
    const { path, rest } = fillPath(template, params, { omadacId, siteId });

    const clients = method === "GET" ? SITE_CLIENTS.exec(path)?.[1] : undefined;
    if (clients) return this.#siteClients(clients, rest, all, limit, options);
    return this.#list({ method, path, rest, all, limit }, options);
  }

  /** Ends the session's own work; the controller is not told. */
  close(): void {
    this.#session.close();
  }

  async #list(list: List, options: CallOptions): Promise<OmadaReading> {
    const kind = listKind(list.method, list.path);
    const known = kind === "paged" || kind === "log" || kind === "posted";
    const asked = ["page", "pageSize"].some((name) => list.rest.has(name));
    if (known || asked || this.#foundPaged.has(list.path)) return this.#pages(list, options);
    try {
      return { result: await this.#result(list, list.rest, options) };
    } catch (error) {
      // A list that nothing is known of may still want its page (omada.md section 3).
      if (list.method === "POST" || !pageMissing(error)) throw error;
      const reading = await this.#pages(list, options);
      this.#foundPaged.add(list.path);
      return reading;
    }
  }

  // The first page is fetched at once, so that a list that cannot be read fails here.
  async #pages(list: List, options: CallOptions): Promise<OmadaReading> {
    const { rest, path, all, limit } = list;
    const largest = listKind(list.method, path) === "log" ? LARGEST_LOG_PAGE : LARGEST_PAGE;
    const size = count(rest, "pageSize", limit && largest === LARGEST_PAGE ? Math.min(limit, largest) : largest);
    const first = count(rest, "page", 1);
    const ask = (page: number, signal?: AbortSignal): Promise<unknown> => {
      const params = new Map([...rest, ["page", page], ["pageSize", size]]);
      return this.#result(list, params, { ...options, signal: either(options.signal, signal) });
    };
    const result = await ask(first);
    // A few operations want a page and answer with something else than rows.
    const { data: firstPage } = Page.safeParse(result);
    if (!firstPage) return { result };
    const paging = { first, size, limit, identity: rowIdentity(path) };
    const pages = readPages(
      async (page, signal) => (page === first ? firstPage : all ? readAs(Page, await ask(page, signal)) : { data: [] }),
      all ? paging : { ...paging, limit: Math.min(limit || Infinity, Math.max(firstPage.data.length, 1)) },
      ({ totalRows, pages }) => Object.assign(options.record?.details ?? {}, { totalRows: totalRows ?? null, pages }),
    );
    return { pages };
  }

  // v1 GET fails with -1 on 6.2 and later, v2 POST does not exist on 5.x (omada.md section 3).
  async #siteClients(
    path: string,
    rest: Map<string, unknown>,
    all: boolean,
    limit: number,
    options: CallOptions,
  ): Promise<OmadaReading> {
    const one = { method: "GET", path: `/openapi/v1/${path}`, rest, all, limit } as const;
    const two = {
      method: "POST",
      path: `/openapi/v2/${path}`,
      rest: new Map([["scope", 1], ...rest]),
      all,
      limit,
    } as const;
    if (this.#clientsVersion) return this.#list(this.#clientsVersion === 1 ? one : two, options);
    try {
      const reading = await this.#list(one, options);
      this.#clientsVersion = 1;
      return reading;
    } catch (error) {
      if (!versionMissing(error)) throw error;
      const reading = await this.#list(two, options).catch((second: unknown) => {
        throw versionMissing(second) ? error : second;
      });
      this.#clientsVersion = 2;
      return reading;
    }
  }

  async #result({ method, path }: List, params: ReadonlyMap<string, unknown>, options: CallOptions): Promise<unknown> {
    const content = method === "POST" ? { body: toBody(params) } : { query: toQuery(params) };
    const request = this.#complete({ effect: "read", method, path, ...content });
    return this.#session.use((token) => {
      // Not "Bearer", whatever tokenType says (omada.md section 1.1).
      request.headers = { authorization: `AccessToken=${token.value}` };
      return this.#ask(request, undefined, options);
    }, options);
  }

  async #listRows(path: string, options: CallOptions): Promise<unknown[]> {
    const filled = fillPath(path, {}, { omadacId: await this.#signIn.omadacId(options) });
    const list = { method: "GET", path: filled.path, rest: filled.rest, all: true, limit: 0 } as const;
    const reading = await this.#pages(list, options);
    return "pages" in reading ? allRows(reading.pages) : [];
  }

  #complete(request: Omit<Request, "origin">): Request {
    const { origin, prefix } = this.#settings.server;
    return { ...request, origin, path: prefix + request.path };
  }

  async #ask(request: Request, schema: undefined, options: CallOptions): Promise<unknown>;
  async #ask<S extends z.ZodType>(request: Request, schema: S | undefined, options: CallOptions): Promise<z.infer<S>>;
  async #ask(request: Request, schema: z.ZodType | undefined, options: CallOptions): Promise<unknown> {
    const reply = await this.#transport.send(request, options);
    const { statusCode } = reply;
    const answer = readJson(reply);
    const { success, data } = Envelope.safeParse(answer);
    const failed = success ? undefined : statusFailure(statusCode);
    if (failed) throw statusCode === 401 ? new TokenSpent(failed) : failed;
    const { errorCode, msg = "", result } = success ? data : readAs(Envelope, answer, statusCode);
    if (errorCode === 0) return schema ? readAs(schema, result, statusCode) : result;

    const { clientId, clientSecret, username, password } = this.#settings;
    const { token } = this.#session;
    const words = redact(msg, [clientId, clientSecret, username, password, token?.value, token?.refreshToken]);
    const { spent, error } = readCode(errorCode, words, statusCode);
    throw spent || statusCode === 401 ? new TokenSpent(error) : error;
  }
}

/** The rows of all pages, in order. */
export async function allRows(pages: AsyncIterable<unknown[]>): Promise<unknown[]> {
  const all: unknown[][] = [];
  for await (const rows of pages) all.push(rows);
  return all.flat();
}

interface List {
  method: "GET" | "POST";
  /** Filled and encoded. */
  path: string;
  rest: Map<string, unknown>;
  all: boolean;
  limit: number;
}

function refuseWrites(path: string): void {
  const kind = listKind("POST", path);
  if (kind === "posted" || kind === "post") return;
  throw inputError(
    'This path does not read by POST. Use method GET here, or the "omada-command" node to change something.',
  );
}

function count(params: Map<string, unknown>, name: string, otherwise: number): number {
  const value = params.get(name) ?? otherwise;
  if (Number.isInteger(Number(value)) && Number(value) >= 1) return Number(value);
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

function either(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}
