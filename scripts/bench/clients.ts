import { resolve } from "node:path";
import type { Dispatcher } from "undici";
import type { One } from "./load";
import { CONTROLLER, DEVICE, PATHS, SITE, TOKEN, type Addresses, type Case, type VariantName } from "./types";

/** Makes the asking of a case. */
export type Asking = (asked: Case) => One | Promise<One>;

type Client = (addresses: Addresses) => Asking;

/** A file of the build, as users get it. */
export const dist = <Module>(file: string): Module => require(resolve("dist/src", file)) as Module;
const clockOf = (): typeof import("../../src/core/clock") => dist("core/clock.js");

const HEADERS = {
  accept: "application/json",
  "accept-encoding": "identity",
  "user-agent": "node-red-homenet",
  authorization: `AccessToken=${TOKEN}`,
};

const origin = (addresses: Addresses, secure: boolean): string => (secure ? addresses.https : addresses.http);

/** Whoever asks without Node-RED. */
export const CLIENTS: Partial<Record<VariantName, Client>> = {
  limit,
  "limit again": limit,
  floor,
  engine,
  session: (addresses) => throughTransport(addresses, true),
  "constant token": (addresses) => throughTransport(addresses, false),
  guarded,
  bare,
  kasa,
  "tplink-cloud-api": tplinkCloudApi,
};

function limit(addresses: Addresses): Asking {
  const undici = require("undici") as typeof import("undici");
  const dispatcher = new undici.Agent({ connect: { ca: addresses.certificate.cert } });
  return ({ size, secure }) => {
    const url = origin(addresses, secure) + PATHS[size];
    return async () => (await undici.request(url, { dispatcher, headers: HEADERS })).body.json();
  };
}

/** undici's lowest public level, and nothing else. */
function floor(addresses: Addresses): Asking {
  const undici = require("undici") as typeof import("undici");
  const agent = { connect: { ca: addresses.certificate.cert } };
  return ({ size, secure }) => {
    const pool = new undici.Pool(origin(addresses, secure), agent);
    const options: Dispatcher.DispatchOptions = { method: "GET", path: PATHS[size], headers: HEADERS };
    return () => new Promise((done, fail) => pool.dispatch(options, new Barely(done, fail)));
  };
}

/** Reads an answer and does nothing else. A class, because tsx names each function that an object is made of: that is slow. */
class Barely implements Dispatcher.DispatchHandler {
  readonly #chunks: Buffer[] = [];

  constructor(
    readonly done: (answer: unknown) => void,
    readonly fail: (error: Error) => void,
  ) {}

  onRequestStart(): void {}

  onResponseStart(): void {}

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    this.done(JSON.parse((this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks)).toString()));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }
}

/** A transport to the bench's server. */
export function transportFor(
  addresses: Addresses,
  { inFlight, secure }: Case,
  rate?: number,
): import("../../src/http/transport").Transport {
  const { Transport } = dist<typeof import("../../src/http/transport")>("http/transport.js");
  const tls = secure ? { fingerprint: addresses.certificate.fingerprint } : {};
  return new Transport({ timeoutMs: 15_000, tls, concurrency: inFlight, rate, clock: clockOf().systemClock });
}

/** The client of an Omada controller, without Node-RED. */
export function omadaClient(addresses: Addresses, asked: Case): import("../../src/omada/client").OmadaClient {
  const { OmadaClient } = dist<typeof import("../../src/omada/client")>("omada/client.js");
  const who = { omadacId: CONTROLLER, mode: "client", clientId: "id", clientSecret: "secret" } as const;
  const server = { origin: origin(addresses, asked.secure), prefix: "" };
  const settings = { server, ...who, username: "", password: "" };
  return new OmadaClient(settings, transportFor(addresses, asked), clockOf().systemClock);
}

/** All of this package but Node-RED: session, queue, retries, checks. */
function engine(addresses: Addresses): Asking {
  return (asked) => {
    const client = omadaClient(addresses, asked);
    const path = asked.size === "small" ? "sites/{siteId}" : "sites/{siteId}/devices";
    const query = { method: "GET", path, site: SITE, params: {}, all: false, limit: 0 } as const;
    return async () => {
      const reading = await client.read(query);
      if ("result" in reading) return reading.result;
      const rows: unknown[] = [];
      for await (const page of reading.pages) rows.push(...page);
      return rows;
    };
  };
}

