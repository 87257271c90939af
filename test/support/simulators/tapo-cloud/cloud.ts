import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issuedBy, selfSigned, type Certificate } from "../certificate";
import type { KasaCloud } from "../kasa/cloud";
import { isRecord, type Json } from "../kasa/firmware";
import { SimulatedServer, type RecordedRequest, type SimulatedResponse } from "../simulated-server";
import { ThingError, type ErrorForm } from "./errors";
import { createThings } from "./house";
import type { Thing } from "./thing";

/** The names under which the real one is reached, so that a test can lead them here. */
const HOSTS = ["*.iot.i.tplinknbu.com", "*.iot.i.tplinkcloud.com", "localhost", "127.0.0.1"];

export interface TapoCloudOptions {
  /** Default: free ports. */
  port?: number;
  portV2?: number;
}

/** TP-Link's second cloud, which has things with shadows, for the account of a first one. */
export class TapoCloud {
  readonly things: Thing[];
  /** Whether devices other than cameras answer services-sync. */
  isPassthroughOpen = false;
  /** Whether `responseData` is text. */
  respondsWithText = false;
  /** Whether outlets and sensors are in the list. */
  listsChildren = true;
  /** The app types whose tokens it accepts. */
  appTypes: readonly string[] = ["Kasa_Android", "Tapo_Android"];
  /** How a token is refused: by HTTP 401, or by a code in the body of a success. */
  refusal: "status" | "body" = "status";
  /** How an app-cid is refused that is missing or wrong. */
  cidStatus: 401 | 403 = 403;
  /** The spelling of errors. */
  errorForm: ErrorForm = "code";
  /** The HTTP status of a conflict, which nobody has recorded. */
  conflictStatus: 200 | 400 | 409 = 409;
  /** It declines every write. */
  declines = false;
  /** More than this it does not list at once. */
  maxPageSize = 50;
  /** How many of the next writes meet a version that somebody else has raised meanwhile. */
  conflicts = 0;
  readonly #ca: Certificate;
  readonly #folder = mkdtempSync(join(tmpdir(), "tapo-cloud-"));

  private constructor(
    readonly server: SimulatedServer,
    readonly serverV2: SimulatedServer,
    readonly kasa: KasaCloud,
    ca: Certificate,
  ) {
    this.#ca = ca;
    this.things = createThings(kasa.devices);
    // The first cloud lists them all, and says that they are offline.
    const known = new Set(kasa.devices);
    kasa.devices.push(
      ...this.things.flatMap(({ identity, place }) => (known.has(identity) || place ? [] : [identity])),
    );
    writeFileSync(this.caFile, ca.cert);
  }

