import type { CallOptions } from "../core/call-context";
import type { Clock } from "../core/clock";
import { isPlainObject, queryString, toJson } from "../core/encoding";
import { InvalidTokenError, isPlatformError, PlatformError, withoutRetry } from "../core/errors";
import { KeyedQueue } from "../core/keyed-queue";
import { collectSecrets, maskSecrets, redact } from "../core/redact";
import { createRequest, type Request } from "../http/request";
import { errorFromStatus, parseAs, parseJson, protocolError, type HttpResponse } from "../http/response";
import { waitForRetry } from "../http/retry";
import type { ServerAddress } from "../http/server-address";
import type { Transport } from "../http/transport";
import { Session } from "../session/session";
import { SessionState } from "../session/session-state";
import { Token } from "../session/token";
import { cookieValues, mergeCookies, parseSetCookie } from "./cookies";
import { checkCredentials, type PeplinkCredentials } from "./credentials";
import { allowsReadOnlyScope } from "./endpoints";
import { errorFromResponse, errorFromSignIn } from "./error-codes";
import { Envelope, LoginPermission, TokenGrant } from "./schemas";

/** The address of a router, and the credentials to sign in with. */
export interface PeplinkSettings extends PeplinkCredentials {
  server: ServerAddress;
}

/** What is sent to an endpoint; `body` is sent as JSON. */
type ApiRequest = Pick<Request, "effect" | "method" | "query" | "body">;

/** What becomes of a successful response: `response` of its envelope, and the HTTP response around it. */
type Use<T> = (response: unknown, http: HttpResponse) => T;

/** Assumed where the router does not say: 48 hours (peplink.md section 1.3). */
const DEFAULT_TOKEN_LIFE_S = 172_800;

/** How long a router that has replaced its cookie is expected to do that again. */
const REPLACEMENT_MEMORY_MS = 60_000;

/** The HTTP API of a router: signs in, places the token or the cookie, and turns its envelopes into values or errors. */
export class PeplinkApi {
  readonly #settings: PeplinkSettings;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #session: Session<Token>;
  readonly #turns = new KeyedQueue("the session of this router");
  /** When the router last replaced its cookie, in milliseconds since 1970. */
  #replacedAt = -Infinity;

  /**
   * @param state of an earlier session with the same credentials
   * @throws `config` if the credentials of the mode are missing
   */
  constructor(settings: PeplinkSettings, transport: Transport, clock: Clock, state: SessionState = new SessionState()) {
    checkCredentials(settings);
    this.#settings = settings;
    this.#transport = transport;
    this.#clock = clock;
    this.#session = new Session((_, signal) => this.#signIn({ signal }), Token, clock, state);
  }

  /**
   * Calls an endpoint in the session.
   * `options.trace.details.notice` receives the router's notice, if there is one.
   * @returns `response` of the envelope; undefined if it has none
   * @throws `input` before anything is sent, if the query or the body cannot be encoded
   */
  call(endpoint: string, apiRequest: ApiRequest, options: CallOptions): Promise<unknown> {
    const request = this.#createRequest(endpoint, apiRequest);
    const { query } = request;
    checkEncodable(request);
    const isAnyScope = allowsReadOnlyScope(endpoint);
    return this.#session.withToken(
      (token) => {
        // In the query also of a POST, as the vendor documents it; a header is refused (peplink.md section 1.3).
        if (this.#settings.mode === "client") request.query = { ...query, accessToken: token.value };
        else if (endpoint !== "logout") checkPermission(request, token);
        return this.#sendUntilReady(request, isAnyScope, options, token);
      },
      options,
      endpoint,
    );
  }

  /** Ends the session at the router, if there is one. What the router says of that is of no interest. */
  async signOut(options: CallOptions): Promise<void> {
    if (!this.#session.token) return;
    await this.call("logout", { effect: "write", method: "POST" }, options).catch(() => undefined);
  }

  /** Ends the session here; the router is not informed. */
  close(): void {
    this.#session.close();
  }

  #createRequest(endpoint: string, request: ApiRequest): Request {
    const { origin, prefix } = this.#settings.server;
    return createRequest(request, origin, `${prefix}/api/${endpoint}`);
  }

