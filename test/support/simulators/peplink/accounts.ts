import { randomBytes } from "node:crypto";
import { cookieName, type Call } from "./call";
import { Refusal, type Json } from "./json";

type Scope = "api" | "api.read-only";

/** An API client, as `auth.client` lists it: its secret in clear. */
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
  admin: boolean;
  usedAt: number;
}

/** Who asks: somebody with a cookie, or a program with a token. */
export interface Caller {
  admin: boolean;
  readOnly: boolean;
  /** The value of the cookie or of the token. */
  credential: string;
}

/** What the router lays down about signing in; each may change at any time. */
export interface Rules {
  readonly username: string;
  readonly password: string;
  readonly readOnlyUser: { readonly username: string; readonly password: string };
  /** Even fresh sessions and tokens are refused. */
  readonly refuseEverySession: boolean;
  /** A grant answers its numbers as text. */
  readonly stringNumbers: boolean;
  /** Life of an access token in seconds. */
  readonly expiresIn: number;
  /** Idle time after which a cookie is worthless; 0 is never. */
  readonly webSessionTimeoutMs: number;
  /** Makes whatever is handed out. */
  readonly mint: (kind: "client id" | "client secret" | "cookie" | "token") => string;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

type Door = (accounts: Accounts, call: Call, caller: Caller) => unknown;

/** The code of every refusal that is about who asks. */
export const UNAUTHORIZED = 401;

/** A refusal that is about who asks. */
export const unauthorized = (message = "Unauthorized"): Refusal => new Refusal(message, UNAUTHORIZED);

/** As long as the vendor's are. */
export const secret = (): string => randomBytes(16).toString("hex");

/** Who may come in: users with their cookies, API clients with their tokens. */
export class Accounts {
  /** Successful logins and grants. */
  signIns = 0;
  /** Every secret that it ever knew or handed out. */
  readonly secrets: string[] = [];
  readonly #rules: Rules;
  readonly #clients: ApiClient[] = [];
  readonly #tokens = new Map<string, Token>();
  readonly #sessions = new Map<string, Session>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** The endpoints of signing in that need somebody who is signed in. */
  static readonly doors: Readonly<Record<string, { GET?: Door; POST?: Door }>> = {
    login: {},
    logout: { POST: (accounts, _call, { credential }) => void accounts.#sessions.delete(credential) },
    "auth.client": {
      GET: (accounts, _call, caller) => onlyAdmin(caller) && accounts.#clients,
      POST: (accounts, { args }, caller) => onlyAdmin(caller) && accounts.#changeClients(args),
    },
    "auth.client.token": {
      GET: (accounts, { args }, caller) => onlyAdmin(caller) && accounts.#tokensOf(args["clientId"]),
    },
    "auth.token.grant": {},
    "auth.token.revoke": {
      POST: (accounts, { args }, caller) => accounts.#revoke(String(args["accessToken"]), caller),
    },
  };

  addClient(name: string, scope: Scope): ApiClient {
    const createTimestamp = Math.floor(this.#rules.now() / 1000);
    const client: ApiClient = {
      name,
      clientId: this.#rules.mint("client id"),
      clientSecret: this.#rules.mint("client secret"),
      confidential: false,
      createTimestamp,
      scope,
    };
    this.#clients.push(client);
    this.secrets.push(client.clientSecret);
    return client;
  }

  /** Signs a user in, and gives the cookie to the answer. */
  login({ args: { username, password }, secure, setCookies }: Call): Json {
    const { username: adminName, password: adminPassword, readOnlyUser, now } = this.#rules;
    const admin = username === adminName && password === adminPassword;
    const user = username === readOnlyUser.username && password === readOnlyUser.password;
    if (!admin && !user) throw unauthorized();
    this.signIns++;
    const value = this.#rules.mint("cookie");
    this.secrets.push(value);
    this.#sessions.set(value, { admin, usedAt: now() });
    setCookies.push("locale=en; Path=/", `${cookieName(secure)}=${value}; Path=/; HttpOnly; SameSite=Strict`);
    return { permission: { GET: 1, POST: admin ? 1 : 0 } };
  }

  /** Older tokens of the same client stay valid: whether they really do is not documented. */
  grant({ clientId, clientSecret, scope }: Json): Json {
    const client = this.#clients.find((one) => one.clientId === clientId && one.clientSecret === clientSecret);
    if (!client) throw unauthorized();
    const granted = scope === "api.read-only" ? scope : client.scope;
    if (scope !== undefined && scope !== granted) throw new Refusal("Invalid scope");
    this.signIns++;
    const { expiresIn, stringNumbers, now } = this.#rules;
    const token = { accessToken: this.#rules.mint("token"), client, scope: granted, createdAt: now() };
    this.secrets.push(token.accessToken);
    this.#tokens.set(token.accessToken, { ...token, expiresAt: now() + expiresIn * 1000 });
    const numbers = { authorizationType: 3, expiresIn };
    const texts = { authorizationType: "3", expiresIn: String(expiresIn) };
    return { accessToken: token.accessToken, scope: granted, ...(stringNumbers ? texts : numbers) };
  }

  /** Whoever shows a live cookie or token. Throws for anybody else. */
  caller(call: Call): Caller {
    const { token, cookie = "" } = call;
    const now = this.#rules.now();
    if (token === undefined) {
      const session = this.#session(call);
      if (!session) throw unauthorized();
      session.usedAt = now;
      return { admin: session.admin, readOnly: !session.admin, credential: cookie };
    }
    const known = this.#tokens.get(token);
    const live = known && now < known.expiresAt && !this.#rules.refuseEverySession;
    if (!live) throw unauthorized("Invalid access token");
    return { admin: false, readOnly: known.scope === "api.read-only", credential: token };
  }

  /** Whether it comes without a token and without a live cookie. */
  isStranger(call: Call): boolean {
    return call.token === undefined && !this.#session(call);
  }

  /** Every cookie and token that is out becomes worthless. */
  expire(): void {
    this.#sessions.clear();
    this.#tokens.clear();
  }

  #session({ cookie = "" }: Call): Session | undefined {
    const { refuseEverySession, webSessionTimeoutMs, now } = this.#rules;
    const session = this.#sessions.get(cookie);
    if (!session || refuseEverySession) return undefined;
    const idleMs = now() - session.usedAt;
    return webSessionTimeoutMs > 0 && idleMs >= webSessionTimeoutMs ? undefined : session;
  }

  #revoke(accessToken: string, { admin, credential }: Caller): void {
    if (!admin && credential !== accessToken) throw unauthorized();
    if (!this.#tokens.delete(accessToken)) throw new Refusal("Invalid access token");
  }

  #changeClients({ action, name, scope, clientId }: Json): ApiClient | undefined {
    if (action === "add") {
      if (typeof name !== "string" || (scope !== "api" && scope !== "api.read-only"))
        throw new Refusal("Missing name or scope");
      return this.addClient(name, scope);
    }
    if (action !== "remove") throw new Refusal("unsupported action");
    const at = this.#clients.findIndex((client) => client.clientId === clientId);
    if (at < 0) throw new Refusal("Invalid clientId");
    this.#clients.splice(at, 1);
    for (const [value, { client }] of this.#tokens) if (client.clientId === clientId) this.#tokens.delete(value);
    return undefined;
  }

  #tokensOf(clientId: unknown): Json[] {
    const meant = [...this.#tokens.values()].filter(
      ({ client }) => clientId === undefined || client.clientId === clientId,
    );
    return meant.map(({ accessToken, client, scope, createdAt }) => {
      const createTimestamp = Math.floor(createdAt / 1000);
      return {
        accessToken,
        clientId: client.clientId,
        clientName: client.name,
        authorizationType: 3,
        scope,
        createTimestamp,
      };
    });
  }
}

function onlyAdmin({ admin }: Caller): true {
  if (!admin) throw unauthorized();
  return true;
}
