/** Parameters, settings and answers: plain JSON objects. */
export type Json = Record<string, unknown>;

/** What the router says in its `fail` envelope; 999 is the one general code that was ever seen (peplink.md section 1.5). */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code = 999,
  ) {
    super(message);
  }
}

/** A data allowance, in MB. */
export interface Allowance {
  enable: boolean;
  usage: number;
  limit: number;
  /** Day of the month; 0 is the last one. */
  start: number;
}

/** One SIM slot of a cellular WAN. */
export interface Sim {
  id: number;
  active: boolean;
  simCardDetected: boolean;
  /** Subscriber numbers and the credentials of the access point, in clear as the router shows them. */
  details: Json;
  allowance: Allowance;
}

/** One device in the LAN, as `status.client` lists it. */
export interface LanClient {
  ip: string;
  name: string;
  mac: string;
  active: boolean;
  /** Often absent while the client is inactive. */
  connectionType?: string;
  vlanId?: number;
  essid?: string;
  lease?: { expiresIn: number; type: string };
  /** This and `speed` are answered with `outputWeight=full` only. */
  signal?: { strength: number; level: number };
  speed?: { download: number; upload: number; unit: string };
}

/** One Wi-Fi network. */
export interface Ssid {
  id: number;
  name: string;
  enable: boolean;
  frequency: string[];
  vlanId?: number;
  captivePortal: boolean;
  incontrolManaged: boolean;
  broadcast: boolean;
  security: { policy: string; wpa2Personal: { fastTransition: boolean; key: string } };
}

/** One LAN port. */
export interface Port {
  id: number;
  name: string;
  linkUp: boolean;
  enable: boolean;
  poe: boolean;
}

/** One SpeedFusion neighbour. */
export interface Peer {
  peerId: string;
  profileId: number;
  name: string;
  username: string;
  serialNumber: string;
  status: string;
  secure: boolean;
  type: string;
  route: string[];
}

/** A configuration change that is saved but not yet in force. */
export interface Change {
  endpoint: string;
  id: number;
  patch: Json;
}

const NO_ALLOWANCE: Allowance = { enable: false, usage: 0, limit: 0, start: 1 };
const MODEM = {
  imei: "350000000000006",
  meid: { hex: "", dec: "" },
  esn: "",
  manufacturer: "Gullwing",
  model: "GW-12",
};
const ATTACHED = {
  carrier: { name: "Kestrel Mobile", country: "Testland" },
  carrierAggregation: true,
  dataTechnology: "LTE-A",
  mcc: "001", // a string: the leading zeros count
  mnc: "01",
  cellTower: { cellId: 70_211, cellPlmn: 101, cellUtranId: 1_201, tac: 4_410 },
  roamingStatus: { code: 1 },
  rat: [
    {
      name: "LTE",
      band: [
        { name: "LTE Band 20 (800 MHz)", channel: 6300, signal: { rssi: -58, sinr: 14.5, rsrp: -87, rsrq: -9.5 } },
        { name: "LTE Band 7 (2600 MHz)", channel: 2850, signal: { rsrp: -101, rsrq: -12 } },
      ],
    },
  ],
};

/** One WAN connection; whether it carries or waits follows from the others (`World.carrying`). */
export class Wan {
  type = "ethernet";
  enable = true;
  /** Whether it has a line: a cable, a network. */
  up = true;
  /** Waits whatever its priority is. */
  standby = false;
  /** 1 is the best. */
  priority = 1;
  group = 0;
  ip = "192.0.2.1";
  mask = 24;
  gateway = "192.0.2.254";
  dns = ["192.0.2.53"];
  method = "dhcp";
  mtu = 1440;
  signalLevel = 4;
  temperature = 43;
  allowance = { ...NO_ALLOWANCE };
  sims: Sim[] = [];
  /** Now, in kbps. */
  rate = { download: 0, upload: 0 };
  /** So far, in MB. */
  total = { download: 0, upload: 0 };
  /** What only `config.wan.connection` shows. */
  settings: Json = {};
  /** In milliseconds since 1970. */
  carryingSince: number | undefined = undefined;
  moduleResets = 0;
  #trouble: { statusLed: string; message: string } | undefined;

