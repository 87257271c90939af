import * as fc from "fast-check";
import type { FlowNode } from "../../support/harness/node-red";
import { anyName, anyValue, withNames } from "./arbitraries";

/** A node, plausible messages to it, and the requests that they may cause. */
export interface NodeCase {
  node: FlowNode;
  platform: "kasa" | "omada" | "router";
  /** Valid values of the properties that it reads. */
  inputs: Readonly<Record<string, readonly unknown[]>>;
  /** The allowed requests except for sign-ins, as `summarize` describes them. */
  allowed: RegExp;
  /** Whether the node may send sendsSeveral messages for one. */
  sendsSeveral?: boolean;
  /** Whether it awaitsPromises for promises in the message for a while. */
  awaitsPromises?: boolean;
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
// A site name is looked up in the list of sites.
const SITE_LIST = String.raw`GET v1/\{id\}/sites\?.*`;

const kasa = (id: string, settings: object, inputs: NodeCase["inputs"], allowed = A_DEVICE): NodeCase => ({
  node: { id, type: "kasa-device", account: "kasa", ...settings },
  platform: "kasa",
  inputs,
  allowed,
});

const omada = (
  id: string,
  type: string,
  settings: object,
  inputs: NodeCase["inputs"],
  allowed: string,
  sendsSeveral = false,
): NodeCase => ({
  node: { id, type, controller: "omada", ...settings },
  platform: "omada",
  inputs,
  allowed: new RegExp(`^(${SITE_LIST}|${allowed})$`, "s"),
  sendsSeveral,
});

// The only list among these paths that is read by POST.
const READ_REQUESTS = String.raw`GET v\d+/.*|POST v2/\{id\}/sites/[^/]+/clients`;

const query = (id: string, settings: object, sendsSeveral = false): NodeCase =>
  omada(id, "omada-query", settings, { path: PATHS, site: SITES, params: PARAMS }, READ_REQUESTS, sendsSeveral);

const command = (method: string): NodeCase =>
  omada(
    `command ${method}`,
    "omada-command",
    { method },
    { path: PATHS, site: SITES, params: PARAMS, payload: BODIES },
    // A destructive command requires a confirmation in the node, which none of these has.
    method === "DELETE" ? "-" : String.raw`${method} v\d+/(?![^?]*\/(forget|delete|restore|unbind|rollback)(\?|$)).*`,
  );

const router = (id: string, type: string, settings: object, inputs: NodeCase["inputs"], allowed: RegExp): NodeCase => ({
  node: { id, type, router: "router", ...settings },
  platform: "router",
  inputs,
  allowed,
});

/** Every action node, with settings that are taken from the message, and with fixed ones. */
export const NODE_CASES: readonly NodeCase[] = [
  {
    node: { id: "login", type: "kasa-login", account: "kasa" },
    platform: "kasa",
    inputs: { force: [false, false, false, true] },
    allowed: /^$/,
  },
  {
    node: { id: "list", type: "kasa-device-list", account: "kasa", output: "messages" },
    platform: "kasa",
    inputs: { parts: [{ id: "a" }] },
    allowed: /^list$/,
    sendsSeveral: true,
  },
  {
    node: { id: "list state", type: "kasa-device-list", account: "kasa", detail: "state" },
    platform: "kasa",
    inputs: {},
    allowed: /^(list|device \S+ get_sysinfo)$/,
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
    awaitsPromises: true,
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

/** Properties of a message that must have no effect. */
const IGNORED_PROPERTIES = [
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

/** The kinds of objects that a message may be. */
const SHAPES = ["frozen", "sealed", "without prototype", "a proxy", "with getters", "read-only"] as const;

/** A message, whose unusual values are still to be created. */
export interface Case {
  shape: (typeof SHAPES)[number] | "plain";
  values: object;
}

/** Messages to one node. */
export interface Batch {
  nodeId: string;
  cases: Case[];
}

/**
 * Messages to any node.
 * @param maxSize of a batch
 * @param trap the address of a server that must not get any connection
 */
export function anyBatch(maxSize: number, trap: string): fc.Arbitrary<Batch> {
  const [anything, settling] = [anyValue(trap, true), anyValue(trap, false)];
  return fc.constantFrom(...NODE_CASES).chain(({ node, inputs, awaitsPromises }) => {
    const value = awaitsPromises ? settling : anything;
    const own = Object.entries(inputs).map(([name, valid]) => optional(name, mostlyValid(valid, value)));
    const others = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...IGNORED_PROPERTIES), anyName), value), {
      maxLength: 2,
    });
    const values = fc.tuple(others, ...own).map(([rest, ...pairs]) => withNames([...rest, ...pairs.flat()]));
    const shape = fc.oneof(
      { weight: 9, arbitrary: fc.constant("plain" as const) },
      { weight: 1, arbitrary: fc.constantFrom(...SHAPES) },
    );
    const cases = fc.array(fc.record({ shape, values }, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: maxSize,
      size: "max",
    });
    return fc.record({ nodeId: fc.constant(node.id), cases }, { noNullPrototype: true });
  });
}

// A valid value, anything, or a valid one with an arbitrary part, which gets further than an arbitrary whole.
function mostlyValid(valid: readonly unknown[], value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const whole = fc.constantFrom(...valid);
  const mixed = fc.tuple(whole, anyName, value).map(([target, name, part]) => insert(target, name, part));
  return fc.oneof({ weight: 5, arbitrary: whole }, { weight: 3, arbitrary: value }, { weight: 2, arbitrary: mixed });
}

const optional = (name: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<(readonly [string, unknown])[]> =>
  fc.oneof(
    { weight: 7, arbitrary: value.map((item) => [[name, item] as const]) },
    { weight: 1, arbitrary: fc.constant<(readonly [string, unknown])[]>([]) },
  );

function insert(target: unknown, name: string, part: unknown): unknown {
  if (typeof target === "string") return typeof part === "string" ? target + part : target;
  if (typeof target !== "object" || target === null || Array.isArray(target)) return part;
  return withNames([...Object.entries(target), [name, part]]);
}
