import { randomBytes } from "node:crypto";
import { selfSigned, type Certificate } from "./certificate";
import { collection, ENDPOINTS, NOTICES, object, Refusal, World } from "./peplink-world";
import type { Json, LanClient, Peer, Port, Ssid, Wan } from "./peplink-world";
import { SimulatedServer, type Answer, type Asked, type ServeOptions } from "./serve";

export type { Allowance, LanClient, Peer, Port, Sim, Ssid } from "./peplink-world";
export { Wan } from "./peplink-world";

type Scope = "api" | "api.read-only";

/** An API client, as `auth.client` lists it: its secret in clear. */
interface ApiClient {
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
interface Caller {
  admin: boolean;
  readOnly: boolean;
  /** The value of the cookie or of the token. */
  credential: string;
}

/** One request, understood. */
interface Call {
  method: string;
  args: Json;
  token: string | undefined;
  /** The value of the one cookie that counts. */
  cookie: string | undefined;
  /** Whether it is a POST as an HTML form sends it. */
  form: boolean;
  secure: boolean;
  /** Set-Cookie headers for the answer. */
  setCookies: string[];
}

type Door = (router: PeplinkRouter, call: Call, caller: Caller) => unknown;

const UNAUTHORIZED = 401;
const LOGIN_PAGE = `<!DOCTYPE html><html><head><title>Router Administration</title></head><body><form id="login"></form></body></html>`;

/**
 * A Peplink router on loopback, as its REST API shows it.
 * Config reads show what is saved, status reads what is in force; a restart (`rebootMs`) ends every session.
 */
export class PeplinkRouter {
  readonly username = "admin";
  password = "salt-and-lamp-oil";
  readonly readOnlyUser = { username: "user", password: "look-but-do-not-touch" };
  /** Even fresh sessions and tokens are refused. */
  refuseEverySession = false;
  /** A refusal with code 401 comes with HTTP status 401 too; MAX routers answer 200 (peplink.md section 1.5). */
  honest401 = false;
  /** Every path answers the login page of the Web Admin. */
  apiOff = false;
  /** A grant answers its numbers as text, as firmware 8.3 was seen to do. */
  stringNumbers = false;
  /** Life of an access token in seconds. */
  expiresIn = 172_800;
  /** Idle time after which a cookie is worthless; 0 is never. */
  webSessionTimeoutMs = 14_400_000;
  /** How long a reboot cuts every connection; with 0 it is only counted. */
  rebootMs = 0;
  /** The clock, in milliseconds since 1970. */
  now: () => number = Date.now;
  /** The rest of its state: location, access point, messages, counters. */
  readonly world = new World(() => this.now());

  readonly #apiClients: ApiClient[] = [];
  readonly #tokens = new Map<string, Token>();
  readonly #sessions = new Map<string, Session>();
  readonly #own: ApiClient;
  readonly #ownReadOnly: ApiClient;
  #signIns = 0;
  #internalErrors = 0;
  #downUntil = 0;

  private constructor(
    readonly server: SimulatedServer,
    readonly certificate: Certificate | undefined,
  ) {
    this.#own = this.#newClient("home automation", "api");
    this.#ownReadOnly = this.#newClient("wall display", "api.read-only");
  }

