import { resolve } from "node:path";
import type { Dispatcher } from "undici";
import type { HttpResponse } from "../../src/http/response";
import type { AttemptObserver } from "../../src/http/response-handler";
import type { SendRequest } from "./load";
import { CONTROLLER, DEVICES, PATHS, SITE, TOKEN, type Addresses, type LoadCase, type VariantName } from "./types";

/** Prepares the requests of a case. */
export type RequestFactory = (loadCase: LoadCase) => SendRequest | Promise<SendRequest>;

type Variant = (addresses: Addresses) => RequestFactory;

/** Loads a compiled file, as users run it. */
export const requireBuilt = <Module>(file: string): Module => require(resolve("dist/src", file)) as Module;
const clockModule = (): typeof import("../../src/core/clock") => requireBuilt("core/clock.js");

const HEADERS = {
  accept: "application/json",
  "accept-encoding": "identity",
  "user-agent": "node-red-homenet",
  authorization: `AccessToken=${TOKEN}`,
};

const originOf = (addresses: Addresses, secure: boolean): string => (secure ? addresses.https : addresses.http);

/** The variants without Node-RED. */
export const CLIENTS: Partial<Record<VariantName, Variant>> = {
  limit,
  "limit again": limit,
  floor,
  engine,
  session: (addresses) => transportWithToken(addresses, true),
  "constant token": (addresses) => transportWithToken(addresses, false),
  guarded,
  bare,
  kasa,
  "tplink-cloud-api": tplinkCloudApi,
};

function limit(addresses: Addresses): RequestFactory {
  const undici = require("undici") as typeof import("undici");
  const dispatcher = new undici.Agent({ connect: { ca: addresses.certificate.cert } });
  return ({ size, secure }) => {
    const url = originOf(addresses, secure) + PATHS[size];
    return async () => (await undici.request(url, { dispatcher, headers: HEADERS })).body.json();
  };
}

/** The lowest public level of undici, and nothing else. */
function floor(addresses: Addresses): RequestFactory {
  const undici = require("undici") as typeof import("undici");
  const poolOptions = { connect: { ca: addresses.certificate.cert } };
  return ({ size, secure }) => {
    const pool = new undici.Pool(originOf(addresses, secure), poolOptions);
    const options: Dispatcher.DispatchOptions = { method: "GET", path: PATHS[size], headers: HEADERS };
    return () => new Promise((resolve, reject) => pool.dispatch(options, new MinimalHandler(resolve, reject)));
  };
}

/** Parses a response and does nothing else. A class, because tsx gives each function of an object literal a name, which is slow. */
class MinimalHandler implements Dispatcher.DispatchHandler {
  readonly #chunks: Buffer[] = [];

  constructor(
    readonly resolve: (value: unknown) => void,
    readonly reject: (error: Error) => void,
  ) {}

  onRequestStart(): void {}

  onResponseStart(): void {}

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    this.resolve(JSON.parse((this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks)).toString()));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.reject(error);
  }
}

/** A transport for the benchmark's server. */
function transportFor(
  addresses: Addresses,
  { inFlight, secure }: LoadCase,
  rate?: number,
): import("../../src/http/transport").Transport {
  const { Transport } = requireBuilt<typeof import("../../src/http/transport")>("http/transport.js");
  const tls = secure ? { fingerprint: addresses.certificate.fingerprint } : {};
  return new Transport({ timeoutMs: 15_000, tls, concurrency: inFlight, rate, clock: clockModule().systemClock });
}

/** The client of an Omada controller, without Node-RED. */
export function omadaClient(addresses: Addresses, loadCase: LoadCase): import("../../src/omada/client").OmadaClient {
  const { OmadaClient } = requireBuilt<typeof import("../../src/omada/client")>("omada/client.js");
  const credentials = { omadacId: CONTROLLER, mode: "client", clientId: "id", clientSecret: "secret" } as const;
  const server = { origin: originOf(addresses, loadCase.secure), prefix: "" };
  const settings = { server, ...credentials, username: "", password: "" };
  return new OmadaClient(settings, transportFor(addresses, loadCase), clockModule().systemClock);
}

/** This package without Node-RED: session, queue, retries, checks. */
function engine(addresses: Addresses): RequestFactory {
  return (loadCase) => {
    const client = omadaClient(addresses, loadCase);
    const path = loadCase.size === "small" ? "sites/{siteId}" : "sites/{siteId}/devices";
    const query = { method: "GET", path, site: SITE, params: {}, all: false, limit: 0 } as const;
    return async () => {
      const response = await client.query(query);
      if ("result" in response) return response.result;
      const rows: unknown[] = [];
      for await (const page of response.pages) rows.push(...page);
      return rows;
    };
  };
}

/** Creates requests as the package does: adding properties to an object later would cost more than sending it. */
function requestBuilder(
  addresses: Addresses,
  { size, secure }: LoadCase,
): (token: string) => import("../../src/http/request").Request {
  const { createRequest } = requireBuilt<typeof import("../../src/http/request")>("http/request.js");
  return (token) => {
    const headers = { authorization: `AccessToken=${token}` };
    return createRequest({ effect: "read", method: "GET", headers }, originOf(addresses, secure), PATHS[size]);
  };
}

