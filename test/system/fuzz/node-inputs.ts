import * as fc from "fast-check";
import type { FlowNode } from "../../support/harness/node-red";
import { anyName, anyValue, withNames } from "./arbitraries";

/** A node, what a message may plausibly say to it, and what may be asked because of it. */
export interface NodeCase {
  node: FlowNode;
  platform: "kasa" | "omada" | "router";
  /** Good values of the properties that it reads. */
  says: Readonly<Record<string, readonly unknown[]>>;
  /** All that may be asked beside signing in, as `summary` puts it. */
  asks: RegExp;
  /** Whether one message may come out as several. */
  several?: boolean;
  /** Whether it waits for promises, for a while. */
  waits?: boolean;
}

const PATHS = [
  "sites",
  "sites/{siteId}/devices",
  "sites/{siteId}/clients",
  "sites/{siteId}/clients/{clientMac}",
  "/openapi/v1/{omadacId}/sites",
  "/openapi/v2/{omadacId}/sites/{siteId}/clients",
  "sites/{siteId}/logs/events",
  "sites/{siteId}/led",
  "sites/{siteId}/devices/{deviceMac}/forget",
  "msp/{mspId}/customers",
  "no/such/path",
];
const SITES = ["Harbour", "harbour", "Depot", ""];
const MAC = "02-00-5E-00-00-08";
const PARAMS = [
  { searchKey: "a", clientMac: MAC },
  { clientMac: MAC, deviceMac: MAC },
  { page: 1, pageSize: 2 },
  '{"page":1}',
  { "filters.wireless": true, clientMac: "0200.5e00.0008" },
];
const BODIES = [
  { enable: true },
  { action: "update", list: [{ id: 1, name: "x" }] },
  { action: "remove", list: [{ id: 1 }] },
  '{"enable":false}',
  [{ a: 1 }],
];
const SETTINGS = [true, "toggle", { on: true, brightness: 40 }, { hue: 120 }, { colorTemp: 3000 }, { led: false }, 0];
const DEVICES = ["Freezer", "desk", "Hall lamp", "<b>Porch</b>", "Shelf", "Heater", "Garden pump", "Nobody"];
const READS = [
  "status.wan.connection",
  "status.client",
  "config.ssid.profile",
  "info.firmware",
  "cmd.sms.get",
  "no.such",
];
const WRITES = [
  ["config.wan.connection", "config.ssid.profile", "cmd.ap", "cmd.system.reboot", "cmd.config.apply"],
  ["cmd.config.restore", "cmd.sms.delete", "auth.client", "status.client"],
].flat();
const RAW = [{ system: { get_sysinfo: {} } }, { system: { reset: {} } }, { netif: { get_stainfo: {} } }];

const A_DEVICE = /^(list|device \S+( (?!(reset|bind|unbind|set_server_url)( |$))\S*)*)$/;
// A site is looked for by its name.
const SITE_LIST = String.raw`GET v1/\{id\}/sites\?.*`;

const kasa = (id: string, more: object, says: NodeCase["says"], asks = A_DEVICE): NodeCase => ({
  node: { id, type: "kasa-device", account: "kasa", ...more },
  platform: "kasa",
  says,
  asks,
});

const omada = (
  id: string,
  type: string,
  more: object,
  says: NodeCase["says"],
  asks: string,
  several = false,
): NodeCase => ({
  node: { id, type, controller: "omada", ...more },
  platform: "omada",
  says,
  asks: new RegExp(`^(${SITE_LIST}|${asks})$`, "s"),
  several,
});

// The one list among these paths that is read by POST.
const READING = String.raw`GET v\d+/.*|POST v2/\{id\}/sites/[^/]+/clients`;

const query = (id: string, more: object, several = false): NodeCase =>
  omada(id, "omada-query", more, { path: PATHS, site: SITES, params: PARAMS }, READING, several);

const command = (method: string): NodeCase =>
  omada(
    `command ${method}`,
    "omada-command",
    { method },
    { path: PATHS, site: SITES, params: PARAMS, payload: BODIES },
    // What destroys wants a tick in the node, and none has it.
    method === "DELETE" ? "-" : String.raw`${method} v\d+/(?![^?]*\/(forget|delete|restore|unbind|rollback)(\?|$)).*`,
  );

const router = (id: string, type: string, more: object, says: NodeCase["says"], asks: RegExp): NodeCase => ({
  node: { id, type, router: "router", ...more },
  platform: "router",
  says,
  asks,
});