  constructor(
    readonly id: number,
    public name: string,
    given: Partial<Wan> = {},
  ) {
    Object.assign(this, given);
  }

  /** The line is lost: an unplugged cable, unless said otherwise. */
  takeDown(message = this.type === "ethernet" ? "No Cable Detected" : "Disconnected", statusLed = "red"): void {
    this.up = false;
    this.#trouble = { statusLed, message };
  }

  bringUp(): void {
    this.up = true;
    this.#trouble = undefined;
  }

  /** Everything that `config.wan.connection` knows, secrets too. */
  config(): Json {
    const { name, enable, priority, group } = this;
    return merge(this.settings, { name, enable, active: enable, connection: { priority, group } });
  }

  configure(patch: Json): void {
    this.settings = merge(this.config(), patch);
    const { priority, group } = object(this.settings.connection);
    this.name = String(this.settings.name);
    this.enable = isTrue(this.settings.enable);
    this.priority = Number(priority);
    this.group = Number(group);
  }

  /** The words of the status page: there is no other field that says how a WAN is (peplink.md section 3). */
  light(carries: boolean): { statusLed: string; message: string } {
    if (!this.enable) return { statusLed: "gray", message: "Disabled" };
    if (!this.up) return this.#trouble ?? { statusLed: "red", message: "No Cable Detected" };
    if (!carries) return { statusLed: "yellow", message: "Standby" };
    const cellular = this.type === "cellular";
    return { statusLed: "green", message: cellular ? `Connected to ${ATTACHED.carrier.name}` : "Connected" };
  }

  /** What belongs to the network is missing while the module is not attached. */
  cellular(): Json {
    const attached = this.enable && this.up;
    const sim = collection(this.sims, ({ details, allowance, ...sim }) => {
      return { ...sim, ...details, bandwidthAllowanceMonitor: { enable: allowance.enable, hasSmtp: false } };
    });
    const module = { network: "LTE", mobileType: "LTE", modulePowerOn: this.enable, sim, ...MODEM };
    return attached ? { ...module, signalLevel: this.signalLevel, ...ATTACHED } : { ...module, signalLevel: 0 };
  }
}

/** The state of one router. The order of an array is the `order` that the API answers. */
export class World {
  wans: Wan[] = [];
  clients: LanClient[] = [];
  ssids: Ssid[] = [];
  ports: Port[] = [];
  peers: Peer[] = [];
  readonly firmware = [
    { id: 1, version: "8.4.1 build 5520", bootable: true, inUse: false },
    { id: 2, version: "8.5.1 build 5711", bootable: true, inUse: true },
  ];
  /** `gps: false` means that the location is stale. */
  location = {
    gps: true,
    latitude: 54.1784,
    longitude: 7.8881,
    altitude: 12.5,
    speed: 0.4,
    heading: 212.5,
    pdop: 1.4,
    hdop: 0.9,
    vdop: 1.1,
  };
  /** Whether the built-in access point is on. */
  ap = true;
  inbox = [{ connId: 3, id: 7, sender: "+999155501", timestamp: 1_790_000_000, text: "62 % of your data is used." }];
  readonly sentMessages: { connId?: unknown; address: string; content: string }[] = [];
  /** The manual names the text `content`, its example `message`; both were seen in clients (peplink.md section 3). */
  smsTextField: "content" | "message" = "content";
  pending: Change[] = [];
  applied = 0;
  restores = 0;
  reboots = 0;
  /** How long a search for carriers takes. */
  carrierScanMs = 0;
  carrierScanStarted: number | undefined = undefined;

  constructor(readonly now: () => number) {
    this.#furnish();
  }

