import { randomBytes } from "node:crypto";
import { cookieName, type Call } from "./call";
import { ApiError, toSeconds, type Json } from "./json";

type Scope = "api" | "api.read-only";

/** An API client as `auth.client` lists it, with its secret in clear. */
export interface ApiClient {
  name: string;
  clientId: string;
  clientSecret: string;
  confidential: false;
  createTimestamp: number;
  scope: Scope;
}

interface Token {
  accessToken: string;
  client: ApiClient;
  scope: Scope;
  createdAt: number;
  expiresAt: number;
}

interface Session {
  isAdmin: boolean;
  usedAt: number;
}

/** Who makes a call: a user with a cookie, or a client with a token. */
export interface Caller {
  isAdmin: boolean;
  isReadOnly: boolean;
  /** The value of the cookie or of the token. */
  credential: string;
}

/** The settings for signing in, each of which may change at any time. */
export interface AuthSettings {
  readonly username: string;
  readonly password: string;
  readonly readOnlyUser: { readonly username: string; readonly password: string };
  /** Whether even fresh cookies and tokens are refused. */
  readonly refuseEverySession: boolean;
  /** Whether each response replaces the cookie. */
  readonly replacesCookies: boolean;
  /** Whether a grant has strings in place of numbers. */
  readonly numbersAsStrings: boolean;
  /** Life of an access token in seconds. */
  readonly expiresIn: number;
  /** Idle time after which a cookie expires; 0 = never. */
  readonly webSessionTimeoutMs: number;
  /** Generates credentials. */
  readonly generate: (kind: "client id" | "client secret" | "cookie" | "token") => string;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

type AuthEndpoint = (accounts: Accounts, call: Call, caller: Caller) => unknown;

/** The code of every failed authentication or authorization. */
export const UNAUTHORIZED = 401;

export const unauthorized = (message = "Unauthorized"): ApiError => new ApiError(message, UNAUTHORIZED);

/** As long as the vendor's are. */
export const generateSecret = (): string => randomBytes(16).toString("hex");

/** Users with their cookies, and API clients with their tokens. */
export class Accounts {
  /** Successful logins and grants. */
  signIns = 0;
  /** Every secret that was ever set or handed out. */
  readonly secrets: string[] = [];
  readonly #settings: AuthSettings;
  readonly #clients: ApiClient[] = [];
  readonly #tokens = new Map<string, Token>();
  readonly #sessions = new Map<string, Session>();

  constructor(settings: AuthSettings) {
    this.#settings = settings;
  }