/** Every action node, with fields that the message fills, and with fields that are set. */
export const NODE_CASES: readonly NodeCase[] = [
  {
    node: { id: "login", type: "kasa-login", account: "kasa" },
    platform: "kasa",
    says: { force: [false, false, false, true] },
    asks: /^$/,
  },
  {
    node: { id: "list", type: "kasa-device-list", account: "kasa", output: "messages" },
    platform: "kasa",
    says: { parts: [{ id: "a" }] },
    asks: /^list$/,
    several: true,
  },
  {
    node: { id: "list state", type: "kasa-device-list", account: "kasa", detail: "state" },
    platform: "kasa",
    says: {},
    asks: /^(list|device \S+ get_sysinfo)$/,
  },
  ...["set", "state", "energy", "reboot", "raw"].map((name) =>
    kasa(
      name,
      { command: name },
      { device: DEVICES, outlet: ["", 0, "Lamp"], payload: name === "raw" ? RAW : SETTINGS },
    ),
  ),
  kasa(
    "Freezer",
    { device: "Freezer" },
    { payload: SETTINGS, device: DEVICES },
    /^(list|device Freezer( (get_sysinfo|set_relay_state|set_led_off))*)$/,
  ),
  kasa(
    "typed",
    { device: "topic", deviceType: "msg", value: "payload", valueType: "msg" },
    { topic: DEVICES, payload: SETTINGS },
  ),
  {
    ...kasa("expression", { device: "Freezer", value: "$.payload", valueType: "jsonata" }, { payload: SETTINGS }),
    waits: true,
  },
  query("query GET", { method: "GET" }),
  query("query POST", { method: "POST", output: "messages" }, true),
  query("query pages", { output: "pages", limit: 3 }, true),
  omada(
    "Harbour client",
    "omada-query",
    { site: "Harbour", path: "sites/{siteId}/clients/{clientMac}" },
    { params: PARAMS, path: PATHS, site: SITES },
    String.raw`GET v1/\{id\}/sites/\{Harbour\}/clients/[^/]+`,
  ),
  ...["POST", "PUT", "PATCH", "DELETE"].map(command),
  omada(
    "block",
    "omada-command",
    { site: "Harbour", path: "sites/{siteId}/clients/{clientMac}/block" },
    { params: PARAMS, payload: BODIES, path: PATHS, site: SITES },
    String.raw`POST v1/\{id\}/sites/\{Harbour\}/clients/[^/]+/block(\?.*)?`,
  ),
  router(
    "status",
    "router-status",
    {},
    { endpoint: READS, params: [{ id: [1, 2] }, { infoType: "x" }] },
    /^GET (status|info|config|cmd)(\.\w+)+(\?.*)?$|^POST cmd\.\w+(\.\w+)*$/s,
  ),
  router(
    "clients",
    "router-status",
    { endpoint: "status.client", shape: "list", secrets: "show" },
    { params: [{ active: true }, { outputWeight: "full" }], endpoint: READS },
    /^GET status\.client(\?.*)?$/s,
  ),
  router(
    "post",
    "router-config-post",
    {},
    { endpoint: WRITES, payload: BODIES },
    /^POST (?!cmd\.(config\.restore|sms\.delete|wifi\.forget)$)(config|cmd)(\.\w+)+$/,
  ),
  router(
    "wan",
    "router-config-post",
    { endpoint: "config.wan.connection", apply: true },
    { payload: BODIES, endpoint: WRITES },
    /^POST (config\.wan\.connection|cmd\.config\.apply)$/,
  ),
];

/** What no message may decide, whatever it holds. */
const NOT_ITS_OWN = [
  ["url", "server", "host", "method", "headers", "cookies", "token", "accessToken", "rejectUnauthorized", "secrets"],
  ["confirm", "apply", "command", "body", "account", "controller", "router", "requestTimeout", "hideToken", "_event"],
  [
    "topic",
    "parts",
    "req",
    "res",
    "error",
    "status",
    "statusCode",
    "api",
    "complete",
    "reset",
    "__proto__",
    "constructor",
  ],
].flat();

/** How the message itself is made. */
const SHAPES = ["frozen", "sealed", "without prototype", "a proxy", "with getters", "read-only"] as const;

/** A message; its values are still to be made. */
export interface Case {
  shape: (typeof SHAPES)[number] | "plain";
  says: object;
}

/** Messages to one node. */
export interface Batch {
  lane: string;
  cases: Case[];
}

/**
 * Messages to any node.
 * @param most of them in a batch
 * @param trap address of a server that nobody may ask
 */
export function anyBatch(most: number, trap: string): fc.Arbitrary<Batch> {
  const [every, brief] = [anyValue(trap, true), anyValue(trap, false)];
  return fc.constantFrom(...NODE_CASES).chain(({ node, says, waits }) => {
    const value = waits ? brief : every;
    const mine = Object.entries(says).map(([name, good]) => optional(name, likely(good, value)));
    const others = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...NOT_ITS_OWN), anyName), value), { maxLength: 2 });
    const all = fc.tuple(others, ...mine).map(([rest, ...own]) => withNames([...rest, ...own.flat()]));
    const shape = fc.oneof(
      { weight: 9, arbitrary: fc.constant("plain" as const) },
      { weight: 1, arbitrary: fc.constantFrom(...SHAPES) },
    );
    const cases = fc.array(fc.record({ shape, says: all }, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: most,
      size: "max",
    });
    return fc.record({ lane: fc.constant(node.id), cases }, { noNullPrototype: true });
  });
}

// A good value, anything, or a good one with something odd in it: that goes further than what is odd as a whole.
function likely(good: readonly unknown[], value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const fine = fc.constantFrom(...good);
  const spoilt = fc.tuple(fine, anyName, value).map(([whole, name, odd]) => mixed(whole, name, odd));
  return fc.oneof({ weight: 5, arbitrary: fine }, { weight: 3, arbitrary: value }, { weight: 2, arbitrary: spoilt });
}

const optional = (name: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<(readonly [string, unknown])[]> =>
  fc.oneof(
    { weight: 7, arbitrary: value.map((it) => [[name, it] as const]) },
    { weight: 1, arbitrary: fc.constant<(readonly [string, unknown])[]>([]) },
  );

function mixed(whole: unknown, name: string, odd: unknown): unknown {
  if (typeof whole === "string") return typeof odd === "string" ? whole + odd : whole;
  if (typeof whole !== "object" || whole === null || Array.isArray(whole)) return odd;
  return withNames([...Object.entries(whole), [name, odd]]);
}