  /** Back to the world that every router starts with; accounts and API clients are left alone. */
  restore(): void {
    this.restores++;
    this.pending = [];
    this.#furnish();
  }

  /** The enabled WANs with a line that share the best priority; all others with a line wait as hot standby. */
  carrying(): Wan[] {
    const ready = this.wans.filter(({ enable, up, standby }) => enable && up && !standby);
    const best = Math.min(...ready.map(({ priority }) => priority));
    return ready.filter(({ priority }) => priority === best);
  }

  /** Lets uptimes begin and end. The router calls it whenever it is asked something. */
  settle(): void {
    const carrying = this.carrying();
    for (const wan of this.wans)
      wan.carryingSince = carrying.includes(wan) ? (wan.carryingSince ?? this.now()) : undefined;
  }

  /** Puts a change in force. */
  enforce({ endpoint, id, patch }: Change): void {
    if (!endpoint.startsWith("config.ssid")) this.wans.find((wan) => wan.id === id)?.configure(patch);
    const ssid = endpoint.startsWith("config.ssid") && this.ssids.find((ssid) => ssid.id === id);
    if (ssid) Object.assign(ssid, merge({ ...ssid }, patch));
  }

  /** The configuration with all that is saved; `status.*` shows only what is in force. */
  saved(kind: "config.wan" | "config.ssid", id: number, config: Json): Json {
    const changes = this.pending.filter((change) => change.id === id && change.endpoint.startsWith(kind));
    return changes.reduce((config, { patch }) => merge(config, patch), config);
  }