  /** Starts a router that speaks https with a fresh certificate of its own, or plain http. */
  static async start(options: ServeOptions & { http?: boolean } = {}): Promise<PeplinkRouter> {
    const { http = false, port = 0 } = options;
    const certificate = http ? undefined : (options.certificate ?? selfSigned({ subject: "captive-portal" }));
    const serve: ServeOptions = certificate ? { port, certificate } : { port };
    const server = await SimulatedServer.start((asked) => router.#answer(asked), serve);
    const router = new PeplinkRouter(server, certificate);
    return router;
  }

  get url(): string {
    return this.server.url;
  }
  get fingerprint(): string | undefined {
    return this.certificate?.fingerprint;
  }
  get clientId(): string {
    return this.#own.clientId;
  }
  get clientSecret(): string {
    return this.#own.clientSecret;
  }
  get readOnlyClient(): { clientId: string; clientSecret: string } {
    return this.#ownReadOnly;
  }
  get wans(): Wan[] {
    return this.world.wans;
  }
  get clients(): LanClient[] {
    return this.world.clients;
  }
  get ssids(): Ssid[] {
    return this.world.ssids;
  }
  get peers(): Peer[] {
    return this.world.peers;
  }
  get ports(): Port[] {
    return this.world.ports;
  }

  wan(name: string): Wan {
    const wan = this.wans.find((wan) => wan.name === name);
    if (!wan) throw new Error(`This router has no WAN called ${name}.`);
    return wan;
  }

  /** Config changes that are saved and not yet in force. */
  pending(): unknown[] {
    return [...this.world.pending];
  }

  /** How often `cmd.config.apply` succeeded. */
  applied(): number {
    return this.world.applied;
  }

  /** Successful logins and grants. */
  signIns(): number {
    return this.#signIns;
  }

  signInAttempts(): number {
    return this.calls("login") + this.calls("auth.token.grant");
  }

  /** How many requests of an endpoint arrived, spoilt ones too. */
  calls(endpoint: string): number {
    return this.server.journal.filter(({ path }) => path === `/api/${endpoint}`).length;
  }

  /** Every cookie and token that is out becomes worthless. */
  expireSessions(): void {
    this.#sessions.clear();
    this.#tokens.clear();
  }

  /** The next requests of signed-in callers fail with "Internal Error", and are not carried out. */
  answerInternalError(times = 1): void {
    this.#internalErrors += times;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #answer(asked: Asked): Answer {
    if (Date.now() < this.#downUntil) return { body: "" };
    const [, endpoint] = /^\/api\/([\w.]+)$/.exec(asked.path) ?? [];
    if (this.apiOff || endpoint === undefined) return { headers: { "content-type": "text/html" }, body: LOGIN_PAGE };

    try {
      const call = understood(asked);
      const response = this.#run(endpoint, call);
      return {
        headers: call.setCookies.length > 0 ? { "set-cookie": call.setCookies } : {},
        body: { stat: "ok", response, notice: NOTICES[endpoint] },
      };
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const { code, message } = refusal;
      return {
        status: this.honest401 && code === UNAUTHORIZED ? UNAUTHORIZED : 200,
        body: { stat: "fail", code, message },
      };
    }
  }

  #run(endpoint: string, call: Call): unknown {
    this.world.settle();
    const asking = `${call.method} ${endpoint}`;
    if (asking === "POST login") return this.#login(call);
    if (asking === "POST auth.token.grant") return this.#grant(call.args);
    if (asking === "GET info.firmware" && call.token === undefined && !this.#session(call))
      return this.#runningFirmware();

    const caller = this.#caller(call);
    if (this.#internalErrors > 0) {
      this.#internalErrors--;
      throw new Refusal("Internal Error");
    }
    const doors = own(PeplinkRouter.#doors, endpoint);
    if (doors) return offered(doors, call.method)(this, call, caller);
    return this.#carryOut(endpoint, call, caller);
  }

  #carryOut(endpoint: string, { method, args, form }: Call, { readOnly }: Caller): unknown {
    const methods = own(ENDPOINTS, endpoint);
    if (!methods) throw new Refusal("unknown function");
    // What can only be read is also read by a form; a POST of JSON is not (peplink.md section 1.1).
    const meant = form && !methods.POST ? "GET" : method;
    const act = offered(methods, meant);
    if (readOnly && (meant === "POST" || endpoint.startsWith("config."))) throw unauthorized();
    const response = act(this.world, args);
    if (endpoint === "cmd.system.reboot" && this.rebootMs > 0) this.#goDown();
    return response;
  }

  /** The endpoints of signing in that need somebody who is signed in. */
  static readonly #doors: Readonly<Record<string, { GET?: Door; POST?: Door }>> = {
    login: {},
    logout: { POST: (router, _call, { credential }) => void router.#sessions.delete(credential) },
    "auth.client": {
      GET: (router, _call, caller) => onlyAdmin(caller) && router.#apiClients,
      POST: (router, { args }, caller) => onlyAdmin(caller) && router.#changeClients(args),
    },
    "auth.client.token": { GET: (router, { args }, caller) => onlyAdmin(caller) && router.#tokensOf(args.clientId) },
    "auth.token.grant": {},
    "auth.token.revoke": { POST: (router, { args }, caller) => router.#revoke(String(args.accessToken), caller) },
  };

  #login({ args: { username, password }, secure, setCookies }: Call): Json {
    const admin = username === this.username && password === this.password;
    const user = username === this.readOnlyUser.username && password === this.readOnlyUser.password;
    if (!admin && !user) throw unauthorized();
    this.#signIns++;
    const value = secret();
    this.#sessions.set(value, { admin, usedAt: this.now() });
    setCookies.push("locale=en; Path=/", `${cookieName(secure)}=${value}; Path=/; HttpOnly; SameSite=Strict`);
    return { permission: { GET: 1, POST: admin ? 1 : 0 } };
  }

  /** Older tokens of the same client stay valid: whether they really do is not documented. */
  #grant({ clientId, clientSecret, scope }: Json): Json {
    const client = this.#apiClients.find((one) => one.clientId === clientId && one.clientSecret === clientSecret);
    if (!client) throw unauthorized();
    const granted = scope === "api.read-only" ? scope : client.scope;
    if (scope !== undefined && scope !== granted) throw new Refusal("Invalid scope");
    this.#signIns++;
    const token = { accessToken: secret(), client, scope: granted, createdAt: this.now() };
    this.#tokens.set(token.accessToken, { ...token, expiresAt: this.now() + this.expiresIn * 1000 });
    const numbers = { authorizationType: 3, expiresIn: this.expiresIn };
    const texts = { authorizationType: "3", expiresIn: String(this.expiresIn) };
    return { accessToken: token.accessToken, scope: granted, ...(this.stringNumbers ? texts : numbers) };
  }

  #revoke(accessToken: string, { admin, credential }: Caller): void {
    if (!admin && credential !== accessToken) throw unauthorized();
    if (!this.#tokens.delete(accessToken)) throw new Refusal("Invalid access token");
  }

  #changeClients({ action, name, scope, clientId }: Json): ApiClient | undefined {
    if (action === "add") {
      if (typeof name !== "string" || (scope !== "api" && scope !== "api.read-only"))
        throw new Refusal("Missing name or scope");
      return this.#newClient(name, scope);
    }
    if (action !== "remove") throw new Refusal("unsupported action");
    const at = this.#apiClients.findIndex((client) => client.clientId === clientId);
    if (at < 0) throw new Refusal("Invalid clientId");
    this.#apiClients.splice(at, 1);
    for (const [value, { client }] of this.#tokens) if (client.clientId === clientId) this.#tokens.delete(value);
    return undefined;
  }

  #newClient(name: string, scope: Scope): ApiClient {
    const createTimestamp = Math.floor(this.now() / 1000);
    const client: ApiClient = {
      name,
      clientId: secret(),
      clientSecret: secret(),
      confidential: false,
      createTimestamp,
      scope,
    };
    this.#apiClients.push(client);
    return client;
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

  #caller(call: Call): Caller {
    const { token, cookie = "" } = call;
    if (token === undefined) {
      const session = this.#session(call);
      if (!session) throw unauthorized();
      session.usedAt = this.now();
      return { admin: session.admin, readOnly: !session.admin, credential: cookie };
    }
    const known = this.#tokens.get(token);
    const live = known && this.now() < known.expiresAt && !this.refuseEverySession;
    if (!live) throw unauthorized("Invalid access token");
    return { admin: false, readOnly: known.scope === "api.read-only", credential: token };
  }

  #session({ cookie = "" }: Call): Session | undefined {
    const session = this.#sessions.get(cookie);
    if (!session || this.refuseEverySession) return undefined;
    const idleMs = this.now() - session.usedAt;
    return this.webSessionTimeoutMs > 0 && idleMs >= this.webSessionTimeoutMs ? undefined : session;
  }