  /** Starts one whose account and tokens are those of a first-generation cloud. */
  static async start(kasa: KasaCloud, { port, portV2 }: TapoCloudOptions = {}): Promise<TapoCloud> {
    const ca = selfSigned({ subject: "simulated TP-Link CA", names: [] });
    const certificate = issuedBy(ca, { subject: "*.iot.i.tplinknbu.com", names: HOSTS });
    const start = (on: number | undefined): Promise<SimulatedServer> =>
      SimulatedServer.start((request) => cloud.#respond(request), { certificate, port: on });
    const cloud: TapoCloud = new TapoCloud(await start(port), await start(portV2), kasa, ca);
    return cloud;
  }

  get url(): string {
    return this.server.url;
  }

  get urlV2(): string {
    return this.serverV2.url;
  }

  /** PEM of its certificate authority. */
  get ca(): string {
    return this.#ca.cert;
  }

  /** A file with the same. */
  get caFile(): string {
    return join(this.#folder, "ca.pem");
  }

  thing(nickname: string): Thing {
    const thing = this.things.find((one) => one.nickname === nickname);
    if (!thing) throw new Error(`No thing is called ${nickname}.`);
    return thing;
  }

  /** Everything that was requested, as `GET /v1/things/shadows`; IDs are left out. */
  requests(): string[] {
    const all = [...this.server.journal, ...this.serverV2.journal].toSorted((one, other) => one.at - other.at);
    return all.map(({ method, path }) => `${method} ${path.replace(/[0-9A-F]{40,42}/, "{thing}")}`);
  }

  async close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    await Promise.all([this.server.close(), this.serverV2.close()]);
  }

  #respond(request: RecordedRequest): SimulatedResponse {
    try {
      return { body: this.#route(request) };
    } catch (error) {
      if (!(error instanceof ThingError)) throw error;
      return error.toResponse(this.errorForm);
    }
  }

  #route({ method, path, query, headers, body }: RecordedRequest): Json {
    if (!/^app:[^:]+:[^:]+$/.test(headers["app-cid"] ?? "")) throw this.#cidError();
    const region = /^(\w+)-app-server\./.exec(headers["host"] ?? "")?.[1];
    if (path === "/v1/server-info") return this.#serverInfo(headers["host"] ?? "");
    this.#checkToken(headers);
    const route = `${method} ${path}`;
    if (/^GET \/v[12]\/things$/.test(route)) return this.#list(query, headers["host"] ?? "");
    if (route === "GET /v1/things/shadows") return this.#shadows(query, region);

    const [, id, rest = ""] = /^\/v1\/things\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const thing = this.things.find(({ thingName }) => thingName === id);
    // What lives in another region is not known here.
    if (!thing || (region && thing.region !== region)) throw new ThingError(404, 10_404, "thing not found");
    switch (`${method} ${rest}`) {
      case "PATCH shadows":
        return this.#write(thing, parseBody(headers, body));
      case "GET shadows":
      case "POST shadows":
      case "PUT shadows":
        throw new ThingError(405, 10_405, "method not allowed");
      case "GET usage":
        return { energy_usage: this.#usage(thing), time_usage: { today: 95 }, power_usage: { today: 310 } };
      case "POST usage":
        return this.#energyData(thing, parseBody(headers, body));
      case "GET events":
        return { events: thing.events.slice(0, Number(query.get("fetchSize") ?? 20)) };
      case "POST services-sync":
        return this.#passthrough(thing, parseBody(headers, body));
      default:
        throw new ThingError(404, 10_404, "no such path");
    }
  }

  // A missing app-cid is answered in two ways (tapo-cloud.md section 4).
  #cidError(): ThingError {
    return this.cidStatus === 403
      ? new ThingError(403, undefined, "missing appCid or invalid")
      : new ThingError(401, 400, "missing appCid");
  }

