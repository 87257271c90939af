import { selfSigned, type Certificate } from "../certificate";
import { SimulatedServer, type RecordedRequest, type ServeOptions, type SimulatedResponse } from "../simulated-server";
import { Accounts, secret, UNAUTHORIZED, unauthorized, type ApiClient, type Caller, type Rules } from "./accounts";
import { understood, type Call } from "./call";
import { COMMANDS } from "./commands";
import { CONFIG } from "./config";
import { collection, Refusal } from "./json";
import type { LanClient, Peer, Port, Ssid } from "./lan";
import { STATUS } from "./status";
import type { Wan } from "./wan";
import { World, type Endpoints } from "./world";

export type { LanClient, Peer, Port, Ssid } from "./lan";
export { type Allowance, type Sim, Wan } from "./wan";

/** All endpoints but those of signing in. */
const ENDPOINTS: Endpoints = { ...STATUS, ...CONFIG, ...COMMANDS };
/** What stands beside the answer of an endpoint that is not finished. */
const NOTICES: Readonly<Record<string, { status: string }>> = {
  "status.pepvpn": { status: "beta" },
  "cmd.ap": { status: "alpha" },
};
const LOGIN_PAGE = `<!DOCTYPE html><html><head><title>Router Administration</title></head><body><form id="login"></form></body></html>`;

/**
 * A Peplink router on loopback, as its REST API shows it.
 * Config reads show what is saved, status reads what is in force; a restart (`rebootMs`) ends every session.
 */
export class PeplinkRouter implements Rules {
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
  /** Makes whatever is handed out. */
  mint: Rules["mint"] = secret;
  /** The clock, in milliseconds since 1970. */
  now: () => number = Date.now;
  /** The rest of its state: location, access point, messages, counters. */
  readonly world = new World(() => this.now());

  readonly #accounts = new Accounts(this);
  readonly #own: ApiClient;
  readonly #ownReadOnly: ApiClient;
  #internalErrors = 0;
  #downUntil = 0;

  private constructor(
    readonly server: SimulatedServer,
    readonly certificate: Certificate | undefined,
  ) {
    this.#own = this.#accounts.addClient("home automation", "api");
    this.#ownReadOnly = this.#accounts.addClient("wall display", "api.read-only");
  }

  /** Starts a router that speaks https with a fresh certificate of its own, or plain http. */
  static async start(options: ServeOptions & { http?: boolean } = {}): Promise<PeplinkRouter> {
    const { http = false, port, host } = options;
    const certificate = http ? undefined : (options.certificate ?? selfSigned({ subject: "captive-portal" }));
    const serve: ServeOptions = { port, host, certificate };
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

  /** Makes one more API client. */
  addClient(name: string, scope: ApiClient["scope"]): ApiClient {
    return this.#accounts.addClient(name, scope);
  }

  wan(name: string): Wan {
    const wan = this.wans.find((wan) => wan.name === name);
    if (!wan) throw new Error(`This router has no WAN called ${name}.`);
    return wan;
  }

  client(name: string): LanClient {
    const client = this.clients.find((client) => client.name === name);
    if (!client) throw new Error(`This router knows no client called ${name}.`);
    return client;
  }

  peer(name: string): Peer {
    const peer = this.peers.find((peer) => peer.name === name);
    if (!peer) throw new Error(`This router has no VPN peer called ${name}.`);
    return peer;
  }

  /** A device that was never seen before joins the LAN. */
  join(name: string, mac: string): LanClient {
    const client: LanClient = { ip: "192.168.50.200", name, mac, active: true, connectionType: "wireless" };
    this.clients.push(client);
    return client;
  }

  /** It is carried away; a degree of latitude is 111,195 m. */
  move(metresNorth: number): void {
    this.world.location.latitude += metresNorth / 111_195;
  }

  /** It loses power for so long; every link has to connect and every client to join again. */
  losePower(ms: number): void {
    this.rebootMs = ms;
    this.#goDown();
    for (const client of this.clients) client.active = false;
    for (const wan of this.wans) wan.carryingSince = undefined;
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
    return this.#accounts.signIns;
  }

  signInAttempts(): number {
    return this.calls("login") + this.calls("auth.token.grant");
  }

  /** What nobody but its owner may read: passwords, client secrets, every token and cookie that it handed out. */
  secrets(): string[] {
    return [this.password, this.readOnlyUser.password, ...this.#accounts.secrets];
  }

  /** How many requests of an endpoint arrived, spoilt ones too. */
  calls(endpoint: string): number {
    return this.server.journal.filter(({ path }) => path === `/api/${endpoint}`).length;
  }

  /** Every cookie and token that is out becomes worthless. */
  expireSessions(): void {
    this.#accounts.expire();
  }

  /** The next requests of signed-in callers fail with "Internal Error", and are not carried out. */
  answerInternalError(times = 1): void {
    this.#internalErrors += times;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #answer(asked: RecordedRequest): SimulatedResponse {
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
    const accounts = this.#accounts;
    const asking = `${call.method} ${endpoint}`;
    if (asking === "POST login") return accounts.login(call);
    if (asking === "POST auth.token.grant") return accounts.grant(call.args);
    if (asking === "GET info.firmware" && accounts.isStranger(call))
      return collection(this.world.firmware.filter(({ inUse }) => inUse));

    const caller = accounts.caller(call);
    if (this.#internalErrors > 0) {
      this.#internalErrors--;
      throw new Refusal("Internal Error");
    }
    const doors = own(Accounts.doors, endpoint);
    if (doors) return offered(doors, call.method)(accounts, call, caller);
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

  // The answer to the reboot itself still leaves.
  #goDown(): void {
    this.expireSessions();
    this.#downUntil = Date.now() + this.rebootMs;
    this.server.injectFault(
      { kind: "reset" },
      { times: Number.POSITIVE_INFINITY, when: () => Date.now() < this.#downUntil },
    );
  }
}

function offered<T>(methods: { GET?: T; POST?: T }, method: string): T {
  const act = method === "GET" ? methods.GET : method === "POST" ? methods.POST : undefined;
  if (!act) throw new Refusal("Unsupported request");
  return act;
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
