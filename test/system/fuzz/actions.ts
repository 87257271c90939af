import type { FlowNode } from "../../support/harness/node-red";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import type { TamperingProxy } from "./tampering-proxy";

/** The platforms, each behind its mirror. */
export type Proxies = Readonly<Record<Platform, TamperingProxy>>;
export type Platform = "kasa" | "omada" | "router";

/** Something that a node can be asked to do, and that goes well where the answers are good. */
export interface FuzzAction {
  platform: Platform;
  type: string;
  settings: object;
  payload?: unknown;
  force?: boolean;
  /** Whether one message may come out as several. */
  several?: boolean;
}

const device = (settings: object, payload?: unknown): FuzzAction => ({
  platform: "kasa",
  type: "kasa-device",
  settings,
  payload,
});
const query = (settings: object, several = false): FuzzAction => ({
  platform: "omada",
  type: "omada-query",
  settings,
  several,
});
const status = (settings: object): FuzzAction => ({ platform: "router", type: "router-status", settings });

/** Each way in which an answer is read. */
export const FUZZ_ACTIONS: Readonly<Record<string, FuzzAction>> = {
  "sign in": { platform: "kasa", type: "kasa-login", settings: {}, force: true },
  list: { platform: "kasa", type: "kasa-device-list", settings: { output: "messages" }, several: true },
  "list with states": { platform: "kasa", type: "kasa-device-list", settings: { detail: "state" } },
  "a plug": device({ device: "Freezer" }, true),
  "a dimmer": device({ device: "<b>Porch</b>" }, { brightness: 40, transitionMs: 100 }),
  "an outlet": device({ device: "Desk", outlet: "2" }, "toggle"),
  "a light": device({ device: "Hall lamp" }, { hue: 120, saturation: 50 }),
  "a state": device({ device: "Desk", command: "state" }),
  "a meter": device({ device: "Desk", command: "energy" }),
  "a restart": device({ device: "Modem", command: "reboot" }),
  raw: device({ device: "Modem", command: "raw" }, { system: { get_sysinfo: {} } }),
  sites: query({ path: "sites" }),
  devices: query({ path: "sites/{siteId}/devices", site: "Harbour", output: "messages" }, true),
  clients: query({ path: "sites/{siteId}/clients", site: "Harbour", output: "pages" }, true),
  events: query({ path: "sites/{siteId}/logs/events", site: "Harbour" }),
  led: query({ path: "sites/{siteId}/led", site: "Harbour" }),
  "led on": {
    platform: "omada",
    type: "omada-command",
    settings: { method: "PUT", path: "sites/{siteId}/led", site: "Harbour" },
    payload: { enable: true },
  },
  WANs: status({ shape: "list" }),
  "Wi-Fi": status({ endpoint: "config.ssid.profile", shape: "list" }),
  messages: status({ endpoint: "cmd.sms.get", params: '{"connId":3}' }),
  "a WAN": {
    platform: "router",
    type: "router-config-post",
    settings: { endpoint: "config.wan.connection", apply: true },
    payload: { action: "update", list: [{ id: 2, name: "Dish" }] },
  },
};

const REFERENCE = { kasa: "account", omada: "controller", router: "router" } as const;

/** The node of an act. */
export function actor({ platform, type, settings }: FuzzAction, id: string, config: string): FlowNode {
  return { id, type, [REFERENCE[platform]]: config, ...settings };
}

/** A platform's config node as a guest of its mirror. */
export function guest(config: FlowNode, mirrors: Proxies, platform: Platform, name: string): FlowNode {
  return { ...config, id: `${platform} ${name}`, server: `${mirrors[platform].server.url}/${name}` };
}

/** Whether a request has a name to find, or somebody to let in: what comes after all fails alike when that is spoilt. */
export function isPreparation({ target, body }: RecordedRequest): boolean {
  if (/^\/(openapi\/authorize\/|api\/(login|auth\.token))/.test(target)) return true;
  return target.startsWith("/?") ? false : /^\{"method":"(login|refreshToken)"/.test(body);
}
