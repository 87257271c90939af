import { setOperation, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { queryString } from "../core/encoding";
import { inputError } from "../core/errors";
import { memoize } from "../core/memoize";
import type { Transport } from "../http/transport";
import { SessionState } from "../session/session-state";
import { OmadaActs } from "./acts/acts";
import { OmadaApi, type OmadaSettings } from "./api";
import { checkCommand, type OmadaCommand } from "./commands";
import { boundsOf } from "./list-budget";
import { ListReader, parsePageParam, toPagedList, type OmadaResult, type PagedList } from "./list-reader";
import { readsByPost } from "./operations";
import {
  expandPath,
  fillPath,
  needsSite,
  operationName,
  toBody,
  toQuery,
  type FilledPath,
  type PathParams,
} from "./path";
import type { ApiSpec, Info, Site } from "./schemas";
import { Sites } from "./sites";

export type { OmadaSettings } from "./api";
export type { OmadaResult } from "./list-reader";

/** What to read. */
export interface OmadaQuery {
  /** `POST` only for the operations that read by it. */
  method: "GET" | "POST";
  /** The API's own, or short: `sites/{siteId}/devices`. */
  path: string;
  /** For the placeholders; the remaining ones become the query, or the body of a POST. */
  params: PathParams;
  /** Name or id, for a path that contains `{siteId}`. */
  site: string;
  /** Whether to read a paged list to its end. */
  all: boolean;
  /** Rows of a list to return at most; 0 = no limit. */
  limit: number;
  /** Whether the pages of a list pass by, instead of being held as a whole: then it may be longer. */
  isStreamed?: boolean;
}

/** Stands for an id that is not known yet. */
const UNKNOWN_ID = "id";

/** An Omada controller, through its Open API. */
export class OmadaClient {
  /** What can be done by name. */
  readonly acts: OmadaActs;
  readonly #api: OmadaApi;
  readonly #lists: ListReader;
  readonly #sites: Sites;
  readonly #operationName: (template: string) => string;

  /**
   * @param state of the session of an earlier client with the same credentials
   * @throws `config` when a credential is missing
   */
  constructor(settings: OmadaSettings, transport: Transport, clock: Clock, state: SessionState = new SessionState()) {
    this.#api = new OmadaApi(settings, transport, clock, state);
    this.#lists = new ListReader(this.#api, clock);
    this.#sites = new Sites(this.#api, this.#lists, clock);
    this.acts = new OmadaActs(this, clock);
    this.#operationName = memoize((template) => operationName(template, settings.omadacId));
  }

  /**
   * Reads a list or a single response.
   * `options.trace.details` receives `totalRows` and `pages` while the pages are read.
   * @throws `input` before any request, for a path or a parameter that cannot be right
   */
  query(query: OmadaQuery, options: CallOptions = {}): Promise<OmadaResult> {
    return this.#read(query, options, false);
  }

  /**
   * Starts to read a whole list by GET.
   * @param site name or id
   * @throws `protocol` when the response is not a list
   */
  async list(path: string, site: string, params: PathParams, options: CallOptions): Promise<PagedList> {
    return toPagedList(await this.query({ method: "GET", path, params, site, all: true, limit: 0 }, options));
  }

  /**
   * Writes. It is never sent again once it may have arrived.
   * @returns the `result` of the response, or null
   * @throws `input` before any request, for something that cannot be right, or is destructive and not confirmed
   */
  async command(command: OmadaCommand, options: CallOptions = {}): Promise<unknown> {
    let body: unknown;
    const { path, remaining } = await this.#fillCommand(command, options, (checked) => {
      body = checked;
    });
    const request = { effect: "write", method: command.method, path, query: toQuery(remaining), body } as const;
    try {
      return await this.#api.call(request, options);
    } catch (error) {
      // It is not sent again, but the next one goes to where the site is by now.
      this.#forgetOutdatedIds(error, command.site, path);
      throw error;
    }
  }

  /** What `command` would send; it has no parameters but those in its path. */
  async preview(command: OmadaCommand, options: CallOptions): Promise<{ path: string; body: unknown }> {
    let body: unknown;
    const { path } = await this.#fillCommand(command, options, (checked) => {
      body = checked;
    });
    return { path, body };
  }

  /**
   * The id of a site.
   * @param site its name or id; blank = the only one there is
   * @throws `not-found`, naming the existing sites; `input` if several sites match
   */
  siteId(site: string, { signal }: CallOptions = {}): Promise<string> {
    return this.#sites.id(site, "", { signal });
  }

  /**
   * All sites that the application has access to; not those of a managed service provider's customers.
   * @throws `not-found` if there is none; `protocol` if the controller leaves some out
   */
  sites({ signal }: CallOptions = {}): Promise<readonly Site[]> {
    return this.#sites.all({ signal });
  }

  /** What a local controller says about itself; the cloud does not (omada.md section 4). */
  info(options: CallOptions = {}): Promise<Info> {
    return this.#api.info(options);
  }

  /** The controller's OpenAPI description, some megabytes of it; `SpecCache` parses and caches it. */
  spec(options: CallOptions = {}): Promise<ApiSpec> {
    return this.#api.spec(options);
  }

  /** Ends the session locally; the controller is not notified. */
  close(): void {
    this.#api.close();
  }

  /** @param isRepeated whether the ids have been looked up again because the controller did not know them */
  async #read(query: OmadaQuery, options: CallOptions, isRepeated: boolean): Promise<OmadaResult> {
    const { method, params, site, all, limit, isStreamed = false } = query;
    const template = expandPath(query.path);
    setOperation(`${method} ${this.#operationName(template)}`, options);
    if (method === "POST") checkReadsByPost(template);
    const filling = this.#fill(template, params, site, options, ({ remaining }) => checkQueryParams(method, remaining));
    // Mostly there is nothing to wait for, and `await` would cost a turn all the same.
    const filled = filling instanceof Promise ? await filling : filling;
    try {
      // Awaited: a promise that is handed on costs turns of the microtask queue (decision 14).
      return await this.#lists.fetch(
        { method, template, ...filled, all, limit, bounds: boundsOf(limit, isStreamed) },
        options,
      );
    } catch (error) {
      if (isRepeated || !this.#forgetOutdatedIds(error, site, filled.path)) throw error;
      return await this.#read(query, options, true);
    }
  }

  // A controller that was restored may have another id by now, and other ids of its sites.
  #forgetOutdatedIds(error: unknown, site: string, path: string): boolean {
    if (!this.#api.isOmadacIdOutdated(error, path)) return this.#sites.isOutdated(error, site, path);
    this.#sites.clear();
    return true;
  }

  /** @param onChecked is called with the body to send */
  #fillCommand(
    command: OmadaCommand,
    options: CallOptions,
    onChecked: (body: unknown) => void,
  ): FilledPath | Promise<FilledPath> {
    const template = expandPath(command.path);
    setOperation(`${command.method} ${this.#operationName(template)}`, options);
    return this.#fill(template, command.params, command.site, options, (draft) => {
      // The filled path: a placeholder must not hide a destructive operation.
      onChecked(checkCommand(draft.path, command));
      queryString(toQuery(draft.remaining));
    });
  }

  // Mistakes are found before any request for the ids of the controller or the site: until then a draft is checked.
  #fill(
    template: string,
    params: PathParams,
    site: string,
    { signal }: CallOptions,
    check: (draft: FilledPath) => void,
  ): FilledPath | Promise<FilledPath> {
    const isForSite = site !== "" && needsSite(template);
    const cached = {
      omadacId: this.#api.cachedOmadacId ?? UNKNOWN_ID,
      siteId: isForSite ? (this.#sites.cachedId(site, template) ?? UNKNOWN_ID) : undefined,
    };
    const draft = fillPath(template, params, cached);
    check(draft);
    if (cached.omadacId !== UNKNOWN_ID && cached.siteId !== UNKNOWN_ID) return draft;
    return this.#fillWithIds(template, params, isForSite ? site : undefined, { signal });
  }

  async #fillWithIds(
    template: string,
    params: PathParams,
    site: string | undefined,
    options: CallOptions,
  ): Promise<FilledPath> {
    const omadacId = await this.#api.omadacId(options);
    const siteId = site === undefined ? undefined : await this.#sites.id(site, template, options);
    return fillPath(template, params, { omadacId, siteId });
  }
}

function checkReadsByPost(path: string): void {
  if (readsByPost(path)) return;
  throw inputError(
    'This path does not read by POST. Use method GET here, or the "omada-command" node to change something.',
  );
}

function checkQueryParams(method: OmadaQuery["method"], params: ReadonlyMap<string, unknown>): void {
  parsePageParam(params, "page");
  parsePageParam(params, "pageSize");
  if (method === "POST") toBody(params);
  else queryString(toQuery(params));
}
