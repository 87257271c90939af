/** What flows rely on: it changes only with a migration of saved flows, or in a major version. */
interface NodeContract {
  /** Saved properties with their defaults. */
  defaults: Record<string, string | number | boolean>;
  credentials?: Record<string, "text" | "password">;
  /** Properties that refer to a config node, and its type. */
  configNodes?: Record<string, string>;
  /** What a property can be chosen from. */
  choices?: Record<string, string[]>;
  /** Properties of the message that the node reads. */
  reads?: string[];
  /** What it sets beside the properties that all nodes of its kind set: fields of the payload and of `msg.api`. */
  sets?: string[];
  /** Whether it starts flows: it has no input, and sends messages of its own. */
  isTrigger?: true;
  /** Its error codes, where it calls no platform. */
  errors?: string[];
  /** The label on the canvas of an unnamed node with these defaults. */
  label: string;
}

const CONNECTION = {
  timeout: 15,
  concurrency: 4,
  queue: 1000,
  rate: "",
  store: "",
  tls: "",
  fingerprint: "",
  proxy: "",
  allowHttp: false,
};
const CLIENT_OR_USER = { clientId: "text", clientSecret: "password", username: "text", password: "password" } as const;
/** The properties of a node that can act by name, and what it reads and sets. */
const ACT = {
  act: "",
  target: "",
  targetType: "str",
  value: "",
  valueType: "str",
  verify: true,
  dryRun: false,
};
const ACT_SETS = ["verified", "steps"];
export const NODE_CONTRACTS: Readonly<Record<string, NodeContract>> = {
  "kasa-account": {
    defaults: {
      name: "",
      server: "",
      tapoServer: "",
      appType: "",
      terminalUUID: "",
      reach: "auto",
      hosts: "",
      ...CONNECTION,
    },
    credentials: { email: "text", password: "password", refreshToken: "password" },
    choices: { reach: ["auto", "cloud", "local"] },
    label: "kasa-account.unnamed",
  },
  "omada-controller": {
    defaults: { name: "", server: "", omadacId: "", mode: "client", ...CONNECTION },
    credentials: CLIENT_OR_USER,
    choices: { mode: ["client", "code"] },
    label: "omada-controller.unnamed",
  },
  "peplink-router": {
    defaults: { name: "", server: "", mode: "client", ...CONNECTION },
    credentials: CLIENT_OR_USER,
    choices: { mode: ["client", "user"] },
    label: "peplink-router.unnamed",
  },
  "kasa-login": {
    defaults: { name: "", account: "", force: false, hideToken: false },
    configNodes: { account: "kasa-account" },
    reads: ["force"],
    sets: ["reused"],
    label: "kasa-login.node.login",
  },
  "kasa-device-list": {
    defaults: { name: "", account: "", detail: "list", output: "array" },
    configNodes: { account: "kasa-account" },
    choices: { detail: ["list", "state"], output: ["array", "messages"] },
    reads: [],
    sets: ["alias", "online", "supported", "kind", "protocol", "reach", "parts"],
    label: "kasa-device-list.node.list",
  },
  "kasa-device": {
    defaults: {
      name: "",
      account: "",
      device: "",
      deviceType: "str",
      outlet: "",
      outletType: "str",
      command: "set",
      value: "",
      valueType: "str",
    },
    configNodes: { account: "kasa-account" },
    choices: { command: ["set", "state", "energy", "history", "countdown", "schedule", "reboot", "raw"] },
    reads: ["payload", "device", "outlet"],
    sets: (
      "deviceId alias kind on brightness hue saturation colorTemp outlets sensors rssi led " +
      "presets away powerW voltageV currentA totalKwh todayKwh monthKwh start energyKwh runtimeMin countdown " +
      "remainingS enabled rules"
    ).split(" "),
    label: "Kasa: set",
  },
  "kasa-event": {
    defaults: {
      name: "",
      account: "",
      source: "devices",
      events: "",
      filter: "",
      interval: 30,
      settle: 1,
      initial: false,
    },
    configNodes: { account: "kasa-account" },
    choices: { source: ["devices"] },
    isTrigger: true,
    sets: "event id name at current previous on off online offline changed sensor low-battery".split(" "),
    label: "kasa-event.node.all",
  },
  "omada-query": {
    defaults: {
      name: "",
      controller: "",
      site: "",
      siteType: "str",
      method: "GET",
      path: "sites",
      pathType: "str",
      params: "",
      paramsType: "json",
      paging: "all",
      limit: 0,
      output: "array",
    },
    configNodes: { controller: "omada-controller" },
    choices: { method: ["GET", "POST"], paging: ["all", "one"], output: ["array", "pages", "messages"] },
    reads: ["site", "path", "params"],
    sets: ["totalRows", "pages", "parts"],
    label: "sites",
  },
  "omada-command": {
    defaults: {
      name: "",
      controller: "",
      site: "",
      siteType: "str",
      ...ACT,
      method: "POST",
      path: "",
      pathType: "str",
      params: "",
      paramsType: "json",
      body: "",
      bodyType: "json",
      confirm: false,
    },
    configNodes: { controller: "omada-controller" },
    choices: { method: ["POST", "PUT", "PATCH", "DELETE"] },
    reads: ["payload", "site", "target", "path", "params"],
    sets: ACT_SETS,
    label: "POST msg.path",
  },
  "omada-event": {
    defaults: {
      name: "",
      controller: "",
      source: "clients",
      site: "",
      events: "",
      filter: "",
      interval: 30,
      settle: 1,
      initial: false,
    },
    configNodes: { controller: "omada-controller" },
    choices: { source: ["clients", "devices", "wan", "ports", "vpn", "alerts", "events", "global"] },
    isTrigger: true,
    sets: (
      "event id name at current previous client-connected client-disconnected client-roamed " +
      "device-connected device-disconnected wan-up wan-down port-up port-down poe-on poe-off vpn-up vpn-down alert log site"
    ).split(" "),
    label: "omada-event.option.source.clients",
  },
  "omada-webhook": {
    defaults: { name: "", path: "/omada-webhook", events: "" },
    credentials: { secret: "password" },
    isTrigger: true,
    sets: "site controller at text references kind mac event client device ssid".split(" "),
    errors: ["input", "config"],
    label: "/omada-webhook",
  },
  "router-status": {
    defaults: {
      name: "",
      router: "",
      endpoint: "status.wan.connection",
      endpointType: "str",
      params: "",
      paramsType: "json",
      shape: "raw",
      secrets: "hide",
    },
    configNodes: { router: "peplink-router" },
    choices: { shape: ["raw", "list"], secrets: ["hide", "show"] },
    reads: ["endpoint", "params"],
    sets: ["notice"],
    label: "status.wan.connection",
  },
  "router-config-post": {
    defaults: {
      name: "",
      router: "",
      ...ACT,
      endpoint: "config.wan.connection.priority",
      endpointType: "str",
      body: "",
      bodyType: "json",
      apply: false,
      confirm: false,
    },
    configNodes: { router: "peplink-router" },
    reads: ["payload", "target", "endpoint"],
    sets: ["applied", "notice", ...ACT_SETS],
    label: "config.wan.connection.priority",
  },
  "router-event": {
    defaults: {
      name: "",
      router: "",
      source: "wan",
      events: "",
      filter: "",
      interval: 30,
      settle: 1,
      threshold: 200,
      initial: false,
    },
    configNodes: { router: "peplink-router" },
    choices: {
      source: ["wan", "clients", "vpn", "location", "speed", "allowance", "cellular", "latency", "sms", "log"],
    },
    isTrigger: true,
    sets: (
      "event id name at current previous wan-up wan-down wan-standby wan-active-changed " +
      "client-connected client-disconnected vpn-up vpn-down moved allowance-crossed " +
      "carrier-changed sim-changed roaming-changed signal-low signal-ok latency-high latency-ok sms-received log"
    ).split(" "),
    label: "router-event.option.source.wan",
  },
};