/** The same request through the same transport, with a session that provides the token or with a constant token. */
function transportWithToken(addresses: Addresses, useSession: boolean): RequestFactory {
  const { Session } = requireBuilt<typeof import("../../src/session/session")>("session/session.js");
  const { Token } = requireBuilt<typeof import("../../src/session/token")>("session/token.js");
  const { parseJson } = requireBuilt<typeof import("../../src/http/response")>("http/response.js");
  const { Envelope } = requireBuilt<typeof import("../../src/omada/schemas")>("omada/schemas.js");
  return async (loadCase) => {
    const transport = transportFor(addresses, loadCase);
    const requestWith = requestBuilder(addresses, loadCase);
    const session = new Session(async () => ({ value: TOKEN, lifeMs: 7_200_000 }), Token, clockModule().systemClock);
    const read = (response: HttpResponse): unknown => Envelope.parse(parseJson(response)).result;
    const send = (token: { value: string }): Promise<unknown> => transport.send(requestWith(token.value), {}, read);
    const constant = { value: TOKEN };
    if (!useSession) return () => send(constant);
    await session.withToken(send);
    return () => session.withToken(send);
  };
}

/** The transport with queue, rate limit and retries. */
function guarded(addresses: Addresses): RequestFactory {
  const { parseJson } = requireBuilt<typeof import("../../src/http/response")>("http/response.js");
  return (loadCase) => {
    const transport = transportFor(addresses, loadCase, 20_000);
    const requestWith = requestBuilder(addresses, loadCase);
    return () => transport.send(requestWith(TOKEN), {}, parseJson);
  };
}

/** One attempt as the transport makes it, with deadline and checks, but without queue, rate limit and retries. */
function bare(addresses: Addresses): RequestFactory {
  const undici = require("undici") as typeof import("undici");
  const { ResponseHandler } =
    requireBuilt<typeof import("../../src/http/response-handler")>("http/response-handler.js");
  const { LightAbortController } = requireBuilt<typeof import("../../src/core/abort")>("core/abort.js");
  const { parseJson } = requireBuilt<typeof import("../../src/http/response")>("http/response.js");
  return ({ size, inFlight, secure }) => {
    const pool = new undici.Pool(originOf(addresses, secure), {
      connections: inFlight,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return () =>
      new Promise((resolve, reject) => {
        const observer = new ParsingObserver(parseJson, resolve, reject);
        const handler = new ResponseHandler(observer, 15_000, 15_000, new LightAbortController());
        pool.dispatch({ method: "GET", path: PATHS[size], body: null, headers: { ...HEADERS } }, handler);
      });
  };
}

class ParsingObserver implements AttemptObserver {
  constructor(
    readonly parse: (response: HttpResponse) => unknown,
    readonly resolve: (value: unknown) => void,
    readonly onFailure: (error: unknown) => void,
  ) {}

  onResponse(response: HttpResponse): void {
    this.resolve(this.parse(response));
  }
}

/** A command to a Kasa device. */
const COMMAND = { system: { get_sysinfo: {} } };

function kasa(addresses: Addresses): RequestFactory {
  const { KasaClient } = requireBuilt<typeof import("../../src/kasa/client")>("kasa/client.js");
  return (loadCase) => {
    const server = { origin: originOf(addresses, loadCase.secure), prefix: "" };
    const account = { appType: "Kasa_Android", terminalUUID: "bench", email: "a@example.org", password: "b" };
    const settings = { server, ...account, refreshToken: "" };
    const client = new KasaClient(settings, transportFor(addresses, loadCase), clockModule().systemClock);
    let next = 0;
    return () => client.control.raw(DEVICES[next++ % DEVICES.length] ?? "", "", COMMAND, {});
  };
}

/** The npm client for the same cloud. Only its device calls can be sent to another host. */
function tplinkCloudApi(addresses: Addresses): RequestFactory {
  const { default: Cloud } = require(installed("tplink-cloud-api")) as { default: TplinkCloud };
  return ({ secure }) => {
    const cloud = new Cloud("bench", "bench");
    const devices = DEVICES.map((deviceId) => {
      const place = { alias: "Bench", status: 1, appServerUrl: originOf(addresses, secure) };
      return cloud.newDevice({ deviceId, ...MODEL, ...place });
    });
    let next = 0;
    return async () => devices[next++ % devices.length]?.passthroughRequest(COMMAND);
  };
}

const MODEL = { deviceType: "IOT.SMARTPLUGSWITCH", deviceModel: "HS103(US)", deviceName: "Plug" };

/** Where the benchmark installs a client that is compared. */
export const installed = (name: string): string => resolve(".cache/bench/node_modules", name);

type TplinkCloud = new (
  token: string,
  terminal: string,
) => {
  newDevice(info: object): { passthroughRequest(command: object): Promise<unknown> };
};