  #runningFirmware(): Json {
    return collection(this.world.firmware.filter(({ inUse }) => inUse));
  }

  // The answer to the reboot itself still leaves.
  #goDown(): void {
    this.expireSessions();
    this.#downUntil = Date.now() + this.rebootMs;
    this.server.spoil({ kind: "reset" }, { times: Number.POSITIVE_INFINITY, when: () => Date.now() < this.#downUntil });
  }
}

function understood(asked: Asked): Call {
  const { method, query, headers, body, secure } = asked;
  const form = method === "POST" && (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  const { accessToken: inForm, ...fields } = form ? parameters(new URLSearchParams(body)) : {};
  const { accessToken: inQuery, ...asks } = parameters(query);
  const token = inQuery ?? inForm;
  // In a form, the token that authorises and the token that is to be revoked are the same field.
  const posted = form ? { ...fields, accessToken: inForm } : json(body);
  return {
    method,
    args: method === "POST" ? posted : asks,
    token: token === undefined || typeof token === "string" ? token : "",
    cookie: cookies(headers.cookie).get(cookieName(secure)),
    form,
    secure,
    setCookies: [],
  };
}

/** A key that is repeated becomes an array, in which no endpoint finds anything. */
function parameters(query: URLSearchParams): Json {
  const entries = [...new Set(query.keys())].map((name) => [name, query.getAll(name)] as const);
  return Object.fromEntries(entries.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** `cmd.config.apply` and its like are posted without a body. */
function json(body: string): Json {
  if (body === "") return {};
  try {
    return object(JSON.parse(body));
  } catch {
    throw new Refusal("Invalid JSON");
  }
}

function cookies(header = ""): Map<string, string> {
  return new Map(header.split(/;\s*/).map((pair) => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]));
}

function offered<T>(methods: { GET?: T; POST?: T }, method: string): T {
  const act = method === "GET" ? methods.GET : method === "POST" ? methods.POST : undefined;
  if (!act) throw new Refusal("Unsupported request");
  return act;
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function onlyAdmin({ admin }: Caller): true {
  if (!admin) throw unauthorized();
  return true;
}

/** The cookie goes by another name over plain http (peplink.md section 1.2). */
const cookieName = (secure: boolean): string => (secure ? "bauth" : "pauth");
const unauthorized = (message = "Unauthorized"): Refusal => new Refusal(message, UNAUTHORIZED);
const secret = (): string => randomBytes(16).toString("hex");
