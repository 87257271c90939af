import type { z } from "zod";
import { setOperation, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { queryString } from "../core/encoding";
import { inputError, InvalidTokenError, isPlatformError, PlatformError } from "../core/errors";
import { memoize } from "../core/memoize";
import { collectSecrets, redact } from "../core/redact";
import { errorFromStatus, parseAs, parseJson, type HttpResponse } from "../http/response";
import type { ServerAddress } from "../http/server-address";
import { createRequest, type Request, type Transport } from "../http/transport";
import { Session, type SessionState } from "../session/session";
import { checkCommand, type OmadaCommand } from "./commands";
import { errorFromCode } from "./error-codes";
import { count, ListReader, type ListRequest, type OmadaResult } from "./list-reader";
import { listKind } from "./operations";
import { collectRows } from "./pagination";
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
import { ApiDescription, Envelope, Info } from "./schemas";
import { SignIn, type OmadaCredentials, type OmadaToken } from "./sign-in";
import { Sites } from "./sites";

export type { OmadaResult } from "./list-reader";

/** Which controller, and who asks it. */
export interface OmadaSettings extends OmadaCredentials {
  server: ServerAddress;
}

/** What to read. */
export interface OmadaQuery {
  /** `POST` only for the operations that read by it. */
  method: "GET" | "POST";
  /** The API's own, or short: `sites/{siteId}/devices`. */
  path: string;
  /** For placeholders; what is left is the query, or the body of a POST. */
  params: PathParams;
  /** Name or id, where the path asks for a site. */
  site: string;
  /** Whether a paged list is read to its end. */
  all: boolean;
  /** Rows wanted of a list; 0 means all. */
  limit: number;
}

/** An Omada controller, through its Open API. */
export class OmadaClient {
  readonly #settings: OmadaSettings;
  readonly #transport: Transport;
  readonly #signIn: SignIn;
  readonly #session: Session<OmadaToken>;
  readonly #lists: ListReader;
  readonly #sites: Sites;
  readonly #nameOf: (template: string) => string;

  /**
   * @param memory of an earlier client of the same credentials
   * @throws `config` when there is not enough to sign in with
   */
  constructor(settings: OmadaSettings, transport: Transport, clock: Clock, memory: SessionState = {}) {
    this.#settings = settings;
    this.#nameOf = memoize((template) => operationName(template, settings.omadacId));
    this.#transport = transport;
    this.#signIn = new SignIn(settings, (request, schema, options) =>
      this.#ask(this.#complete(request), schema, options),
    );
    this.#session = new Session(
      (previous, signal) => this.#signIn.obtain(previous, { signal }),
      clock,
      memory as SessionState<OmadaToken>,
    );
    this.#lists = new ListReader((wanted, params, options) => this.#result(wanted, params, options));
    this.#sites = new Sites((list) => this.#listSites(list), clock);
  }

  /**
   * Reads. Lists are paged where the operation is.
   * `options.record.details` hears `totalRows` and `pages` while the pages are read.
   * @throws `input` before anything is asked, when the path or a parameter cannot be right
   */
  async read(query: OmadaQuery, options: CallOptions = {}): Promise<OmadaResult> {
    const { method, params, site, all, limit } = query;
    const template = expandPath(query.path);
    setOperation(`${method} ${this.#nameOf(template)}`, options);
    if (method === "POST") refuseWrites(template);
    const filled = await this.#fill(template, params, site, options, ({ remaining }) =>
      refuseUnwritable(method, remaining),
    );
    return this.#lists.read({ method, template, ...filled, all, limit }, options);
  }

  /**
   * Writes. It is never sent twice once it may have arrived.
   * @returns the answer's `result`, or null
   * @throws `input` before anything is asked, when something cannot be right, or destroys and is not confirmed
   */
  async command(command: OmadaCommand, options: CallOptions = {}): Promise<unknown> {
    const { method, params, site } = command;
    const template = expandPath(command.path);
    setOperation(`${method} ${this.#nameOf(template)}`, options);
    let body: unknown;
    const { path, remaining } = await this.#fill(template, params, site, options, (trial) => {
      // The filled path: what destroys must not hide in a placeholder.
      body = checkCommand(trial.path, command);
      queryString(toQuery(trial.remaining));
    });
    return this.#call({ effect: "write", method, path, query: toQuery(remaining), body }, options);
  }

  /**
   * The id of a site.
   * @param site its name or id; blank means the only one there is
   * @throws `not-found`, naming the sites there are; `input` where there are several to choose from
   */
  siteId(site: string, { signal }: CallOptions = {}): Promise<string> {
    return this.#sites.id(site, "", { signal });
  }

  /** What a local controller tells anyone of itself; the cloud does not (omada.md section 4). */
  info(options: CallOptions = {}): Promise<Info> {
    return this.#ask(this.#complete({ effect: "read", method: "GET", path: "/api/info" }), Info, options);
  }

  /**
   * The controller's description of its operations, as it is; it wants no token (omada.md section 5).
   * @see `Descriptions`, which keeps it
   */
  async description(options: CallOptions = {}): Promise<unknown> {
    try {
      return await this.#plain("/v3/api-docs", options);
    } catch (error) {
      // The cloud has it in one of its groups only.
      if (!isPlatformError(error, "not-found", "rejected", "unsupported", "protocol", "forbidden", "sign-in"))
        throw error;
      return await this.#plain("/v3/api-docs/00%20All", options).catch(() => Promise.reject(error));
    }
  }

  /** Ends the session's own work; the controller is not told. */
  close(): void {
    this.#session.close();
  }

  #result({ method, path }: ListRequest, params: ReadonlyMap<string, unknown>, options: CallOptions): Promise<unknown> {
    const content = method === "POST" ? { body: toBody(params) } : { query: toQuery(params) };
    return this.#call({ effect: "read", method, path, ...content }, options);
  }

  // A mistake is found before the controller or the site is asked for: until both are known it is filled with stand-ins.
  async #fill(
    template: string,
    params: PathParams,
    site: string,
    { signal }: CallOptions,
    check: (trial: FilledPath) => void,
  ): Promise<FilledPath> {
    const ofSite = site !== "" && needsSite(template);
    const trial = {
      omadacId: this.#signIn.knownId ?? "id",
      siteId: ofSite ? (this.#sites.known(site, template) ?? "id") : undefined,
    };
    const filled = fillPath(template, params, trial);
    check(filled);
    if (trial.omadacId !== "id" && trial.siteId !== "id") return filled;
    const omadacId = await this.#signIn.omadacId({ signal });
    const siteId = ofSite ? await this.#sites.id(site, template, { signal }) : undefined;
    return fillPath(template, params, { omadacId, siteId });
  }

  #call(asked: Omit<Request, "origin">, options: CallOptions): Promise<unknown> {
    const request = this.#complete(asked);
    return this.#session.withToken((token) => {
      // Not "Bearer", whatever tokenType says (omada.md section 1.1).
      request.headers = { authorization: `AccessToken=${token.value}` };
      return this.#ask(request, undefined, options);
    }, options);
  }

  // What lies beside the API has no envelope.
  async #plain(path: string, options: CallOptions): Promise<unknown> {
    const reply = await this.#transport.send(this.#complete({ effect: "read", method: "GET", path }), options);
    const failure = errorFromStatus(reply.statusCode);
    if (failure) throw failure;
    return parseAs(ApiDescription, parseJson(reply), reply.statusCode);
  }

  async #listSites(template: string): Promise<unknown[]> {
    const filled = fillPath(template, {}, { omadacId: await this.#signIn.omadacId({}) });
    const reading = await this.#lists.pages({ method: "GET", template, ...filled, all: true, limit: 0 }, {});
    return "pages" in reading ? collectRows(reading.pages) : [];
  }

  #complete(request: Omit<Request, "origin">): Request {
    const { origin, prefix } = this.#settings.server;
    return createRequest(request, origin, prefix + request.path);
  }

  async #ask(request: Request, schema: undefined, options: CallOptions): Promise<unknown>;
  async #ask<S extends z.ZodType>(request: Request, schema: S | undefined, options: CallOptions): Promise<z.infer<S>>;
  async #ask(request: Request, schema: z.ZodType | undefined, options: CallOptions): Promise<unknown> {
    const reply = await this.#transport.send(request, options);
    const { statusCode } = reply;
    const { errorCode, msg = "", result = null } = readEnvelope(reply);
    if (errorCode === 0) return schema ? parseAs(schema, result, statusCode) : result;

    const { clientId, clientSecret, username, password } = this.#settings;
    const { token } = this.#session;
    const own = [clientId, clientSecret, username, password, token?.value, token?.refreshToken];
    const words = redact(msg, [...own, ...collectSecrets(request)]);
    const { isInvalidToken, error } = errorFromCode(errorCode, words, statusCode);
    throw isInvalidToken || statusCode === 401 ? new InvalidTokenError(error) : error;
  }
}

function readEnvelope(reply: HttpResponse): Envelope {
  const { statusCode } = reply;
  try {
    const answer = parseJson(reply);
    const { success, data } = Envelope.safeParse(answer);
    if (success) return data;
    throw errorFromStatus(statusCode) ?? parseAs(Envelope, answer, statusCode);
  } catch (error) {
    throw statusCode === 401 && error instanceof PlatformError ? new InvalidTokenError(error) : error;
  }
}

function refuseWrites(path: string): void {
  const kind = listKind("POST", path);
  if (kind === "posted" || kind === "post") return;
  throw inputError(
    'This path does not read by POST. Use method GET here, or the "omada-command" node to change something.',
  );
}

function refuseUnwritable(method: OmadaQuery["method"], remaining: ReadonlyMap<string, unknown>): void {
  count(remaining, "page");
  count(remaining, "pageSize");
  if (method === "POST") toBody(remaining);
  else queryString(toQuery(remaining));
}