  // The transport has retried what failed below the envelope. What a router says in it passes as quickly.
  #sendUntilReady(
    request: Request,
    isAnyScope: boolean,
    options: CallOptions,
    token: Token,
    retries = 0,
  ): Promise<unknown> {
    // Each response brings the cookie of the next request, so there cannot be two at the same time (peplink.md section 1.2).
    const sent = this.#isReplacingCookies()
      ? this.#turns.run("cookie", () => this.#sendWith(token, request, isAnyScope, options), options)
      : this.#sendWith(token, request, isAnyScope, options);
    return sent.catch(async (error: unknown) => {
      // Another response has replaced the cookie while this request was under way.
      const wasReplaced = request.headers !== undefined && request.headers["cookie"] !== token.value;
      if (!(error instanceof InvalidTokenError && wasReplaced && retries === 0)) {
        const isSaid = isPlatformError(error, "busy") && error.details.vendorMessage !== undefined;
        if (!isSaid) throw error;
        await waitForRetry(error, retries, request.effect, this.#clock, options);
      }
      return this.#sendUntilReady(request, isAnyScope, options, token, retries + 1);
    });
  }

  #isReplacingCookies(): boolean {
    return this.#settings.mode === "user" && this.#clock.now() < this.#replacedAt + REPLACEMENT_MEMORY_MS;
  }

  #sendWith(token: Token, request: Request, isAnyScope: boolean, options: CallOptions): Promise<unknown> {
    if (this.#settings.mode === "client") return this.#send(request, isAnyScope, options, asIs);
    request.headers = { cookie: token.value };
    return this.#send(request, isAnyScope, options, asIs, token);
  }

  /** @param token whose cookie follows what the router sets in its response */
  #send<T>(request: Request, isAnyScope: boolean, options: CallOptions, use: Use<T>, token?: Token): Promise<T> {
    return this.#transport.send(request, options, (http) => {
      const envelope = parseEnvelope(http);
      const { stat, response, notice } = envelope;
      const error = stat === "ok" ? undefined : this.#errorFrom(envelope, http.statusCode, request, isAnyScope);
      if (token && !(error instanceof InvalidTokenError) && followCookies(token, http))
        this.#replacedAt = this.#clock.now();
      if (error) throw error;
      if (notice !== undefined && options.trace) options.trace.details["notice"] = notice;
      this.#recordWarning(response, request, options);
      return use(response, http);
    });
  }

  #errorFrom({ response, code, message }: Envelope, statusCode: number, request: Request, isAnyScope: boolean): Error {
    // A router that starts says it in the response (peplink.md section 1.5).
    const text = message ?? (typeof response === "string" ? response : "");
    const vendorMessage = redact(text, this.#secretsOf(request));
    const { isInvalidToken, error, forbidden } = errorFromResponse(code, vendorMessage, statusCode, isAnyScope);
    if (isInvalidToken) return new InvalidTokenError(error, forbidden);
    // A part of the router did not respond in time to the rest of it: the change may have been made.
    return request.effect === "write" && /timeout/i.test(vendorMessage) ? withoutRetry(error) : error;
  }

  // `cmd.config.apply` may warn in a successful response (peplink.md section 2.1), and so may any other endpoint.
  #recordWarning(response: unknown, request: Request, { trace }: CallOptions): void {
    const warning = isPlainObject(response) ? response["warning"] : undefined;
    if (warning === undefined || warning === null || warning === "" || !trace) return;
    const safe = typeof warning === "string" ? redact(warning, this.#secretsOf(request)) : maskSecrets(warning);
    const earlier = trace.details["warning"];
    trace.details["warning"] = typeof earlier === "string" && typeof safe === "string" ? `${earlier} ${safe}` : safe;
  }

  /** What a router might quote in its message. */
  #secretsOf(request: Request): (string | undefined)[] {
    const { clientId, clientSecret, username, password } = this.#settings;
    const own = [clientId, clientSecret, username, password, this.#session.token?.value];
    if (this.#settings.mode === "user") own.push(...cookieValues(this.#session.token?.value));
    return [...own, ...collectSecrets(request), ...cookieValues(request.headers?.["cookie"])];
  }

  async #signIn(options: CallOptions): Promise<Token> {
    const isUser = this.#settings.mode === "user";
    try {
      return await (isUser ? this.#fetchCookie(options) : this.#fetchToken(options));
    } catch (thrown) {
      const error = thrown instanceof InvalidTokenError ? thrown.failure : thrown;
      if (!(error instanceof PlatformError)) throw error;
      throw errorFromSignIn(error, isUser ? "the user name or the password" : "the client id or the client secret");
    }
  }

  #fetchToken(options: CallOptions): Promise<Token> {
    const { clientId, clientSecret } = this.#settings;
    const body = { clientId, clientSecret };
    const request = this.#createRequest("auth.token.grant", { effect: "read", method: "POST", body });
    return this.#send(request, true, options, (response, { statusCode }) => {
      const { accessToken, expiresIn = DEFAULT_TOKEN_LIFE_S } = parseAs(TokenGrant, response, statusCode);
      return { value: accessToken, lifeMs: expiresIn * 1000 };
    });
  }

  // The cookie is named bauth or pauth, and others may come with it: all are sent back (peplink.md section 1.2).
  #fetchCookie(options: CallOptions): Promise<Token> {
    const { username, password } = this.#settings;
    const body = { username, password };
    const request = this.#createRequest("login", { effect: "read", method: "POST", body });
    return this.#send(request, true, options, (response, http) => {
      const cookies = parseSetCookie(setCookies(http));
      if (cookies.length === 0)
        throw protocolError(
          "The sign-in brought no session cookie: check the address, and that it is the router's own.",
          http.statusCode,
        );
      return { value: cookies.join("; "), isReadOnly: isReadOnly(response) };
    });
  }
}