/** Makes reads as this package makes them: an object that grows on its way costs more than its way. */
function reading(
  addresses: Addresses,
  { size, secure }: Case,
): (token: string) => import("../../src/http/transport").Request {
  const { createRequest } = dist<typeof import("../../src/http/transport")>("http/transport.js");
  return (token) => {
    const headers = { authorization: `AccessToken=${token}` };
    return createRequest({ effect: "read", method: "GET", headers }, origin(addresses, secure), PATHS[size]);
  };
}

/** The same request through the same transport: once with a session that lends the token, once with the token at hand. */
function throughTransport(addresses: Addresses, session: boolean): Asking {
  const { Session } = dist<typeof import("../../src/session/session")>("session/session.js");
  const { parseJson } = dist<typeof import("../../src/http/response")>("http/response.js");
  const { Envelope } = dist<typeof import("../../src/omada/schemas")>("omada/schemas.js");
  return async (asked) => {
    const transport = transportFor(addresses, asked);
    const requestWith = reading(addresses, asked);
    const lender = new Session(async () => ({ value: TOKEN, lifeMs: 7_200_000 }), clockOf().systemClock);
    const ask = async (token: { value: string }): Promise<unknown> => {
      return Envelope.parse(parseJson(await transport.send(requestWith(token.value)))).result;
    };
    const constant = { value: TOKEN };
    if (!session) return () => ask(constant);
    await lender.withToken(ask);
    return () => lender.withToken(ask);
  };
}

/** Queue, rate, retries and all that goes with a request. */
function guarded(addresses: Addresses): Asking {
  const { parseJson } = dist<typeof import("../../src/http/response")>("http/response.js");
  return (asked) => {
    const transport = transportFor(addresses, asked, 20_000);
    const requestWith = reading(addresses, asked);
    return async () => parseJson(await transport.send(requestWith(TOKEN)));
  };
}

/** One attempt as the transport makes it, without queue, rate and retries: deadline and checks stay. */
function bare(addresses: Addresses): Asking {
  const undici = require("undici") as typeof import("undici");
  const { ResponseHandler } = dist<typeof import("../../src/http/response-handler")>("http/response-handler.js");
  const { LightAbortController } = dist<typeof import("../../src/core/abort")>("core/abort.js");
  const { parseJson } = dist<typeof import("../../src/http/response")>("http/response.js");
  return ({ size, inFlight, secure }) => {
    const pool = new undici.Pool(origin(addresses, secure), {
      connections: inFlight,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return async () => {
      const exchange = new ResponseHandler(15_000, new LightAbortController());
      pool.dispatch({ method: "GET", path: PATHS[size], body: null, headers: { ...HEADERS } }, exchange);
      return parseJson(await exchange.response);
    };
  };
}

/** A command to a Kasa device. */
const COMMAND = { system: { get_sysinfo: {} } };

function kasa(addresses: Addresses): Asking {
  const { KasaClient } = dist<typeof import("../../src/kasa/client")>("kasa/client.js");
  return (asked) => {
    const server = { origin: origin(addresses, asked.secure), prefix: "" };
    const who = { appType: "Kasa_Android", terminalUUID: "bench", email: "a@example.org", password: "b" };
    const settings = { server, ...who, refreshToken: "" };
    const client = new KasaClient(settings, transportFor(addresses, asked), clockOf().systemClock);
    return () => client.control.raw(DEVICE, "", COMMAND, {});
  };
}

/** The npm client for the same cloud: it can be pointed at another host for device calls only. */
function tplinkCloudApi(addresses: Addresses): Asking {
  const { default: Cloud } = require(TPLINK_CLOUD_API) as { default: TplinkCloud };
  return ({ secure }) => {
    const info = { deviceId: DEVICE, ...MODEL, alias: "Bench", status: 1, appServerUrl: origin(addresses, secure) };
    const device = new Cloud("bench", "bench").newDevice(info);
    return () => device.passthroughRequest(COMMAND);
  };
}

const MODEL = { deviceType: "IOT.SMARTPLUGSWITCH", deviceModel: "HS103(US)", deviceName: "Plug" };

/** Where it is installed for the time of the measurements. */
export const TPLINK_CLOUD_API = resolve(".cache/bench/node_modules/tplink-cloud-api");

type TplinkCloud = new (
  token: string,
  terminal: string,
) => {
  newDevice(info: object): { passthroughRequest(command: object): Promise<unknown> };
};
