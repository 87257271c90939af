import { setOperation, type CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { queryString, toJson } from "../core/encoding";
import { InvalidTokenError, PlatformError } from "../core/errors";
import { collectSecrets, maskSecrets, redact } from "../core/redact";
import { errorFromStatus, parseAs, parseJson, protocolError, type HttpResponse } from "../http/response";
import type { ServerAddress } from "../http/server-address";
import { createRequest, type Request, type Transport } from "../http/transport";
import { Session, type SessionState, type Token } from "../session/session";
import { ensureApiClient, type Scope } from "./api-clients";
import { toList } from "./collections";
import { cookieValues, parseSetCookie } from "./cookies";
import {
  anyScopeReads,
  checkBody,
  checkParameters,
  checkWritable,
  readingMethod,
  toQuery,
  type Fields,
} from "./endpoints";
import { errorFromResponse, errorFromSignIn } from "./error-codes";
import { Envelope, Granted } from "./schemas";

/** Which router, and who asks it. */
export interface PeplinkSettings {
  server: ServerAddress;
  /** `client`: by an access token; `user`: by the session cookie of an admin user. */
  mode: "client" | "user";
  clientId: string;
  clientSecret: string;
  username: string;
  password: string;
}

/** How an answer is shown. */
export interface StatusFormat {
  /** Whether a collection becomes an array. */
  asList: boolean;
  /** Whether passwords and keys read `***`. */
  maskSecrets: boolean;
}

interface Answer {
  response: unknown;
  reply: HttpResponse;
}

/** A token lives 48 hours where the router does not say (peplink.md section 1.3). */
const TOKEN_LIFE_S = 172_800;

/** A Peplink or Pepwave router, through its own API. */
export class PeplinkClient {
  readonly #settings: PeplinkSettings;
  readonly #transport: Transport;
  readonly #session: Session<Token>;

  /**
   * @param memory of an earlier client of the same credentials
   * @throws `config` when there is nothing to sign in with
   */
  constructor(settings: PeplinkSettings, transport: Transport, clock: Clock, memory: SessionState = {}) {
    const { mode, clientId, clientSecret, username, password } = settings;
    if (mode === "client" && !(clientId && clientSecret)) {
      throw new PlatformError("config", "Enter the client id and the client secret of the router's API client.");
    }
    if (mode === "user" && !(username && password)) {
      throw new PlatformError("config", "Enter the user name and password of a user of the router.");
    }
    this.#settings = settings;
    this.#transport = transport;
    this.#session = new Session((_, signal) => this.#signIn({ signal }), clock, memory);
  }

  /**
   * Reads an endpoint.
   * @returns the answer's `response`, or null
   * @throws `input` before anything is asked, when the endpoint does not read or a parameter cannot be right
   */
  async status(
    endpoint: string,
    params: Fields,
    { asList, maskSecrets: hide }: StatusFormat,
    options: CallOptions = {},
  ): Promise<unknown> {
    const method = readingMethod(endpoint);
    setOperation(endpoint, options);
    const content = method === "POST" ? { body: checkParameters(params) } : { query: toQuery(params) };
    const response = await this.#call({ effect: "read", method, ...content }, endpoint, options);
    const shown = hide ? maskSecrets(response) : response;
    return (asList ? toList(shown) : shown) ?? null;
  }

  /**
   * Writes configuration, or gives a command.
   * `options.record.details` hears whether it was `applied`; nothing where nobody knows.
   * @param apply whether a pending change is made effective at once
   * @returns the answer's `response`, or null
   * @throws `input` before anything is asked (see `checkBody`)
   */
  async post(
    endpoint: string,
    body: unknown,
    how: { apply: boolean; confirm: boolean },
    options: CallOptions = {},
  ): Promise<unknown> {
    checkWritable(endpoint);
    setOperation(endpoint, options);
    const fields = checkBody(endpoint, body, how.confirm);
    const details = options.trace?.details ?? {};
    details["applied"] = false;
    const response = await this.#call({ effect: "write", method: "POST", body: fields }, endpoint, options);
    // The vendor types it as text and shows it as a boolean (peplink.md section 2.3).
    const instant = fields?.["instantActive"] === true || fields?.["instantActive"] === "true";
    if (how.apply && endpoint.startsWith("config.") && !instant) details["applied"] = await this.#apply(options);
    return response ?? null;
  }

  /**
   * Brings an API client of the router, for which it must be an admin user that is signed in; then signs out.
   * @see ensureApiClient
   */
  async apiClient(name: string, scope: Scope, options: CallOptions = {}): ReturnType<typeof ensureApiClient> {
    const ask = (method: "GET" | "POST", body: object | undefined): Promise<unknown> =>
      this.#call({ effect: method === "GET" ? "read" : "write", method, body }, "auth.client", options);
    const taken = await ensureApiClient(ask, name, scope, options);
    await this.#call({ effect: "write", method: "POST" }, "logout", options).catch(() => undefined);
    return taken;
  }

  /** Ends the session's own work; the router is not told. */
  close(): void {
    this.#session.close();
  }

  async #apply(options: CallOptions): Promise<true> {
    try {
      await this.#call({ effect: "write", method: "POST" }, "cmd.config.apply", options);
      return true;
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      const lost = error.code === "network" || error.code === "timeout";
      if (lost) delete options.trace?.details["applied"];
      const what = lost ? "whether it was applied is not known" : "it was not applied: it waits there";
      const sentence = `The change was saved on the router, but ${what}. ${error.message}`;
      throw new PlatformError(error.code, sentence, error.details);
    }
  }

  #call(request: Omit<Request, "origin" | "path">, endpoint: string, options: CallOptions): Promise<unknown> {
    const complete = this.#complete(request, endpoint);
    const asked = complete.query;
    checkText(complete);
    const anyScope = anyScopeReads(endpoint);
    return this.#session.withToken(async ({ value }) => {
      // In the query also of a POST, as the vendor documents it; a header is refused (peplink.md section 1.3).
      if (this.#settings.mode === "client") complete.query = { ...asked, accessToken: value };
      else complete.headers = { cookie: value };
      const { response } = await this.#ask(complete, anyScope, options);
      return response;
    }, options);
  }

  #complete(request: Omit<Request, "origin" | "path">, endpoint: string): Request {
    const { origin, prefix } = this.#settings.server;
    return createRequest(request, origin, `${prefix}/api/${endpoint}`);
  }

  async #ask(request: Request, anyScope: boolean, options: CallOptions): Promise<Answer> {
    const reply = await this.#transport.send(request, options);
    const { stat, response, notice, code, message = "" } = this.#open(reply);
    if (stat === "ok") {
      if (notice !== undefined && options.trace) options.trace.details["notice"] = notice;
      return { response, reply };
    }
    const { clientId, clientSecret, username, password } = this.#settings;
    const own = [clientId, clientSecret, username, password, this.#session.token?.value];
    const words = redact(message, [...own, ...collectSecrets(request), ...cookieValues(request.headers?.["cookie"])]);
    const { isInvalidToken, error } = errorFromResponse(code, words, reply.statusCode, anyScope);
    throw isInvalidToken ? new InvalidTokenError(error) : error;
  }

  // A failing HTTP status counts as such; the router's own words beside it are welcome, and not needed.
  #open(reply: HttpResponse): Envelope {
    const { statusCode } = reply;
    const failed = errorFromStatus(statusCode);
    if (!failed) return parseAs(Envelope, this.#read(reply), statusCode);
    const { data } = Envelope.safeParse(tryJson(reply));
    if (statusCode === 401) return { ...data, stat: "fail" };
    if (data && data.stat !== "ok") return data;
    throw failed;
  }

  // With the API off, or on a wrong port, the router's own web page comes with HTTP 200 (peplink.md section 1.5).
  #read(reply: HttpResponse): unknown {
    if (/^\s*</.test(reply.text)) {
      throw protocolError(
        "It is a web page: check the address and the port, and that the API is there at all.",
        reply.statusCode,
      );
    }
    return parseJson(reply);
  }

  async #signIn(options: CallOptions): Promise<Token> {
    const user = this.#settings.mode === "user";
    try {
      return await (user ? this.#logIn(options) : this.#grant(options));
    } catch (thrown) {
      const error = thrown instanceof InvalidTokenError ? thrown.failure : thrown;
      if (!(error instanceof PlatformError)) throw error;
      throw errorFromSignIn(error, user ? "the user name or the password" : "the client id or the client secret");
    }
  }

  async #grant(options: CallOptions): Promise<Token> {
    const { clientId, clientSecret } = this.#settings;
    const body = { clientId, clientSecret };
    const request = this.#complete({ effect: "read", method: "POST", body }, "auth.token.grant");
    const { response, reply } = await this.#ask(request, true, options);
    const { accessToken, expiresIn = TOKEN_LIFE_S } = parseAs(Granted, response, reply.statusCode);
    return { value: accessToken, lifeMs: expiresIn * 1000 };
  }

  // The cookie is called bauth or pauth; taken as it comes, with whatever comes beside it (peplink.md section 1.2).
  async #logIn(options: CallOptions): Promise<Token> {
    const { username, password } = this.#settings;
    const request = this.#complete({ effect: "read", method: "POST", body: { username, password } }, "login");
    const { reply } = await this.#ask(request, true, options);
    const cookies = parseSetCookie([reply.headers["set-cookie"] ?? []].flat());
    if (cookies.length === 0)
      throw protocolError("The router signed in without giving a session cookie.", reply.statusCode);
    return { value: cookies.join("; ") };
  }
}

/** Finds out before anybody signs in what cannot be sent at all. */
function checkText({ query, body }: Request): void {
  queryString(query);
  if (body !== undefined) toJson(body);
}

function tryJson(reply: HttpResponse): unknown {
  try {
    return parseJson(reply);
  } catch {
    return undefined;
  }
}
