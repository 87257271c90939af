import type { MarkedMessage, MessageKind } from "./ledger";
import { houseAccounts, houseKinds, houseNodes } from "./local-flow";
import { oneOf } from "./random";
import { CLIENTS, type PlatformAddresses } from "./types";

/** A node as Node-RED saves it. */
export interface SavedNode {
  id: string;
  type: string;
  [property: string]: unknown;
}

/** Short, because a response that hangs blocks a whole queue for that long. */
const TIMEOUT_S = 1;
const CONCURRENCY = 8;
const PAGE_SIZE = 100;
const LIMITS = { timeout: TIMEOUT_S, concurrency: CONCURRENCY };

/** Three tabs with every action and trigger node, each tab with a Catch and a Status node. */
export function soakFlow({ kasa, omada, peplink, house }: PlatformAddresses): SavedNode[] {
  const { email, password } = kasa;
  const controller = { server: omada.url, omadacId: omada.omadacId, fingerprint: omada.fingerprint, rate: 300 };
  const configs: SavedNode[] = [
    { id: "kasa", type: "kasa-account", server: kasa.url, credentials: { email, password }, ...LIMITS },
    { id: "omada", type: "omada-controller", ...controller, credentials: clientCredentials(omada), ...LIMITS },
    {
      id: "router",
      type: "peplink-router",
      server: peplink.url,
      fingerprint: peplink.fingerprint,
      credentials: clientCredentials(peplink),
      ...LIMITS,
    },
  ];
  const site = { controller: "omada", site: "Harbour" };
  const clients = { ...site, path: "sites/{siteId}/clients" };
  const pages = { ...clients, params: JSON.stringify({ pageSize: PAGE_SIZE }) };
  const first: SavedNode[] = [
    { id: "login", type: "kasa-login", account: "kasa" },
    { id: "list", type: "kasa-device-list", account: "kasa" },
    { id: "lamp", type: "kasa-device", account: "kasa", device: kasa.lamp },
    { id: "all-clients", type: "omada-query", ...pages },
    { id: "rename", type: "omada-command", ...site, method: "PATCH", path: OVERRIDE },
    { id: "wans", type: "router-status", router: "router", shape: "list" },
  ];
  const second: SavedNode[] = [
    { id: "states", type: "kasa-device-list", account: "kasa", detail: "state", output: "messages" },
    { id: "plug", type: "kasa-device", account: "kasa", command: "state" },
    { id: "energy", type: "kasa-device", account: "kasa", command: "energy", device: kasa.plugs[0] },
    { id: "client", type: "omada-query", ...clients },
    { id: "client-pages", type: "omada-query", ...pages, output: "pages" },
    { id: "devices", type: "omada-query", ...site, path: "sites/{siteId}/devices", output: "messages" },
    { id: "status", type: "router-status", router: "router" },
    { id: "text", type: "router-config-post", router: "router", endpoint: "cmd.sms.sendMessage" },
    { id: "priority", type: "router-config-post", router: "router", ...PRIORITY, apply: true },
  ];
  first.push(
    { id: "log", type: "omada-event", ...site, source: "events", interval: 5 },
    { id: "links", type: "router-event", router: "router", source: "wan", interval: 1 },
  );
  second.push(
    { id: "visitors", type: "omada-event", controller: "omada", site: "Depot", source: "clients", interval: 5 },
    { id: "switched", type: "kasa-event", account: "kasa", source: "devices", interval: 15, filter: kasa.plugs[0] },
    { id: "hook", type: "omada-webhook", path: WEBHOOK.path, credentials: { secret: WEBHOOK.secret } },
  );
  return [
    ...configs,
    ...houseAccounts(house),
    ...placeOnTab("one", first),
    ...placeOnTab("two", second),
    ...placeOnTab("home", houseNodes()),
  ];
}

/** Path and secret of the webhook. */
export const WEBHOOK = { path: "/omada", secret: "tell-nobody" };
/** Ids of the trigger nodes. */
export const TRIGGER_NODES: ReadonlySet<string> = new Set([
  "log",
  "links",
  "visitors",
  "switched",
  "hook",
  "house",
  "witness",
]);

const OVERRIDE = "/openapi/v2/{omadacId}/sites/{siteId}/aps/{apMac}/override";
const PRIORITY = { endpoint: "config.wan.connection.priority", body: '{"list":[{"connId":2,"priority":2}]}' };

