import { createServer, type AddressInfo, type Server } from "node:net";
import type { FlowNode } from "../../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../../support/harness/platforms";
import type { KasaCloud } from "../../support/simulators/kasa/cloud";
import type { OmadaController } from "../../support/simulators/omada/controller";
import type { PeplinkRouter } from "../../support/simulators/peplink/router";
import type { RecordedRequest, SimulatedServer } from "../../support/simulators/simulated-server";

/** One platform of each kind, and their config nodes. */
export interface Platforms {
  kasa: KasaCloud;
  omada: OmadaController;
  router: PeplinkRouter;
  /** Without limits: it is the content of messages that is tested, not their number. */
  configs: FlowNode[];
}

const UNLIMITED = { concurrency: 16, queue: 100_000, rate: 0, timeout: 3 };

/** Starts all three on http, until the test has ended. */
export async function startPlatforms(): Promise<Platforms> {
  const { cloud, account } = await kasaCloud(UNLIMITED);
  const { controller, config: omada } = await omadaController({ http: true }, { ...UNLIMITED, fingerprint: "" });
  const { router, config } = await peplinkRouter({ http: true }, { ...UNLIMITED, fingerprint: "" });
  return { kasa: cloud, omada: controller, router, configs: [account, omada, config] };
}

/** A server that must not get any connection. */
export class Trap {
  connections = 0;
  readonly #server: Server = createServer((socket) => {
    this.connections++;
    socket.destroy();
  });

  static async start(): Promise<Trap> {
    const trap = new Trap();
    await new Promise<void>((resolve) => trap.#server.listen(0, "127.0.0.1", resolve));
    return trap;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Returns the requests that the platforms got since the last call. */
export function takeRequests({ kasa, omada, router }: Platforms): [keyof typeof SUMMARIES, RecordedRequest][] {
  const take = ({ journal }: SimulatedServer): RecordedRequest[] => journal.splice(0);
  return [
    ...take(kasa.server).map((request) => ["kasa", request] as [keyof typeof SUMMARIES, RecordedRequest]),
    ...take(omada.server).map((request) => ["omada", request] as [keyof typeof SUMMARIES, RecordedRequest]),
    ...take(router.server).map((request) => ["router", request] as [keyof typeof SUMMARIES, RecordedRequest]),
  ];
}

const HEADERS: Readonly<Record<string, RegExp>> = {
  accept: /^application\/json$/,
  "accept-encoding": /^identity$/,
  connection: /^keep-alive$/,
  "content-length": /^\d{1,8}$/,
  "content-type": /^application\/json$/,
  "user-agent": /^node-red-homenet$/,
};

/**
 * Describes what is wrong with a request, whatever its purpose.
 * @returns undefined for a valid one
 */
export function findMalformation(
  platforms: Platforms,
  platform: keyof typeof SUMMARIES,
  request: RecordedRequest,
): string | undefined {
  const { host, authorization, ...headers } = request.headers;
  if (host !== new URL(platforms[platform].url).host) return "the host";
  const unexpected = Object.entries(headers).find(([name, value]) => !HEADERS[name]?.test(value));
  if (unexpected) return `the header ${unexpected[0]}`;
  // Everything that has to be escaped is: spaces, line breaks, backslashes, further question marks and hashes.
  if (!/^\/[\w\-.!~*'()%/]*(\?[\w\-.!~*'()%&=]*)?$/.test(request.target)) return "a character of the path";
  const [path = ""] = request.target.split("?");
  if (path.split("/").some((part) => /^\.{1,2}$/.test(decodeURIComponent(part)))) return "dots in the path";
  if (path.includes("//")) return "an empty part of the path";

  const secrets = platforms[platform].secrets();
  const parameter = TOKEN_PARAMETERS[platform];
  const tokens = [...(parameter ? request.query.getAll(parameter) : []), ...[authorization ?? []].flat()];
  if (isSignIn(request)) return tokens.length ? "a token at sign-in" : undefined;
  if (tokens.length !== 1 || !secrets.includes((tokens[0] ?? "").replace("AccessToken=", ""))) return "the token";
  return undefined;
}

/** The query parameter of a token; Omada's is in a header. */
const TOKEN_PARAMETERS = { kasa: "token", omada: undefined, router: "accessToken" } as const;

const isSignIn = ({ path, body }: RecordedRequest): boolean =>
  /^\/(openapi\/authorize\/token|api\/auth\.token\.grant)$/.test(path) ||
  (path === "/" && /^\{"method":"(login|refreshToken)"/.test(body));

/** A request in short; blank for a sign-in. */
export function summarize(platforms: Platforms, platform: keyof typeof SUMMARIES, request: RecordedRequest): string {
  return isSignIn(request) ? "" : SUMMARIES[platform](platforms, request);
}

const SUMMARIES = {
  kasa({ kasa }: Platforms, { method, path, body }: RecordedRequest): string {
    const { method: kasaMethod, params } = JSON.parse(body) as { method: string; params?: Record<string, string> };
    if (`${method} ${path}` !== "POST /") return `${method} ${path}`;
    if (kasaMethod === "getDeviceList") return "list";
    const device = kasa.devices.find(({ deviceId }) => deviceId === params?.["deviceId"]);
    const { context: _context, ...modules } = JSON.parse(params?.["requestData"] ?? "{}") as Record<string, unknown>;
    const methods = Object.values(modules).flatMap((module) => Object.keys(Object(module) as object));
    // Names are separated by spaces: those of the package contain none.
    const names = methods.map((name) => ` ${name.replace(/\s/g, "_")}`);
    return `${kasaMethod === "passthrough" ? "device" : kasaMethod} ${device?.alias.replace(/\s/g, "-")}${names.join("")}`;
  },

  omada({ omada }: Platforms, { method, target }: RecordedRequest): string {
    const generic = target.replace("/openapi/", "").replaceAll(omada.omadacId, "{id}");
    return `${method} ${omada.sites.reduce((text, { siteId, name }) => text.replaceAll(siteId, `{${name}}`), generic)}`;
  },

  router(_: Platforms, { method, target, body }: RecordedRequest): string {
    const query = /(?<=[?&])accessToken=[^&]*&?/;
    const endpoint = target.replace("/api/", "").replace(query, "").replace(/[?&]$/, "");
    const destructive = /"action":"(remove|replace|reboot|stow)"/.test(body) ? " destroying" : "";
    const withToken = body !== "" && Object.hasOwn(JSON.parse(body) as object, "accessToken") ? " with a token" : "";
    return `${method} ${endpoint}${destructive}${withToken}`;
  },
};