const asIs: Use<unknown> = (response) => response;

function isReadOnly(response: unknown): boolean {
  const { POST } = LoginPermission.safeParse(response).data?.permission ?? {};
  return POST === 0 || POST === "0" || POST === false;
}

/** @throws `forbidden` for what the router said at the login that this user may not do (peplink.md section 1.2) */
function checkPermission({ method }: Request, token: Token): void {
  if (method !== "POST" || token["isReadOnly"] !== true) return;
  throw new PlatformError(
    "forbidden",
    'This user of the router is read-only. Enter an administrator in the config node, or an API client with the scope "api".',
  );
}

function setCookies({ headers }: HttpResponse): string[] {
  return [headers["set-cookie"] ?? []].flat();
}

// A router may replace its cookie with any response; the old one is refused from then on.
function followCookies(token: Token, http: HttpResponse): boolean {
  const headers = setCookies(http);
  if (headers.length === 0) return false;
  const { value } = token;
  token.value = mergeCookies(value, headers);
  return token.value !== value;
}

// A failing HTTP status is a failure whatever the body says. An envelope beside it adds the router's own message.
function parseEnvelope(http: HttpResponse): Envelope {
  const { statusCode } = http;
  const error = errorFromStatus(statusCode);
  if (!error) {
    const body = parseBody(http);
    return isSuccess(body) ? body : parseAs(Envelope, body, statusCode);
  }
  const { data } = Envelope.safeParse(tryParseJson(http));
  if (statusCode === 401) return { ...data, stat: "fail" };
  if (data && data.stat !== "ok") return data;
  throw error;
}

// The schema is for what a router says of a failure: nothing else in it is read.
const isSuccess = (body: unknown): body is Envelope => isPlainObject(body) && body["stat"] === "ok";

// With the API disabled, or on a wrong port, the router's web page comes with HTTP 200 (peplink.md section 1.5).
function parseBody(http: HttpResponse): unknown {
  if (/^\s*</.test(http.text)) {
    throw protocolError(
      "It is a web page: check the address and the port, and that the API is enabled.",
      http.statusCode,
    );
  }
  return parseJson(http);
}

function tryParseJson(http: HttpResponse): unknown {
  try {
    return parseJson(http);
  } catch {
    return undefined;
  }
}

// Before the sign-in, which a request that cannot be sent would waste.
function checkEncodable({ query, body }: Request): void {
  queryString(query);
  if (body !== undefined) toJson(body);
}
