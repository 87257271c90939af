import type { z } from "zod";
import { type CallOptions, name } from "../call";
import type { Clock } from "../clock";
import { queryString } from "../encode";
import { hasCode, inputError, PlatformError, TokenSpent } from "../errors";
import { known } from "../known";
import { redact, secretsIn } from "../redact";
import { readAs, readJson, type Reply, statusFailure } from "../reply";
import type { Server } from "../server";
import { type Memory, Session } from "../session";
import { newRequest, type Request, type Transport } from "../transport";
import { readCode } from "./codes";
import { checkCommand, type OmadaCommand } from "./commands";
import { count, Lists, type OmadaReading, type Wanted } from "./lists";
import { allRows } from "./pages";
import { type FilledPath, fillPath, fullPath, needsSite, type Params, pathName, toBody, toQuery } from "./path";
import { listKind } from "./operations";
import { Description, Envelope, Info } from "./schemas";
import { type OmadaCredentials, type OmadaToken, SignIn } from "./sign-in";
import { Sites } from "./sites";

export type { OmadaReading } from "./lists";

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

/** An Omada controller, through its Open API. */
export class OmadaClient {
  readonly #settings: OmadaSettings;
  readonly #transport: Transport;
  readonly #signIn: SignIn;
  readonly #session: Session<OmadaToken>;
  readonly #lists: Lists;
  readonly #sites: Sites;
  readonly #nameOf: (template: string) => string;

  /**
   * @param memory of an earlier client of the same credentials
   * @throws `config` when there is not enough to sign in with
   */
  constructor(settings: OmadaSettings, transport: Transport, clock: Clock, memory: Memory = {}) {
    this.#settings = settings;
    this.#nameOf = known((template) => pathName(template, settings.omadacId));
    this.#transport = transport;
    this.#signIn = new SignIn(settings, (request, schema, options) =>
      this.#ask(this.#complete(request), schema, options),
    );
    this.#session = new Session(
      (previous, signal) => this.#signIn.obtain(previous, { signal }),
      clock,
      memory as Memory<OmadaToken>,
    );
    this.#lists = new Lists((wanted, params, options) => this.#result(wanted, params, options));
    this.#sites = new Sites((list) => this.#listSites(list), clock);
  }

  /**
   * Reads. Lists are paged where the operation is.
   * `options.record.details` hears `totalRows` and `pages` while the pages are read.
   * @throws `input` before anything is asked, when the path or a parameter cannot be right
   */
  async read(query: OmadaQuery, options: CallOptions = {}): Promise<OmadaReading> {
    const { method, params, site, all, limit } = query;
    const template = fullPath(query.path);
    name(`${method} ${this.#nameOf(template)}`, options);
    if (method === "POST") refuseWrites(template);
    const filled = await this.#fill(template, params, site, options, ({ rest }) => refuseUnwritable(method, rest));
    return this.#lists.read({ method, template, ...filled, all, limit }, options);
  }

  /**
   * Writes. It is never sent twice once it may have arrived.
   * @returns the answer's `result`, or null
   * @throws `input` before anything is asked, when something cannot be right, or destroys and is not confirmed
   */
  async command(command: OmadaCommand, options: CallOptions = {}): Promise<unknown> {
    const { method, params, site } = command;
    const template = fullPath(command.path);
    name(`${method} ${this.#nameOf(template)}`, options);
    let body: unknown;
    const { path, rest } = await this.#fill(template, params, site, options, (trial) => {
      // The filled path: what destroys must not hide in a placeholder.
      body = checkCommand(trial.path, command);
      queryString(toQuery(trial.rest));
    });
    return this.#call({ effect: "write", method, path, query: toQuery(rest), body }, options);
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
      if (!hasCode(error, "not-found", "rejected", "unsupported", "protocol", "forbidden", "sign-in")) throw error;
      return await this.#plain("/v3/api-docs/00%20All", options).catch(() => Promise.reject(error));
    }
  }

  /** Ends the session's own work; the controller is not told. */
  close(): void {
    this.#session.close();
  }

  #result({ method, path }: Wanted, params: ReadonlyMap<string, unknown>, options: CallOptions): Promise<unknown> {
    const content = method === "POST" ? { body: toBody(params) } : { query: toQuery(params) };
    return this.#call({ effect: "read", method, path, ...content }, options);
  }

  // A mistake is found before the controller or the site is asked for: until both are known it is filled with stand-ins.
  async #fill(
    template: string,
    params: Params,
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
    return this.#session.use((token) => {
      // Not "Bearer", whatever tokenType says (omada.md section 1.1).
      request.headers = { authorization: `AccessToken=${token.value}` };
      return this.#ask(request, undefined, options);
    }, options);
  }

  // What lies beside the API has no envelope.
  async #plain(path: string, options: CallOptions): Promise<unknown> {
    const reply = await this.#transport.send(this.#complete({ effect: "read", method: "GET", path }), options);
    const failure = statusFailure(reply.statusCode);
    if (failure) throw failure;
    return readAs(Description, readJson(reply), reply.statusCode);
  }

  async #listSites(template: string): Promise<unknown[]> {
    const filled = fillPath(template, {}, { omadacId: await this.#signIn.omadacId({}) });
    const reading = await this.#lists.pages({ method: "GET", template, ...filled, all: true, limit: 0 }, {});
    return "pages" in reading ? allRows(reading.pages) : [];
  }

  #complete(request: Omit<Request, "origin">): Request {
    const { origin, prefix } = this.#settings.server;
    return newRequest(request, origin, prefix + request.path);
  }

  async #ask(request: Request, schema: undefined, options: CallOptions): Promise<unknown>;
  async #ask<S extends z.ZodType>(request: Request, schema: S | undefined, options: CallOptions): Promise<z.infer<S>>;
  async #ask(request: Request, schema: z.ZodType | undefined, options: CallOptions): Promise<unknown> {
    const reply = await this.#transport.send(request, options);
    const { statusCode } = reply;
    const { errorCode, msg = "", result = null } = readEnvelope(reply);
    if (errorCode === 0) return schema ? readAs(schema, result, statusCode) : result;

    const { clientId, clientSecret, username, password } = this.#settings;
    const { token } = this.#session;
    const own = [clientId, clientSecret, username, password, token?.value, token?.refreshToken];
    const words = redact(msg, [...own, ...secretsIn(request)]);
    const { spent, error } = readCode(errorCode, words, statusCode);
    throw spent || statusCode === 401 ? new TokenSpent(error) : error;
  }
}

function readEnvelope(reply: Reply): Envelope {
  const { statusCode } = reply;
  try {
    const answer = readJson(reply);
    const { success, data } = Envelope.safeParse(answer);
    if (success) return data;
    throw statusFailure(statusCode) ?? readAs(Envelope, answer, statusCode);
  } catch (error) {
    throw statusCode === 401 && error instanceof PlatformError ? new TokenSpent(error) : error;
  }
}

function refuseWrites(path: string): void {
  const kind = listKind("POST", path);
  if (kind === "posted" || kind === "post") return;
  throw inputError(
    'This path does not read by POST. Use method GET here, or the "omada-command" node to change something.',
  );
}

function refuseUnwritable(method: OmadaQuery["method"], rest: ReadonlyMap<string, unknown>): void {
  count(rest, "page");
  count(rest, "pageSize");
  if (method === "POST") toBody(rest);
  else queryString(toQuery(rest));
}
