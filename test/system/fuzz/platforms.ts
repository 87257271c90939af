import { createServer, type AddressInfo, type Server } from "node:net";
import type { FlowNode } from "../../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../../support/harness/platforms";
import type { KasaCloud } from "../../support/simulators/kasa/cloud";
import type { OmadaController } from "../../support/simulators/omada/controller";
import type { PeplinkRouter } from "../../support/simulators/peplink/router";
import type { RecordedRequest, SimulatedServer } from "../../support/simulators/simulated-server";

/** The platforms of one home, and what was asked of them. */
export interface Platforms {
  kasa: KasaCloud;
  omada: OmadaController;
  router: PeplinkRouter;
  /** The config nodes, wide open: what is tested is what a message may say, not how many there are. */
  configs: FlowNode[];
}

const WIDE = { concurrency: 16, queue: 100_000, rate: 0, timeout: 3 };

/** Starts all three on plain http: they are closed when the test has ended. */
export async function startPlatforms(): Promise<Platforms> {
  const { cloud, account } = await kasaCloud(WIDE);
  const { controller, config: omada } = await omadaController({ http: true }, { ...WIDE, fingerprint: "" });
  const { router, config } = await peplinkRouter({ http: true }, { ...WIDE, fingerprint: "" });
  return { kasa: cloud, omada: controller, router, configs: [account, omada, config] };
}

/** A server that nobody may ask. */
export class Trap {
  /** How often somebody came all the same. */
  visits = 0;
  readonly #server: Server = createServer((socket) => {
    this.visits++;
    socket.destroy();
  });

  static async start(): Promise<Trap> {
    const trap = new Trap();
    await new Promise<void>((done) => trap.#server.listen(0, "127.0.0.1", done));
    return trap;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise((done) => this.#server.close(done));
  }
}

/** The journals of a home, from the last look on. */
export function sinceLastLook({ kasa, omada, router }: Platforms): [keyof typeof SUMMARIES, RecordedRequest][] {
  const take = ({ journal }: SimulatedServer): RecordedRequest[] => journal.splice(0);
  return [
    ...take(kasa.server).map((asked) => ["kasa", asked] as [keyof typeof SUMMARIES, RecordedRequest]),
    ...take(omada.server).map((asked) => ["omada", asked] as [keyof typeof SUMMARIES, RecordedRequest]),
    ...take(router.server).map((asked) => ["router", asked] as [keyof typeof SUMMARIES, RecordedRequest]),
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
 * What is wrong with a request whatever was meant by it.
 * @returns undefined for one that is as it should be
 */
export function malformed(
  home: Platforms,
  platform: keyof typeof SUMMARIES,
  asked: RecordedRequest,
): string | undefined {
  const { host, authorization, ...headers } = asked.headers;
  if (host !== new URL(home[platform].url).host) return "the host";
  const strange = Object.entries(headers).find(([name, value]) => !HEADERS[name]?.test(value));
  if (strange) return `the header ${strange[0]}`;
  // Whatever needs to be escaped is: no space, line break, backslash, second question mark or hash.
  if (!/^\/[\w\-.!~*'()%/]*(\?[\w\-.!~*'()%&=]*)?$/.test(asked.target)) return "a character of the path";
  const [path = ""] = asked.target.split("?");
  if (path.split("/").some((part) => /^\.{1,2}$/.test(decodeURIComponent(part)))) return "dots in the path";
  if (path.includes("//")) return "an empty part of the path";

  const known = home[platform].secrets();
  const inQuery = TOKEN_NAMES[platform];
  const shown = [...(inQuery ? asked.query.getAll(inQuery) : []), ...[authorization ?? []].flat()];
  if (isSignIn(asked)) return shown.length ? "a token at sign-in" : undefined;
  if (shown.length !== 1 || !known.includes((shown[0] ?? "").replace("AccessToken=", ""))) return "the token";
  return undefined;
}

/** Where in the query a platform takes its token; Omada's is in a header. */
const TOKEN_NAMES = { kasa: "token", omada: undefined, router: "accessToken" } as const;

const isSignIn = ({ path, body }: RecordedRequest): boolean =>
  /^\/(openapi\/authorize\/token|api\/auth\.token\.grant)$/.test(path) ||
  (path === "/" && /^\{"method":"(login|refreshToken)"/.test(body));

/** What a request asks for, in short; blank for a sign-in. */
export function summary(home: Platforms, platform: keyof typeof SUMMARIES, asked: RecordedRequest): string {
  return isSignIn(asked) ? "" : SUMMARIES[platform](home, asked);
}

const SUMMARIES = {
  kasa({ kasa }: Platforms, { method, path, body }: RecordedRequest): string {
    const { method: what, params } = JSON.parse(body) as { method: string; params?: Record<string, string> };
    if (`${method} ${path}` !== "POST /") return `${method} ${path}`;
    if (what === "getDeviceList") return "list";
    const device = kasa.devices.find(({ deviceId }) => deviceId === params?.["deviceId"]);
    const { context: _context, ...modules } = JSON.parse(params?.["requestData"] ?? "{}") as Record<string, unknown>;
    const methods = Object.values(modules).flatMap((module) => Object.keys(Object(module) as object));
    // Blanks would tell names apart: none of ours has any.
    const names = methods.map((name) => ` ${name.replace(/\s/g, "_")}`);
    return `${what === "passthrough" ? "device" : what} ${device?.alias.replace(/\s/g, "-")}${names.join("")}`;
  },

  omada({ omada }: Platforms, { method, target }: RecordedRequest): string {
    const named = target.replace("/openapi/", "").replaceAll(omada.omadacId, "{id}");
    return `${method} ${omada.sites.reduce((text, { siteId, name }) => text.replaceAll(siteId, `{${name}}`), named)}`;
  },

  router(_: Platforms, { method, target, body }: RecordedRequest): string {
    const query = /(?<=[?&])accessToken=[^&]*&?/;
    const endpoint = target.replace("/api/", "").replace(query, "").replace(/[?&]$/, "");
    const destroys = /"action":"(remove|replace|reboot|stow)"/.test(body) ? " destroying" : "";
    const intrudes = body !== "" && Object.hasOwn(JSON.parse(body) as object, "accessToken") ? " with a token" : "";
    return `${method} ${endpoint}${destroys}${intrudes}`;
  },
};
