import type { FlowNode } from "../../support/harness/node-red";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import type { TamperingProxy } from "./tampering-proxy";

/** A proxy before each platform. */
export type Proxies = Readonly<Record<Platform, TamperingProxy>>;
export type Platform = "kasa" | "omada" | "router";

/** Something that a node can do, and that succeeds if the responses are good. */
export interface FuzzAction {
  platform: Platform;
  type: string;
  settings: object;
  payload?: unknown;
  force?: boolean;
  /** Whether the node may send sendsSeveral messages for one. */
  sendsSeveral?: boolean;
}

const device = (settings: object, payload?: unknown): FuzzAction => ({
  platform: "kasa",
  type: "kasa-device",
  settings,
  payload,
});
const query = (settings: object, sendsSeveral = false): FuzzAction => ({
  platform: "omada",
  type: "omada-query",
  settings,
  sendsSeveral,
});
const status = (settings: object): FuzzAction => ({ platform: "router", type: "router-status", settings });

/** Each way in which a response is parsed. */
export const FUZZ_ACTIONS: Readonly<Record<string, FuzzAction>> = {
  "sign in": { platform: "kasa", type: "kasa-login", settings: {}, force: true },
  list: { platform: "kasa", type: "kasa-device-list", settings: { output: "messages" }, sendsSeveral: true },
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

/** The node that runs an action. */
export function actionNode({ platform, type, settings }: FuzzAction, id: string, config: string): FlowNode {
  return { id, type, [REFERENCE[platform]]: config, ...settings };
}

/** A config node that reaches its platform through the proxy, as a client with this name. */
export function proxiedConfig(config: FlowNode, proxies: Proxies, platform: Platform, name: string): FlowNode {
  return { ...config, id: `${platform} ${name}`, server: `${proxies[platform].server.url}/${name}` };
}

/** Whether a request signs in: all that follows fails in the same way if its response is tampered with. */
export function isSignIn({ target, body }: RecordedRequest): boolean {
  if (/^\/(openapi\/authorize\/|api\/(login|auth\.token))/.test(target)) return true;
  return target.startsWith("/?") ? false : /^\{"method":"(login|refreshToken)"/.test(body);
}