  #checkToken({ authorization = "", "app-cid": cid = "" }: Record<string, string>): void {
    const [, token = ""] = /^ut\|(\S+)$/.exec(authorization) ?? [];
    const holder = this.kasa.holderOf(token);
    const isAccepted = holder && this.appTypes.includes(holder.appType) && cid.endsWith(`:${holder.terminal}`);
    if (!isAccepted) throw new ThingError(this.refusal === "status" ? 401 : 200, -20_651, "Token expired");
  }

  #serverInfo(host: string): Json {
    const suffix = host.endsWith(".tplinknbu.com") || host.endsWith(".tplinkcloud.com");
    const appServerUrl = suffix ? "https://euw1-app-server.iot.i.tplinknbu.com" : this.url;
    return { appServerUrl, cloudGatewayUrl: "euw1-app-cloudgateway.iot.i.tplinknbu.com" };
  }

  #list(query: URLSearchParams, host: string): Json {
    const page = Number(query.get("page") ?? 0);
    const pageSize = Math.min(Number(query.get("pageSize") ?? 20), this.maxPageSize);
    const listed = this.things.filter(({ place }) => this.listsChildren || !place);
    const data = listed.slice(page * pageSize, (page + 1) * pageSize).map((thing) => this.#entry(thing, host));
    return { page, pageSize, total: listed.length, data };
  }

  #entry(thing: Thing, host: string): Json {
    const { thingName, nickname, online, region, product, place, identity, appServerUrl } = thing;
    const isNamed = /\.tplink(nbu|cloud)\.com$/.test(host);
    const urls = isNamed
      ? [`https://${region}-app-server.iot.i.tplinknbu.com`, `https://${region}-app-server.iot.i.tplinkcloud.com`]
      : [this.url, this.urlV2];
    return {
      thingName,
      appServerUrl: appServerUrl ?? urls[0],
      appServerUrlV2: appServerUrl ?? urls[1],
      status: Number(online),
      thingModelId: `tapo:${product.category}:1`,
      role: 0,
      familyId: "default",
      roomId: "ROOM0001",
      nickname: Buffer.from(nickname).toString("base64"),
      category: product.category,
      model: product.model,
      crossRegion: true,
      deviceName: product.model,
      deviceType: product.deviceType,
      fwVer: "1.3.1 Build 240621 Rel.162048",
      hwVer: "1.0",
      region: "Europe/Dublin",
      mac: identity.mac,
      isSubThing: place !== undefined,
      ...(place && { originalThingName: place.parent.thingName, position: place.position }),
      ...(product.category === "camera" && {
        ssid: "SGFyYm91cg==",
        ip: "192.0.2.8",
        localAccessToken: "camera-secret-1",
      }),
      ...(product.category === "lock" && { latitude: 53.1, longitude: -6.2 }),
    };
  }

  #shadows(query: URLSearchParams, region: string | undefined): Json {
    const names = (query.get("thingNames") ?? "").split(",").filter(Boolean);
    if (names.length === 0) throw new ThingError(400, 10_000, "thingNames is empty");
    const found = names.map((name) => this.things.find(({ thingName }) => thingName === name) ?? name);
    const here = found.filter((one): one is Thing => typeof one !== "string" && (!region || one.region === region));
    const failThingList = names.filter((name) => !here.some(({ thingName }) => thingName === name));
    return { shadows: here.map((thing) => thing.readShadow()), failThingList };
  }

  #write(thing: Thing, { state, version }: Json): Json {
    const desired = isRecord(state) && isRecord(state["desired"]) ? state["desired"] : undefined;
    if (this.declines || !desired || !/^\d+$/.test(String(version))) throw new ThingError(400, 10_000, "bad request");
    if (this.conflicts > 0) {
      this.conflicts--;
      thing.version += 3;
    }
    if (Number(version) !== thing.version + 1) {
      const data = { curVersion: thing.version };
      throw new ThingError(
        this.conflictStatus,
        11_000,
        `[${thing.thingName}] Update version is smaller than present version.`,
        data,
      );
    }
    thing.wish(desired);
    return { version: thing.version, requestId: "00000000000000000000000000000001" };
  }

  #usage(thing: Thing): Json {
    if (thing.silent || !thing.online) throw new ThingError(408, 12_202, "exceed max timeout milliseconds : 10000");
    if (thing.product.powerMw === undefined) throw new ThingError(400, 10_000, "bad request");
    return thing.energyUsage();
  }

  #energyData(thing: Thing, { method, params }: Json): Json {
    this.#usage(thing);
    const { start_timestamp: start, end_timestamp: end, interval } = isRecord(params) ? params : {};
    if (method !== "get_energy_data" || ![60, 1440, 43_200].includes(Number(interval)))
      throw new ThingError(400, 10_000, "bad request");
    const count = Math.ceil((Number(end) - Number(start)) / (Number(interval) * 60));
    const data = Array.from({ length: count }, (_, index) => index % 5);
    return { energy_data: { start_timestamp: start, end_timestamp: end, interval, data } };
  }

  #passthrough(thing: Thing, { serviceId, inputParams }: Json): Json {
    const request = isRecord(inputParams) ? inputParams["requestData"] : undefined;
    if (serviceId !== "passthrough" || !isRecord(request)) throw new ThingError(400, 10_000, "bad request");
    if (!this.isPassthroughOpen) throw new ThingError(400, 10_001, "service is not supported");
    if (thing.silent || !thing.online) throw new ThingError(408, 12_202, "exceed max timeout milliseconds : 10000");
    const response = thing.answer(request);
    return { outputParams: { responseData: this.respondsWithText ? JSON.stringify(response) : response } };
  }
}

function parseBody(headers: Record<string, string>, body: string): Json {
  try {
    const value: unknown = JSON.parse(body);
    if (isRecord(value) && headers["content-type"]?.startsWith("application/json")) return value;
  } catch {
    // Ends in the same refusal.
  }
  throw new ThingError(400, 10_000, "bad request");
}