  #furnish(): void {
    this.wans = defaultWans(this.now());
    this.clients = defaultClients();
    this.ssids = [ssid(1, "Lighthouse", "keeper-of-the-light"), ssid(2, "Lighthouse Guests", "mind-the-steps", 20)];
    this.ports = [1, 2, 3, 4].map((id) => ({ id, name: `LAN ${id}`, linkUp: id < 3, enable: true, poe: id === 1 }));
    this.peers = [peer(2, "Boathouse", "3333-BEEF-0002"), peer(1, "Keeper's Cottage", "3333-BEEF-0001")];
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Anything but an object counts as an empty one. */
export const object = (value: unknown): Json => (isObject(value) ? value : {});

/** Objects are merged, everything else is replaced. */
function merge(into: Json, patch: Json): Json {
  const merged = { ...into };
  for (const [name, value] of Object.entries(patch)) {
    merged[name] = isObject(value) ? merge(object(into[name]), value) : value;
  }
  return merged;
}

/** `{"1":{…},"2":{…},"order":[2,1]}`: JSON keys are sorted by most readers, so `order` alone keeps the order. */
export function collection<T extends { id: number }>(items: T[], show: (item: T) => object = (item) => item): Json {
  const entries = items.map((item) => [String(item.id), without(show(item), ["id"])] as const);
  return { ...Object.fromEntries(entries), order: items.map(({ id }) => id) };
}

function without(all: object, names: string[]): Json {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

function only(all: object, names: string[]): Json {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/** A boolean in a POST; some come as text. */
const isTrue = (value: unknown): boolean => value === true || value === "true" || value === "yes";

// Starlink comes first: a client that ignores `order` shows the WANs in the wrong one.
function defaultWans(now: number): Wan[] {
  const sim = { autoApn: false, apn: "internet.kestrel.example", username: "kestrel", password: "apn-secret" };
  const numbers = { imsi: "001010000000062", iccid: "8900000000000000621", mtn: "+999155562" };
  const ddns = {
    enable: true,
    provider: "noip",
    host: ["lighthouse.example"],
    username: "keeper",
    password: "ddns-secret",
  };
  const healthcheck = { enable: true, method: "nslookup", timeout: 4, interval: 10, retry: 2, recovery: 2 };
  return [
    new Wan(2, "Starlink", {
      priority: 2,
      ip: "100.64.7.20",
      mask: 10,
      gateway: "100.64.0.1",
      settings: { healthcheck },
    }),
    new Wan(1, "Fibre", {
      ip: "203.0.113.40",
      gateway: "203.0.113.1",
      dns: ["203.0.113.53", "203.0.113.54"],
      allowance: { enable: true, usage: 210_000, limit: 1_000_000, start: 1 },
      rate: { download: 18_400, upload: 2_150 },
      total: { download: 90_400, upload: 11_800 },
      carryingSince: now - 266_400_000,
      settings: { asLan: false, multipleIp: [], healthcheck, connection: { method: "dhcp", mode: "NAT", ddns } },
    }),
    new Wan(3, "Cellular", {
      type: "cellular",
      priority: 3,
      ip: "198.51.100.77",
      mask: 31,
      gateway: "198.51.100.76",
      mtu: 1428,
      total: { download: 27_700, upload: 3_300 },
      sims: [
        {
          id: 1,
          active: true,
          simCardDetected: true,
          details: { ...numbers, ...sim },
          allowance: { enable: true, usage: 31_000, limit: 50_000, start: 15 },
        },
        { id: 2, active: false, simCardDetected: false, details: { autoApn: true }, allowance: { ...NO_ALLOWANCE } },
      ],
      settings: { healthcheck, cellular: { sim: { 1: { ...sim, mobileType: "auto" }, order: [1] } } },
    }),
    new Wan(4, "Harbour Wi-Fi", {
      type: "wifi",
      enable: false,
      priority: 4,
      method: "unknown",
      settings: { healthcheck },
    }),
  ];
}

function defaultClients(): LanClient[] {
  const wireless = { connectionType: "wireless", essid: "Lighthouse" };
  const lease = { expiresIn: 50_000, type: "dhcp" };
  return [
    { ip: "192.168.50.10", name: "chart-plotter", mac: "02:00:5E:00:00:10", active: true, connectionType: "ethernet" },
    {
      ip: "192.168.50.21",
      name: "Keeper's phone",
      mac: "02:00:5E:00:00:21",
      active: true,
      ...wireless,
      lease,
      signal: { strength: -61, level: 4 },
      speed: { download: 320, upload: 44, unit: "kbps" },
    },
    {
      ip: "192.168.20.31",
      name: "guest-tablet",
      mac: "02:00:5E:00:00:31",
      active: true,
      ...wireless,
      lease,
      vlanId: 20,
    },
    // Whoever joins the network chooses this name, and somebody's browser will show it.
    { ip: "192.168.50.66", name: "<img src=x onerror=alert(1)>", mac: "02:00:5E:00:00:66", active: true, ...wireless },
    { ip: "192.168.50.80", name: "weather-mast", mac: "02:00:5E:00:00:80", active: false },
  ];
}

function ssid(id: number, name: string, key: string, vlanId?: number): Ssid {
  const security = { policy: "WPA2 Personal", wpa2Personal: { fastTransition: false, key } };
  const radio = { frequency: ["2.4GHz", "5GHz"], captivePortal: false, incontrolManaged: false, broadcast: true };
  return { id, name, enable: true, ...radio, ...(vlanId !== undefined && { vlanId }), security };
}

function peer(profileId: number, name: string, serialNumber: string): Peer {
  const link = { status: "CONNECTED", secure: true, type: "l3", route: [`192.168.${60 + profileId}.0/24`] };
  return { peerId: `${profileId}-1`, profileId, name, username: name, serialNumber, ...link };
}

/** What the router does for one endpoint; nothing answered means an envelope without `response`. */
export type Endpoint = (world: World, args: Json) => unknown;

/** All endpoints but those of signing in, under the one or two methods that each has. */
export const ENDPOINTS: Readonly<Record<string, { GET?: Endpoint; POST?: Endpoint }>> = {
  "info.firmware": { GET: ({ firmware }) => collection(firmware) },
  "info.location": {
    GET: ({ location: { gps, ...location }, now }) => ({ gps, location: { ...location, timestamp: seconds(now()) } }),
  },
  "info.time": { GET: ({ now }) => ({ time: seconds(now()) }) },

  "status.wan.connection": { GET: wanStatus },
  "status.wan.connection.allowance": { GET: ({ wans }, { connId }) => collection(chosen(wans, connId), allowances) },
  "status.client": { GET: (world, args) => ({ list: lanClients(world, args) }) },
  "status.lan.profile": { GET: (_world, { id }) => collection(chosen(LANS, id)) },
  "status.pepvpn": { GET: speedFusion },
  "status.traffic": { GET: traffic },
  "status.system.info": { GET: systemInfo },
  "status.port": { GET: portStatus },
  "status.cellularModule.temperature": {
    POST: (world, args) => ({ temperature: connection(world, args, "cellular").temperature }),
  },

  "config.wan.connection": { GET: wanConfig, POST: changeWans },
  "config.wan.connection.priority": { GET: (world) => priorities(world, world.wans), POST: changePriorities },
  "config.ssid.profile": { GET: (world, { id }) => ssidConfig(world, chosen(world.ssids, id)), POST: changeSsid },

  "cmd.config.apply": { POST: applyPending },
  "cmd.config.discard": { POST: (world) => void (world.pending = []) },
  "cmd.config.restore": { POST: restore },
  "cmd.system.reboot": { POST: (world) => void world.reboots++ },
  "cmd.cellularModule.reset": { POST: (world, args) => resetModule(connection(world, args, "cellular")) },
  "cmd.ap": { GET: ({ ap }) => ({ support: true, enable: ap }), POST: switchAccessPoint },
  "cmd.sms.get": { GET: receivedMessages },
  "cmd.sms.sendMessage": { POST: sendMessage },
  "cmd.port.poe.enable": { POST: (world, args) => powerPorts(world, args, true) },
  "cmd.port.poe.disable": { POST: (world, args) => powerPorts(world, args, false) },
  "cmd.carrier.scan": { GET: carriers, POST: scanCarriers },
  "cmd.wifi.scan": { GET: (world, args) => connection(world, args, "wifi") && wifiNetworks() },
};

/** What stands beside the answer of an endpoint that is not finished. */
export const NOTICES: Readonly<Record<string, { status: string }>> = {
  "status.pepvpn": { status: "beta" },
  "cmd.ap": { status: "alpha" },
};

const LANS = [
  { id: 0, ip: "192.168.50.1", mask: 24 },
  { id: 1, name: "Guests", vlanId: 20, ip: "192.168.20.1", mask: 24 },
];
const WAN_SETTINGS = ["name", "enable", "schedule", "asLan", "multipleIp", "connection", "healthcheck", "cellular"];
const SSID_SETTINGS = ["name", "enable", "frequency", "vlanId", "broadcast", "security"];
const HIDDEN = "@~HiDdEn~@";

function wanStatus(world: World, { id }: Json): Json {
  const carrying = world.carrying();
  const timestamp = seconds(world.now());
  const wans = collection(chosen(world.wans, id), (wan) => oneWanStatus(world, wan, carrying.includes(wan)));
  return { ...wans, timestamp, supportGatewayProxy: true };
}

function oneWanStatus({ now }: World, wan: Wan, carries: boolean): Json {
  const { name, enable, priority, type, ip, mask, gateway, dns, method, mtu, carryingSince = 0 } = wan;
  const kind = { type, virtualType: type, virtual: false, portId: wan.id, method, routingMode: "NAT", mtu };
  return {
    name,
    enable,
    locked: false,
    managementOnly: false,
    ...wan.light(carries),
    uptime: carries ? Math.max(1, seconds(now() - carryingSince)) : 0,
    ...kind,
    bandwidthAllowanceMonitor: { enable: wan.allowance.enable, hasSmtp: false },
    ...(enable && { priority }),
    ...(enable && wan.up && { ip, mask, gateway, dns }),
    ...(type === "cellular" && { cellular: wan.cellular() }),
  };
}

/** Flat for a cable, one for each SIM of a cellular WAN. */
function allowances({ type, allowance, sims }: Wan): Json {
  return type === "cellular" ? collection(sims, (sim) => allowanceStatus(sim.allowance)) : allowanceStatus(allowance);
}

function allowanceStatus({ enable, usage, limit, start }: Allowance): Json {
  return enable ? { enable, usage, limit, percent: Math.floor((usage / limit) * 100), start, unit: "MB" } : { enable };
}

function lanClients(world: World, { activeOnly, connectionType, vlanId, size = 1000, outputWeight }: Json): Json[] {
  const types = listed(connectionType);
  return world.clients
    .filter(({ active }) => active || activeOnly !== "yes")
    .filter((client) => !types || types.includes(client.connectionType ?? ""))
    .filter((client) => vlanId === undefined || String(client.vlanId) === vlanId)
    .slice(0, Number(size))
    .map(({ signal, speed, ...client }) => ({ ...client, ...(outputWeight === "full" && { signal, speed }) }));
}

/** Without `infoType` it has nothing to say (peplink.md section 3). */
function speedFusion({ peers, wans }: World, { infoType, tunnelOption }: Json): Json {
  const kinds = listed(infoType) ?? [];
  const meant = peers.filter(({ peerId }) => listed(tunnelOption)?.includes(peerId) ?? true);
  const profiles = peers.map(({ profileId, name, status, type }) => ({
    id: profileId,
    name,
    master: true,
    status,
    type,
  }));
  const links = collection(wans, ({ name, priority, enable, up }) => {
    if (!enable) return { name, priority: 0, state: "WAN_DISABLED" };
    if (!up) return { name, priority: 0, state: "WAN_DOWN" };
    return { name, priority, state: "ACTIVE", rtt: 24, rx: [1_820_400], tx: [960_200], loss: [0] };
  });
  const tunnels = Object.fromEntries(meant.map(({ peerId }) => [peerId, { wan: links }]));
  return {
    ...(kinds.includes("profile") && {
      profile: { ...collection(profiles), siteId: "lighthouse" },
    }),
    ...(kinds.includes("peer") && { peer: peers }),
    ...(kinds.includes("tunnel") && { tunnel: { ...tunnels, order: meant.map(({ peerId }) => peerId) } }),
  };
}

function traffic(world: World): Json {
  const timestamp = seconds(world.now());
  const carrying = world.carrying();
  const enabled = world.wans.filter(({ enable }) => enable);
  const of = (overall: (wan: Wan) => unknown): Json =>
    collection(enabled, (wan) => ({ name: wan.name, portType: wan.type, virtual: false, overall: overall(wan) }));
  const sum = (way: "download" | "upload"): number => world.wans.reduce((sum, { total }) => sum + total[way], 0);
  const all = { overall: { download: sum("download"), upload: sum("upload") } };
  return {
    lifetime: { timestamp, unit: "MB", all, order: ["all"] },
    bandwidth: {
      timestamp,
      unit: "kbps",
      ...of((wan) => (carrying.includes(wan) ? wan.rate : { download: 0, upload: 0 })),
    },
    traffic: { timestamp, unit: "MB", ...of(({ total }) => total) },
  };
}

function systemInfo({ firmware, now }: World, { infoType }: Json): Json {
  const firmwareVersion = firmware.find(({ inUse }) => inUse)?.version;
  const device = {
    name: "Lighthouse",
    model: "Pepwave MAX Simulated",
    serialNumber: "2222-CAFE-0001",
    firmwareVersion,
  };
  const parts = {
    device: { ...device, productCode: "MAX-SIM", hardwareRevision: "1", host: "lighthouse", company: "Peplink" },
    systemTime: { timestamp: seconds(now()) },
    thermalSensor: [{ temperature: 41.5, threshold: 70, min: -20, max: 95 }],
    fanSpeed: [{ active: true, value: 3100, total: 12_400, percentage: 25 }],
    uptime: { second: 266_500 },
    cpuLoad: { percentage: 7 },
  };
  const kinds = listed(infoType);
  return kinds ? only(parts, kinds) : parts;
}

function portStatus({ ports, wans }: World): Json {
  const hardwareInfo = { portType: "RJ45", supportSpeed: ["100FD", "1000FD"] };
  const link = (name: string, enable: boolean, linkUp: boolean): Json => {
    return { name, enable, linkUp, autoSpeed: true, ...(linkUp && { speed: "1000FD" }), hardwareInfo };
  };
  const sockets = wans.filter(({ type }) => type === "ethernet");
  return {
    lan: collection(ports, ({ name, enable, linkUp }) => link(name, enable, linkUp)),
    wan: collection(sockets, ({ name, enable, up }) => link(name, enable, enable && up)),
  };
}

function wanConfig(world: World, { id, infoType }: Json): Json {
  const kinds = listed(infoType);
  const sections = ["connection", "healthcheck", "cellular"].filter((section) => kinds && !kinds.includes(section));
  return collection(chosen(world.wans, id), (wan) => {
    const config = hidden(world.saved("config.wan", wan.id, wan.config()));
    return without(config, sections);
  });
}

/** The router hides some of its secrets, not all: the password of dynamic DNS, but not that of an access point. */
function hidden(config: Json): Json {
  const { ddns } = object(config.connection);
  return ddns ? merge(config, { connection: { ddns: { password: HIDDEN } } }) : config;
}

function changeWans(world: World, { action, list }: Json): Json {
  if (action !== "update") throw new Refusal("unsupported action");
  // An item without `id` is nobody's, and a name that is not a setting is dropped, both without a word.
  const changes = items(list).flatMap((item) => {
    const patch = only(item, WAN_SETTINGS);
    const meant = Object.keys(patch).length > 0 ? named(world.wans, item.id) : [];
    return meant.map(({ id }) => ({ endpoint: "config.wan.connection", id, patch }));
  });
  world.pending.push(...changes);
  return wanConfig(world, { id: changes.map(({ id }) => id).join(" ") });
}

function changePriorities(world: World, { instantActive, list }: Json): Json {
  const changes = items(list).flatMap(({ connId, priority, group, enable }) => {
    const connection = { ...(priority !== undefined && { priority }), ...(group !== undefined && { group }) };
    const patch = { connection, ...(enable !== undefined && { enable }) };
    return named(world.wans, connId).map(({ id }) => ({ endpoint: "config.wan.connection.priority", id, patch }));
  });
  if (isTrue(instantActive)) for (const change of changes) world.enforce(change);
  else world.pending.push(...changes);
  return priorities(
    world,
    world.wans.filter((wan) => changes.some(({ id }) => id === wan.id)),
  );
}

function priorities(world: World, wans: Wan[]): Json {
  return collection(wans, (wan) => {
    const { name, enable, connection } = world.saved("config.wan", wan.id, wan.config());
    const { priority, group } = object(connection);
    return { name, priority, group, enable };
  });
}

function ssidConfig(world: World, ssids: Ssid[]): Json {
  return collection(ssids, ({ id, ...ssid }) => world.saved("config.ssid", id, ssid));
}

/** One network at a time, its `id` at the top: the only change that takes no list. */
function changeSsid(world: World, { action, id, ...settings }: Json): Json {
  if (action !== "update") throw new Refusal("unsupported action");
  const meant = named(world.ssids, id);
  if (meant.length === 0) throw new Refusal("Invalid id");
  const patch = only(settings, SSID_SETTINGS);
  for (const { id } of meant) world.pending.push({ endpoint: "config.ssid.profile", id, patch });
  return ssidConfig(world, meant);
}

function applyPending(world: World): void {
  for (const change of world.pending) world.enforce(change);
  world.pending = [];
  world.applied++;
}

/** The time keeps a replayed or mistyped request from wiping the router; how old it may be is not documented. */
function restore(world: World, { timestamp }: Json): void {
  const age = seconds(world.now()) - Number(timestamp ?? Number.NaN);
  if (!(Math.abs(age) <= 60)) throw new Refusal("Invalid timestamp");
  world.restore();
}

function resetModule(wan: Wan): void {
  wan.moduleResets++;
  wan.carryingSince = undefined;
}

function switchAccessPoint(world: World, { enable }: Json): Json {
  if (enable === undefined) throw new Refusal("Missing enable");
  world.ap = isTrue(enable);
  return { support: true, enable: world.ap };
}

function receivedMessages(world: World, args: Json): Json {
  const { id } = connection(world, args, "cellular");
  const received = world.inbox.filter(({ connId }) => connId === id);
  const sms = received.map(({ id, sender, timestamp, text }) => {
    const date = new Date(timestamp * 1000).toUTCString().slice(5, 22);
    return { sender, message: [{ id, date, timestamp, length: String(text.length), [world.smsTextField]: text }] };
  });
  return { connId: id, simId: 1, sms };
}

function sendMessage(world: World, { connId, address, content = "" }: Json): void {
  if (typeof address !== "string" || !/^\+\d+$/.test(address)) throw new Refusal("Invalid address");
  world.sentMessages.push({ connId, address, content: String(content) });
}

function powerPorts(world: World, { port }: Json, on: boolean): void {
  const meant = (Array.isArray(port) ? port : [port]).map((port) =>
    typeof port === "object" ? object(port).id : port,
  );
  const ports = meant.flatMap((id) => named(world.ports, id));
  if (ports.length < meant.length) throw new Refusal("Invalid port");
  for (const port of ports) port.poe = on;
}

function scanCarriers(world: World, args: Json): Json {
  if (args.action !== "start") throw new Refusal("unsupported action");
  connection(world, args, "cellular");
  world.carrierScanStarted = world.now();
  return { scanStatus: "scanning", timestamp: seconds(world.now()), list: [] };
}

function carriers(world: World, args: Json): Json {
  connection(world, args, "cellular");
  const started = world.carrierScanStarted;
  if (started === undefined) return { scanStatus: "done", list: [] };
  const { carrier, mcc, mnc } = ATTACHED;
  const done = world.now() - started >= world.carrierScanMs;
  const list = done
    ? [
        { mcc, mnc, name: carrier.name },
        { mcc, mnc: "02", name: "Heron Telecom" },
      ]
    : [];
  return { scanStatus: done ? "done" : "scanning", timestamp: seconds(started), list };
}

/** One of the few answers that are an array. */
function wifiNetworks(): Json[] {
  const status = { inUse: false, connected: false };
  const pier = {
    ssid: "Pier 7",
    bssid: "02:00:5E:10:00:07",
    signal: -64,
    channel: 6,
    securityPolicy: "wpa2-psk",
    status,
  };
  return [pier];
}

/** A list in a query is one text with spaces: commas and repeated keys find nothing (peplink.md section 1.1). */
function listed(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" || typeof value === "number" ? String(value).split(" ") : [];
}

function chosen<T extends { id: number }>(all: T[], ids: unknown): T[] {
  const meant = listed(ids);
  return meant ? all.filter(({ id }) => meant.includes(String(id))) : all;
}

function named<T extends { id: number }>(all: T[], id: unknown): T[] {
  return typeof id === "string" || typeof id === "number" ? all.filter((one) => String(one.id) === String(id)) : [];
}

function connection(world: World, { connId }: Json, type: string): Wan {
  const [wan] = named(world.wans, connId);
  if (wan?.type !== type) throw new Refusal("Invalid connId");
  return wan;
}

function items(list: unknown): Json[] {
  if (!Array.isArray(list)) throw new Refusal("Missing list");
  return list.map(object);
}

const seconds = (ms: number): number => Math.floor(ms / 1000);
