import { selfSigned, type Certificate } from "../certificate";
import { SimulatedServer, type RecordedRequest, type ServeOptions, type SimulatedResponse } from "../simulated-server";
import {
  Accounts,
  generateSecret,
  UNAUTHORIZED,
  unauthorized,
  type ApiClient,
  type AuthSettings,
  type Caller,
} from "./accounts";
import { parseCall, type Call } from "./call";
import { COMMANDS } from "./commands";
import { CONFIG } from "./config";
import { ApiError, toCollection } from "./json";
import type { LanClient, Peer, Port, Ssid } from "./lan";
import { STATUS } from "./status";
import type { Wan } from "./wan";
import { World, type Endpoints } from "./world";

export type { LanClient, Peer } from "./lan";
export { Wan } from "./wan";

/** All endpoints except those for signing in. */
const ENDPOINTS: Endpoints = { ...STATUS, ...CONFIG, ...COMMANDS };
/** The notice in the envelope of an endpoint that is not finished. */
const NOTICES: Readonly<Record<string, { status: string }>> = {
  "status.pepvpn": { status: "beta" },
  "cmd.ap": { status: "alpha" },
};
/** Endpoints that older firmware does not have. */
const SINCE: Readonly<Record<string, string>> = {
  "cmd.port.poe.enable": "8.1.1",
  "cmd.port.poe.disable": "8.1.1",
  "cmd.system.reboot": "8.2.0",
  "config.wan.connection": "8.1.1",
  "info.location": "8.0.1",
};
const LOGIN_PAGE = `<!DOCTYPE html><html><head><title>Router Administration</title></head><body><form id="login"></form></body></html>`;

/**
 * A Peplink router on loopback, with its REST API.
 * `config.*` returns the saved configuration, `status.*` the one in effect. A reboot (see `rebootMs`) ends every session.
 */
export class PeplinkRouter implements AuthSettings {
  readonly username = "admin";
  password = "salt-and-lamp-oil";
  readonly readOnlyUser = { username: "user", password: "look-but-do-not-touch" };
  /** Whether even fresh cookies and tokens are refused. */
  refuseEverySession = false;
  /** Whether code 401 comes with HTTP status 401; MAX routers respond with 200 (peplink.md section 1.5). */
  uses401Status = false;
  /** Whether every path returns the login page of the Web Admin. */
  isApiDisabled = false;
  /** Whether each response replaces the session cookie. */
  replacesCookies = false;
  /** Whether a grant has strings in place of numbers, as observed with firmware 8.3. */
  numbersAsStrings = false;
  /** Life of an access token in seconds. */
  expiresIn = 172_800;
  /** Idle time after which a cookie expires; 0 = never. */
  webSessionTimeoutMs = 14_400_000;
  /** How long a reboot resets every connection; with 0 it is only counted. */
  rebootMs = 0;
  /** Generates credentials. */
  generate: AuthSettings["generate"] = generateSecret;
  /** The clock, in milliseconds since 1970. */
  now: () => number = Date.now;
  /** Everything but accounts and sessions. */
  readonly world = new World(() => this.now());

  readonly #accounts = new Accounts(this);
  readonly #apiClient: ApiClient;
  readonly #readOnlyClient: ApiClient;
  readonly #ignoredPosts = new Set<string>();
  #internalErrorsLeft = 0;
  #downUntil = 0;

  private constructor(
    readonly server: SimulatedServer,
    readonly certificate: Certificate | undefined,
  ) {
    this.#apiClient = this.#accounts.addClient("home automation", "api");
    this.#readOnlyClient = this.#accounts.addClient("wall display", "api.read-only");
  }