function placeOnTab(tab: string, nodes: SavedNode[]): SavedNode[] {
  const sink = `sink-${tab}`;
  const placed = { x: 1, y: 1, z: tab };
  return [
    { id: tab, type: "tab", label: tab },
    { id: `catch-${tab}`, type: "catch", scope: null, uncaught: false, wires: [[sink]], ...placed },
    { id: `status-${tab}`, type: "status", scope: null, wires: [[sink]], ...placed },
    { id: sink, type: "debug", active: false, wires: [], ...placed },
    ...nodes.map((node) => ({ ...placed, wires: [[sink]], ...node })),
  ];
}

const clientCredentials = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }): object => {
  return { clientId, clientSecret };
};

/** The kinds of messages that are sent to the nodes of the flow. */
export function messageKinds({ kasa, omada, house }: PlatformAddresses): MessageKind[] {
  return [
    {
      node: "login",
      weight: 2,
      message: (_, random) => ({ force: random() < 0.05 }),
      matches: ({ payload }) => typeof asRecord(payload)["accountId"] === "string",
    },
    { node: "list", weight: 4, message: () => ({}), matches: ({ payload }) => Array.isArray(payload) },
    { node: "states", weight: 1, multiple: true, message: () => ({}), matches: isDevice },
    {
      node: "lamp",
      weight: 6,
      writes: true,
      message: (mark) => ({ payload: { on: true, brightness: brightness(mark), transitionMs: mark } }),
      matches: ({ payload }, mark) => asRecord(payload)["brightness"] === brightness(mark),
    },
    {
      node: "plug",
      weight: 6,
      message: (_, random) => ({ device: oneOf(kasa.plugs, random) }),
      matches: ({ payload, device }) => asRecord(payload)["deviceId"] === device,
    },
    {
      node: "energy",
      weight: 3,
      message: () => ({}),
      matches: ({ payload }) => typeof asRecord(payload)["powerW"] === "number",
    },
    {
      node: "client",
      weight: 8,
      message: (_, random) => ({ params: { searchKey: `Client ${Math.ceil(random() * 250)}` } }),
      matches: ({ payload, params }) => {
        const key = asRecord(params)["searchKey"] as string;
        return (payload as object[]).every((client) => String(asRecord(client)["name"]).startsWith(key));
      },
    },
    {
      node: "all-clients",
      weight: 2,
      message: () => ({}),
      matches: ({ payload }) =>
        new Set((payload as object[]).map((client) => asRecord(client)["mac"])).size === CLIENTS,
    },
    {
      node: "client-pages",
      weight: 2,
      multiple: true,
      message: () => ({}),
      matches: ({ payload }) => (payload as unknown[]).length === PAGE_SIZE,
    },
    { node: "devices", weight: 3, multiple: true, message: () => ({}), matches: isDevice },
    {
      node: "rename",
      weight: 6,
      writes: true,
      message: (mark) => ({ params: { apMac: omada.apMac }, payload: { ssidOverrides: ssidOverrides(mark) } }),
      matches: () => true,
    },
    { node: "wans", weight: 6, message: () => ({}), matches: ({ payload }) => Array.isArray(payload) },
    {
      node: "status",
      weight: 6,
      message: (_, random) => ({ endpoint: "status.wan.connection", params: { id: Math.ceil(random() * 4) } }),
      matches: ({ payload, params }) => String(asRecord(params)["id"]) in asRecord(payload),
    },
    {
      node: "text",
      weight: 6,
      writes: true,
      message: (mark) => ({ payload: { connId: 3, address: "+999155501", content: String(mark) } }),
      matches: () => true,
    },
    { node: "priority", weight: 1, message: () => ({}), matches: ({ api }) => asRecord(api)["applied"] === true },
    ...houseKinds(house),
  ];
}

const brightness = (mark: number): number => 1 + (mark % 100);

const isDevice = ({ payload }: MarkedMessage): boolean =>
  typeof asRecord(payload)["deviceModel"] === "string" || "mac" in asRecord(payload);

function ssidOverrides(mark: number): object[] {
  const same = { overrideVlanEnable: false, ssidEnable: true };
  return [
    { ssidEntryId: 1, overrideSsidEnable: true, overrideSsidName: String(mark), ...same },
    { ssidEntryId: 2, overrideSsidEnable: false, ...same },
  ];
}

const asRecord = (value: unknown): Record<string, unknown> => (value ?? {}) as Record<string, unknown>;