  /** The endpoints for signing in. `login` and `auth.token.grant` need no session, and are called separately. */
  static readonly endpoints: Readonly<Record<string, { GET?: AuthEndpoint; POST?: AuthEndpoint }>> = {
    login: {},
    logout: { POST: (accounts, _call, { credential }) => void accounts.#sessions.delete(credential) },
    "auth.client": {
      GET: (accounts, _call, caller) => requireAdmin(caller) && accounts.#clients,
      POST: (accounts, { args }, caller) => requireAdmin(caller) && accounts.#changeClients(args),
    },
    "auth.client.token": {
      GET: (accounts, { args }, caller) => requireAdmin(caller) && accounts.#listTokens(args["clientId"]),
    },
    "auth.token.grant": {},
    "auth.token.revoke": {
      POST: (accounts, { args }, caller) => accounts.#revoke(String(args["accessToken"]), caller),
    },
  };

  addClient(name: string, scope: Scope): ApiClient {
    const client: ApiClient = {
      name,
      clientId: this.#settings.generate("client id"),
      clientSecret: this.#settings.generate("client secret"),
      confidential: false,
      createTimestamp: toSeconds(this.#settings.now()),
      scope,
    };
    this.#clients.push(client);
    this.secrets.push(client.clientSecret);
    return client;
  }

  /** Signs a user in, and adds the cookie to the response. */
  login({ args: { username, password }, isSecure, setCookies }: Call): Json {
    const { username: adminName, password: adminPassword, readOnlyUser, now } = this.#settings;
    const isAdmin = username === adminName && password === adminPassword;
    const isUser = username === readOnlyUser.username && password === readOnlyUser.password;
    if (!isAdmin && !isUser) throw unauthorized();
    this.signIns++;
    const value = this.#settings.generate("cookie");
    this.secrets.push(value);
    this.#sessions.set(value, { isAdmin, usedAt: now() });
    setCookies.push("locale=en; Path=/", `${cookieName(isSecure)}=${value}; Path=/; HttpOnly; SameSite=Strict`);
    return { permission: { GET: 1, POST: isAdmin ? 1 : 0 } };
  }

  /** Grants a token. Older tokens of the client stay valid, which is not documented either way. */
  grant({ clientId, clientSecret, scope: requestedScope }: Json): Json {
    const client = this.#clients.find((each) => each.clientId === clientId && each.clientSecret === clientSecret);
    if (!client) throw unauthorized();
    const scope = requestedScope === "api.read-only" ? requestedScope : client.scope;
    if (requestedScope !== undefined && requestedScope !== scope) throw new ApiError("Invalid scope");
    this.signIns++;
    const { expiresIn, numbersAsStrings, now } = this.#settings;
    const token = { accessToken: this.#settings.generate("token"), client, scope, createdAt: now() };
    this.secrets.push(token.accessToken);
    this.#tokens.set(token.accessToken, { ...token, expiresAt: now() + expiresIn * 1000 });
    const numbers = { authorizationType: 3, expiresIn };
    const strings = { authorizationType: "3", expiresIn: String(expiresIn) };
    return { accessToken: token.accessToken, scope, ...(numbersAsStrings ? strings : numbers) };
  }

  /** The caller with a valid cookie or token. @throws `Unauthorized` for any other */
  authenticate(call: Call): Caller {
    const { token: accessToken, cookie = "" } = call;
    const now = this.#settings.now();
    if (accessToken === undefined) {
      const session = this.#findSession(call);
      if (!session) throw unauthorized();
      session.usedAt = now;
      if (this.#settings.replacesCookies) this.#replaceCookie(call, session);
      return { isAdmin: session.isAdmin, isReadOnly: !session.isAdmin, credential: cookie };
    }
    const token = this.#tokens.get(accessToken);
    const isValid = token && now < token.expiresAt && !this.#settings.refuseEverySession;
    if (!isValid) throw unauthorized("Invalid access token");
    return { isAdmin: false, isReadOnly: token.scope === "api.read-only", credential: accessToken };
  }

  /** Whether a call comes without a token and without a valid cookie. */
  isAnonymous(call: Call): boolean {
    return call.token === undefined && !this.#findSession(call);
  }

  /** Invalidates every cookie and token. */
  expire(): void {
    this.#sessions.clear();
    this.#tokens.clear();
  }

  #replaceCookie({ cookie = "", isSecure, setCookies }: Call, session: Session): void {
    const value = this.#settings.generate("cookie");
    this.secrets.push(value);
    this.#sessions.delete(cookie);
    this.#sessions.set(value, session);
    setCookies.push(`${cookieName(isSecure)}=${value}; Path=/; HttpOnly; SameSite=Strict`);
  }

  #findSession({ cookie = "" }: Call): Session | undefined {
    const { refuseEverySession, webSessionTimeoutMs, now } = this.#settings;
    const session = this.#sessions.get(cookie);
    if (!session || refuseEverySession) return undefined;
    const idleMs = now() - session.usedAt;
    return webSessionTimeoutMs > 0 && idleMs >= webSessionTimeoutMs ? undefined : session;
  }

  #revoke(accessToken: string, { isAdmin, credential }: Caller): void {
    if (!isAdmin && credential !== accessToken) throw unauthorized();
    if (!this.#tokens.delete(accessToken)) throw new ApiError("Invalid access token");
  }

  #changeClients({ action, name, scope, clientId }: Json): ApiClient | undefined {
    if (action === "add") {
      if (typeof name !== "string" || (scope !== "api" && scope !== "api.read-only"))
        throw new ApiError("Missing name or scope");
      return this.addClient(name, scope);
    }
    if (action !== "remove") throw new ApiError("unsupported action");
    const index = this.#clients.findIndex((client) => client.clientId === clientId);
    if (index < 0) throw new ApiError("Invalid clientId");
    this.#clients.splice(index, 1);
    for (const [value, { client }] of this.#tokens) if (client.clientId === clientId) this.#tokens.delete(value);
    return undefined;
  }

  #listTokens(clientId: unknown): Json[] {
    return [...this.#tokens.values()]
      .filter(({ client }) => clientId === undefined || client.clientId === clientId)
      .map(({ accessToken, client, scope, createdAt }) => ({
        accessToken,
        clientId: client.clientId,
        clientName: client.name,
        authorizationType: 3,
        scope,
        createTimestamp: toSeconds(createdAt),
      }));
  }
}

function requireAdmin({ isAdmin }: Caller): true {
  if (!isAdmin) throw unauthorized();
  return true;
}