  /** Starts a router with HTTPS and a new self-signed certificate, or with plain HTTP. */
  static async start(options: ServeOptions & { http?: boolean } = {}): Promise<PeplinkRouter> {
    const { http = false, port, host } = options;
    const certificate = http ? undefined : (options.certificate ?? selfSigned({ subject: "captive-portal" }));
    const serve: ServeOptions = { port, host, certificate };
    const server = await SimulatedServer.start((request) => router.#respond(request), serve);
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
    return this.#apiClient.clientId;
  }
  get clientSecret(): string {
    return this.#apiClient.clientSecret;
  }
  get readOnlyClient(): { clientId: string; clientSecret: string } {
    return this.#readOnlyClient;
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

  /** Adds an API client. */
  addClient(name: string, scope: ApiClient["scope"]): ApiClient {
    return this.#accounts.addClient(name, scope);
  }

  wan(name: string): Wan {
    const wan = this.wans.find((one) => one.name === name);
    if (!wan) throw new Error(`This router has no WAN called ${name}.`);
    return wan;
  }

  client(name: string): LanClient {
    const client = this.clients.find((one) => one.name === name);
    if (!client) throw new Error(`This router has no client called ${name}.`);
    return client;
  }

  peer(name: string): Peer {
    const peer = this.peers.find((one) => one.name === name);
    if (!peer) throw new Error(`This router has no VPN peer called ${name}.`);
    return peer;
  }

  /** Adds a new client to the LAN. */
  join(name: string, mac: string): LanClient {
    const client: LanClient = { ip: "192.168.50.200", name, mac, active: true, connectionType: "wireless" };
    this.clients.push(client);
    return client;
  }

  /** A degree of latitude is 111,195 m. */
  moveNorth(metresNorth: number): void {
    this.world.location.latitude += metresNorth / 111_195;
  }

  /** Simulates a power failure: afterwards every link and client has to connect again. */
  losePower(durationMs: number): void {
    this.rebootMs = durationMs;
    this.#reboot();
    for (const client of this.clients) client.active = false;
    for (const wan of this.wans) wan.activeSince = undefined;
  }

  /** Configuration changes that are saved but not applied. */
  pendingChanges(): unknown[] {
    return [...this.world.pendingChanges];
  }

  /** How often `cmd.config.apply` succeeded. */
  appliedCount(): number {
    return this.world.appliedCount;
  }

  /** Successful logins and grants. */
  signIns(): number {
    return this.#accounts.signIns;
  }

  signInAttempts(): number {
    return this.calls("login") + this.calls("auth.token.grant");
  }

  /** Passwords, client secrets, and every token and cookie that was handed out. */
  secrets(): string[] {
    return [this.password, this.readOnlyUser.password, ...this.#accounts.secrets];
  }

  /** How many requests to an endpoint arrived, also those that a fault was injected into. */
  calls(endpoint: string): number {
    return this.server.journal.filter(({ path }) => path === `/api/${endpoint}`).length;
  }

  /** Lets an endpoint say ok to every POST, and do nothing. */
  ignorePosts(endpoint: string): void {
    this.#ignoredPosts.add(endpoint);
  }

  /** Invalidates every cookie and token. */
  expireSessions(): void {
    this.#accounts.expire();
  }

  /** Lets the next authenticated requests fail with "Internal Error" and without effect. */
  failWithInternalError(times = 1): void {
    this.#internalErrorsLeft += times;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #respond(request: RecordedRequest): SimulatedResponse {
    if (Date.now() < this.#downUntil) return { body: "" };
    const [, endpoint] = /^\/api\/([\w.]+)$/.exec(request.path) ?? [];
    if (this.isApiDisabled || endpoint === undefined)
      return { headers: { "content-type": "text/html" }, body: LOGIN_PAGE };

    const setCookies: string[] = [];
    const headers = { "set-cookie": setCookies };
    try {
      const call = { ...parseCall(request), setCookies };
      const response = this.#run(endpoint, call);
      return {
        headers,
        body: { stat: "ok", response, notice: NOTICES[endpoint] },
      };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, message } = error;
      return {
        status: this.uses401Status && code === UNAUTHORIZED ? UNAUTHORIZED : 200,
        headers,
        body: { stat: "fail", code, message },
      };
    }
  }

  #run(endpoint: string, call: Call): unknown {
    this.world.runEffects();
    this.world.updateUptimes();
    const accounts = this.#accounts;
    const operation = `${call.method} ${endpoint}`;
    if (operation === "POST login") return accounts.login(call);
    if (operation === "POST auth.token.grant") return accounts.grant(call.args);
    if (operation === "GET info.firmware" && accounts.isAnonymous(call))
      return toCollection(this.world.firmware.filter(({ inUse }) => inUse));

    const caller = accounts.authenticate(call);
    if (this.#internalErrorsLeft > 0) {
      this.#internalErrorsLeft--;
      throw new ApiError("Internal Error");
    }
    const authEndpoint = lookUp(Accounts.endpoints, endpoint);
    if (authEndpoint) return methodOf(authEndpoint, call.method)(accounts, call, caller);
    return this.#runEndpoint(endpoint, call, caller);
  }

  #runEndpoint(endpoint: string, { method: httpMethod, args, isForm }: Call, { isReadOnly }: Caller): unknown {
    const methods = lookUp(ENDPOINTS, endpoint);
    if (!methods || this.world.isOlderThan(lookUp(SINCE, endpoint) ?? "0")) throw new ApiError("unknown function");
    // A form may read an endpoint without POST; a JSON body may not (peplink.md section 1.1).
    const method = isForm && !methods.POST ? "GET" : httpMethod;
    const run = methodOf(methods, method);
    if (isReadOnly && (method === "POST" || endpoint.startsWith("config."))) throw unauthorized();
    if (method === "POST" && this.#ignoredPosts.has(endpoint)) return undefined;
    const response = run(this.world, args);
    if (endpoint === "cmd.system.reboot" && this.rebootMs > 0) this.#reboot();
    return response;
  }

  // The response to the reboot itself is still sent.
  #reboot(): void {
    this.expireSessions();
    this.#downUntil = Date.now() + this.rebootMs;
    this.server.injectFault(
      { kind: "reset" },
      { times: Number.POSITIVE_INFINITY, when: () => Date.now() < this.#downUntil },
    );
  }
}

function methodOf<T>(methods: { GET?: T; POST?: T }, method: string): T {
  const run = method === "GET" ? methods.GET : method === "POST" ? methods.POST : undefined;
  if (!run) throw new ApiError("Unsupported request");
  return run;
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
