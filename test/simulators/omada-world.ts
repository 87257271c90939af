/** One row as the Open API sends it; the fields named below are those that the world itself goes by. */
export type Row = Record<string, unknown>;

/** A place with devices in it; `ownerId` is the controller's id or a customer's. */
export type Site = Row & { siteId: string; name: string; ownerId: string; ledEnable: boolean };

/** `status`: 0 disconnected, 1 connected, 2 pending, 3 heartbeat missed, 4 isolated. */
export type Device = Row & {
  siteId: string;
  mac: string;
  name: string;
  type: "gateway" | "switch" | "ap";
  status: number;
  /** By the controller's clock; until then the device says that it is rebooting. */
  rebootingUntil: number;
  wans: Wan[];
  ports: Port[];
  ssids: Ssid[];
};

/** `status` is the cable, `internetState` the way out. */
export type Wan = Row & { port: number; name: string; status: number; internetState: number };

/** `poe` tells whether the port has any, `poeMode` whether it is on. */
export type Port = Row & { port: number; poe: boolean; poeMode: number; profileOverrideEnable: boolean };

/** A network as one access point sends it out. */
export type Ssid = Row & { ssidEntryId: number; ssidName: string; ssidEnable: boolean };

export type Client = Row & {
  siteId: string;
  mac: string;
  name: string;
  ip: string;
  wireless: boolean;
  guest: boolean;
  active: boolean;
  blocked: boolean;
  uptime: number;
};

/** A line of a site's log; alerts also have a `level`, and may be `resolved`. */
export type Log = Row & { siteId: string; id: string; key: string; module: string; time: number; resolved?: boolean };

export type Customer = Row & { customerId: string; customerName: string };

/** The networks that a controller looks after; all of it may be changed while it is being asked. */
export class OmadaWorld {
  sites: Site[] = [];
  devices: Device[] = [];
  clients: Client[] = [];
  alerts: Log[] = [];
  events: Log[] = [];
  customers: Customer[] = [];
  /** Who may sign in by hand. */
  readonly username = "harbourmaster";
  /** The clock of everything here. */
  now: () => number = Date.now;
  #made = 0;

  constructor(
    readonly omadacId: string,
    readonly msp: boolean,
  ) {
    this.#furnish(this.addSite("Harbour"));
    this.#addDevice(this.addSite("Depot"), "switch", "Depot switch", "TL-SG2008 v4.2", { ports: ports(8, false) });
    for (const name of msp ? ["Lighthouse", "Boatyard"] : []) {
      const customerId = identifier("c", ++this.#made).padEnd(32, "0");
      this.customers.push({ customerId, customerName: `${name} Ltd`, description: `Lives in the ${name}` });
      this.addSite(name, customerId);
    }
  }

  /** Adds an empty site. */
  addSite(name: string, ownerId = this.omadacId): Site {
    const siteId = identifier("6", ++this.#made);
    const about = { tagIds: [], region: "Ireland", timeZone: "Europe/Dublin", scenario: "Office", type: 0 };
    const where = { longitude: -6.13, latitude: 53.29, address: `1 ${name} Road` };
    const site = { siteId, name, ...about, ...where, supportES: true, supportL2: true, ownerId, ledEnable: true };
    this.sites.push(site);
    return site;
  }

  /** Adds wired clients that are online, named `Client 1` and so on. */
  addClients(site: Site, count: number): Client[] {
    const on = this.devices.find(({ siteId, type }) => siteId === site.siteId && type === "switch");
    return Array.from({ length: count }, (_, index) => this.#addClient(site, on, `Client ${index + 1}`));
  }

  removeSite({ siteId }: Site): void {
    const elsewhere = (thing: { siteId: string }): boolean => thing.siteId !== siteId;
    this.sites = this.sites.filter(elsewhere);
    this.devices = this.devices.filter(elsewhere);
    this.clients = this.clients.filter(elsewhere);
    this.alerts = this.alerts.filter(elsewhere);
    this.events = this.events.filter(elsewhere);
  }

  forget(device: Device): void {
    this.devices = this.devices.filter((other) => other !== device);
  }

  site(name: string): Site {
    return named(this.sites, name);
  }

  device(name: string): Device {
    return named(this.devices, name);
  }

  client(name: string): Client {
    return named(this.clients, name);
  }

  #furnish(site: Site): void {
    const gateway = this.#addDevice(site, "gateway", "Harbour gateway", "ER7206 v1.0", { wans: [wan(1), wan(2)] });
    const core = this.#addDevice(site, "switch", "Harbour switch", "TL-SG2210P v3.2", { ports: ports(10, true) });
    const hall = this.#addDevice(site, "ap", "Hall AP", "EAP660 HD v1.0", { ssids: ssids() });
    const quay = this.#addDevice(site, "ap", "Quay AP", "EAP650-Outdoor v1.0", { ssids: ssids() });
    for (const name of ["Till", "Office printer", "File server", "Gate camera"]) this.#addClient(site, core, name);
    for (const name of ["Ada's phone", "<img src=x onerror=alert(1)>"]) this.#addClient(site, hall, name);
    this.#addClient(site, gateway, "Modem page");
    this.#addClient(site, quay, "Ben's laptop");
    this.#addClient(site, quay, "Crane tablet");
    this.#addClient(site, quay, "Visitor", { guest: true, connectType: 0, ssid: "Harbour Guest" });
    this.#addClient(site, hall, "Old phone", { active: false, uptime: 0 });
    this.#addClient(site, quay, "Stranger", { active: false, uptime: 0, blocked: true });
    this.#addLog(this.events, site, 50, "DEV_CONN", "Device", `[switch:${core.mac}] was connected.`);
    this.#addLog(this.events, site, 40, "OSG_WAN_UP", "Device", `[WAN1] of [gateway:${gateway.mac}] is up.`);
    this.#addLog(this.events, site, 30, "AP_C_OK", "Client", `[Ada's phone] is online on [ap:${hall.mac}].`);
    this.#addLog(this.events, site, 20, "W_C_DISCONN", "Client", "[Old phone] went offline.");
    const warning = { level: "Warning", resolved: false };
    this.#addLog(this.alerts, site, 45, "OSG_WAN_DOWN", "Device", "[WAN2] is down.", {
      level: "Error",
      resolved: true,
    });
    this.#addLog(this.alerts, site, 15, "OSW_DET_LOOP", "Device", `[switch:${core.mac}] sees a loop.`, warning);
  }

  #addDevice(site: Site, type: Device["type"], name: string, model: string, parts: Partial<Device>): Device {
    const number = ++this.#made;
    const [modelName, modelVersion] = model.split(" v");
    const what = { deviceSeriesType: 1, model, modelName, modelVersion, firmwareVersion: "1.3.0 Build 20240115" };
    const health = { uptime: "12day(s) 3h 4m 5s", cpuUtil: 7, memUtil: 41, lastSeen: this.now(), status: 1 };
    const where = { siteId: site.siteId, mac: macOf(number), ip: `192.168.10.${number}`, sn: `2240000${number}` };
    const none = { rebootingUntil: 0, wans: [], ports: [], ssids: [] };
    const device: Device = { name, type, ...what, ...health, ...where, ...none, ...parts };
    this.devices.push(device);
    return device;
  }

  #addClient(site: Site, on: Device | undefined, name: string, more: Partial<Client> = {}): Client {
    const number = ++this.#made;
    const hostName = name.toLowerCase().replace(/\W+/g, "-");
    const who = { id: identifier("c", number), name, hostName, vendor: "Example Works", deviceType: "unknown" };
    const address = { mac: macOf(number), ip: `10.20.${(number >> 8) & 255}.${number & 255}`, ipv6List: [] };
    const traffic = { activity: number * 37, trafficDown: number * 1_000_003, trafficUp: number * 400_009 };
    const packets = { downPacket: number * 1009, upPacket: number * 503 };
    const since = { uptime: 3600 + number, lastSeen: this.now(), authStatus: 0 };
    const flags = { guest: false, active: true, blocked: false, manager: false, siteId: site.siteId };
    const client: Client = { ...who, ...address, ...link(on), ...traffic, ...packets, ...since, ...flags, ...more };
    this.clients.push(client);
    return client;
  }

  #addLog(
    to: Log[],
    { siteId }: Site,
    minutesAgo: number,
    key: string,
    module: string,
    content: string,
    more = {},
  ): void {
    const time = this.now() - minutesAgo * 60_000;
    to.push({ siteId, id: identifier("e", ++this.#made), key, module, content, time, ...more });
  }
}

function named<Thing extends { name: string }>(things: Thing[], name: string): Thing {
  const thing = things.find((thing) => thing.name === name);
  if (!thing) throw new Error(`This world has no "${name}".`);
  return thing;
}

const identifier = (kind: string, number: number): string => kind + number.toString(16).padStart(23, "0");

function macOf(number: number): string {
  const digits = number.toString(16).toUpperCase().padStart(6, "0");
  return `02-00-5E-${digits.slice(0, 2)}-${digits.slice(2, 4)}-${digits.slice(4)}`;
}

function link(on: Device | undefined): Row & { wireless: boolean } {
  const wireless = on?.type === "ap";
  const common = { wireless, connectType: wireless ? 1 : 2, connectDevType: on?.type ?? "switch" };
  const device = on ? { [`${on.type}Mac`]: on.mac, [`${on.type}Name`]: on.name } : {};
  if (!wireless) return { ...common, ...device, vid: 1, networkName: "LAN", port: 3 };
  const radio = { ssid: "Harbour", radioId: 1, channel: 44, wifiMode: 6, rxRate: 780_000, txRate: 866_700 };
  return { ...common, ...device, ...radio, rssi: -55, snr: 38, signalLevel: 82, signalRank: 4, powerSave: false };
}

function wan(port: number): Wan {
  const what = { port, name: `WAN${port}`, mac: macOf(0xf0000 + port), type: port - 1, mode: 0, poe: false };
  const state = { status: 1, internetState: 1, ip: `203.0.113.${port}`, proto: "dhcp", speed: 3, duplex: 2 };
  const traffic = { rx: 81_000_000, tx: 9_000_000, rxRate: 410, txRate: 62, latency: 9 + port, loss: 0 };
  return { ...what, ...state, ...traffic };
}

function ports(count: number, poe: boolean): Port[] {
  const profile = { profileId: identifier("f", 1), profileName: "All", profileOverrideEnable: false };
  const state = { poe, poeMode: poe ? 1 : 0, lagPort: false, status: 1 };
  return Array.from({ length: count }, (_, index) => ({
    port: index + 1,
    name: `Port${index + 1}`,
    ...profile,
    ...state,
  }));
}

function ssids(): Ssid[] {
  const common = { band: [0, 1], vlanEnable: false, ssidEnable: true };
  const locked = { security: 3, ssidPassword: "invented-passphrase" };
  return [
    { ssidId: identifier("d", 1), ssidEntryId: 1, ssidName: "Harbour", ...locked, ...common },
    { ssidId: identifier("d", 2), ssidEntryId: 2, ssidName: "Harbour Guest", security: 0, ...common },
  ];
}

/** The controller says no: its own number inside the envelope, or a bare HTTP status where it has no number. */
export class Refusal extends Error {
  constructor(
    readonly code: number | undefined,
    message: string,
    readonly status = 200,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** One call of an operation; what it names is looked up, and refused in the controller's own numbers. */
export class Call {
  constructor(
    readonly world: OmadaWorld,
    readonly ownerId: string,
    readonly placeholders: Record<string, string>,
    readonly body: Row,
  ) {}

  get site(): Site {
    const wanted = this.placeholders["siteId"];
    const site = this.world.sites.find(({ siteId, ownerId }) => siteId === wanted && ownerId === this.ownerId);
    return site ?? refuse(-33000, "There is no such site.");
  }

  device(code: number, type?: Device["type"]): Device {
    const device = this.#inSite(this.world.devices, this.#mac());
    return device && (!type || device.type === type) ? device : refuse(code, "There is no such device here.");
  }

  client(code: number): Client {
    return this.#inSite(this.world.clients, this.#mac()) ?? refuse(code, "There is no such client here.");
  }

  port(): Port {
    const { ports } = this.device(-39050, "switch");
    const port = ports.find(({ port }) => String(port) === this.placeholders["port"]);
    return port ?? refuse(-39701, "The switch has no such port.");
  }

  boolean(name: string): boolean {
    const value = this.body[name];
    return typeof value === "boolean" ? value : refuse(-1001, `"${name}" must be true or false.`);
  }

  oneOf(name: string, allowed: number[]): number {
    const value = allowed.find((each) => each === this.body[name]);
    return value ?? refuse(-1001, `"${name}" must be one of ${allowed.join(", ")}.`);
  }

  here<Thing extends { siteId: string }>(things: Thing[]): Thing[] {
    const { siteId } = this.site;
    return things.filter((thing) => thing.siteId === siteId);
  }

  #mac(): string {
    const [, mac = ""] = Object.entries(this.placeholders).find(([name]) => name.endsWith("Mac")) ?? [];
    return /^[\dA-F]{2}(-[\dA-F]{2}){5}$/.test(mac) ? mac : refuse(-1001, "A MAC is written AA-BB-CC-DD-EE-FF.");
  }

  #inSite<Thing extends { siteId: string; mac: string }>(things: Thing[], mac: string): Thing | undefined {
    return this.here(things).find((thing) => thing.mac === mac);
  }
}

/** A paged list: `hides` names the fields that only the simulator knows. */
export interface Listing {
  hides: string[];
  search?: string[];
  sorts?: string[];
  /** Name in the query to field of the row. */
  filters?: Record<string, string>;
  /** A log wants a span of time, and these page sizes only. */
  sizes?: number[];
  /** What stands beside the rows. */
  beside?: (rows: Row[]) => Row;
}

/** What can be asked with a token; `from` and `brokenFrom` are controller versions. */
export interface Operation {
  method: string;
  path: string;
  id: string;
  run: (call: Call) => unknown;
  list?: Listing;
  /** Fields of the body. */
  body?: string[];
  from?: string;
  brokenFrom?: string;
  codeModeOnly?: boolean;
}

const same = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]));
const CUSTOMERS: Listing = { hides: [], search: ["customerName"], filters: {}, sorts: ["customerName"] };
const PLACES: Listing = {
  hides: ["ownerId", "ledEnable"],
  search: ["name"],
  sorts: ["name"],
  filters: { tag: "tagIds", type: "type" },
};
const DEVICES: Listing = {
  hides: ["siteId", "rebootingUntil", "wans", "ports", "ssids"],
  search: ["name", "mac", "ip"],
  sorts: ["name", "status", "ip"],
  filters: { tag: "tagName" },
};
const CLIENTS: Listing = {
  hides: ["siteId"],
  search: ["name", "mac", "ip", "channel", "ssid", "apName", "apMac", "switchMac", "switchName", "gatewayMac"],
  sorts: ["name", "mac", "ip"],
  filters: same("wireless", "radioId", "apMac", "switchMac", "gatewayMac"),
  beside: (rows) => ({ clientStat: { total: rows.length, wireless: rows.filter(({ wireless }) => wireless).length } }),
};
const logs = (stat: string, ...filters: string[]): Listing => ({
  hides: ["siteId", "resolved"],
  filters: same(...filters),
  sizes: [10, 15, 20, 30, 50, 100],
  beside: (rows) => ({ [stat]: { totalLogNum: rows.length } }),
});

const OWNER = "/openapi/v1/{omadacId}";
const SITE = `${OWNER}/sites/{siteId}`;
const SITE_V2 = "/openapi/v2/{omadacId}/sites/{siteId}";
const MSP = "/openapi/v1/msp/{mspId}";
const GATEWAY = `${SITE}/gateways/{gatewayMac}`;
const SWITCH = `${SITE}/switches/{switchMac}`;
const CLIENT = `${SITE}/clients/{clientMac}`;
const OVERRIDE = `${SITE_V2}/aps/{apMac}/override`;

export const OPERATIONS: Operation[] = [
  on(`GET ${MSP}/customers`, "getCustomerList", ({ world }) => world.customers, { list: CUSTOMERS }),
  on(`GET ${MSP}/sites`, "getSiteList_1", ({ world }) => world.sites, { list: PLACES }),
  on(`GET ${OWNER}/users`, "getGridUsers", users, { list: { hides: [] }, codeModeOnly: true }),
  on(`GET ${OWNER}/sites`, "getSiteList", ownSites, { list: PLACES }),
  on(`GET ${SITE}`, "getSiteEntity", ({ site }) => without(site, PLACES.hides)),
  on(`DELETE ${SITE}`, "deleteSite", ({ world, site }) => world.removeSite(site)),
  on(`GET ${SITE}/led`, "getSiteLedSetting", ({ site }) => ({ enable: site.ledEnable })),
  on(`PUT ${SITE}/led`, "updateSiteLedSetting", setLed, { body: ["enable"] }),
  on(`GET ${SITE}/dashboard/overview-diagram`, "getOverview", overview),
  on(`GET ${SITE}/wireless-network/wlans`, "getWlanGroupList", wlanGroups),
  on(`GET ${SITE}/logs/alerts`, "getAlertLogsForSite", (call) => call.here(call.world.alerts), {
    list: logs("alertLogStat", "module", "resolved"),
  }),
  on(`GET ${SITE}/logs/events`, "getEventLogsForSite", (call) => call.here(call.world.events), {
    list: logs("eventLogStat", "module"),
  }),
  on(`GET ${SITE}/devices`, "getDeviceList", deviceRows, { list: DEVICES }),
  on(`GET ${SITE}/devices/all`, "getAllDeviceBySite", allDevices),
  on(`POST ${SITE}/devices/{deviceMac}/reboot`, "rebootDevice", reboot),
  on(`POST ${SITE}/devices/{deviceMac}/forget`, "forgetDevice", (call) => call.world.forget(call.device(-39013))),
  on(`GET ${GATEWAY}/wan-status`, "getWanStatus", (call) => call.device(-39501, "gateway").wans),
  on(`POST ${GATEWAY}/internet-state`, "changeInternetState", setInternet, { body: ["portId", "operation"] }),
  on(`GET ${SITE}/aps/{apMac}`, "getOverviewDetail", accessPoint),
  on(`GET ${OVERRIDE}`, "getWlansConfigV2", (call) => ({ ssidOverrides: call.device(-39303, "ap").ssids })),
  on(`PATCH ${OVERRIDE}`, "modifyWlansConfigV2", overrideSsids, { body: ["ssidOverrides"] }),
  on(`GET ${SWITCH}`, "getSwitchInfo", switchInfo),
  on(`PUT ${SWITCH}/ports/{port}/profile-override`, "setProfileOverrideForGivenPort_1", overrideProfile, {
    body: ["profileOverrideEnable"],
  }),
  on(`PUT ${SWITCH}/ports/{port}/poe-mode`, "setPoeModeForGivenPort_1", setPoe, { body: ["poeMode"] }),
  on(`GET ${SITE}/clients`, "getGridActiveClients", onlineClients, { list: CLIENTS, brokenFrom: "6.2" }),
  on(`POST ${SITE_V2}/clients`, "getGridAllClients", clientsInScope, {
    list: CLIENTS,
    from: "6",
    body: ["page", "pageSize", "scope", "searchKey", "sorts", "filters"],
  }),
  on(`GET ${CLIENT}`, "getClientDetail", (call) => without(call.client(-41011), CLIENTS.hides)),
  on(`POST ${CLIENT}/block`, "blockClient", (call) => set(call.client(-41002), { blocked: true, active: false })),
  on(`POST ${CLIENT}/unblock`, "unblockClient", (call) => set(call.client(-41004), { blocked: false, active: true })),
  on(`POST ${CLIENT}/reconnect`, "reconnectClient", reconnect),
];

function on(route: string, id: string, run: Operation["run"], more: Partial<Operation> = {}): Operation {
  const [method = "", path = ""] = route.split(" ");
  return { method, path, id, run, ...more };
}

function refuse(code: number, message: string): never {
  throw new Refusal(code, message);
}

function set<Thing extends object>(thing: Thing, to: Partial<Thing>): void {
  Object.assign(thing, to);
}

export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function rowsIn(value: unknown): Row[] {
  return Array.isArray(value) ? value.filter(isRow) : [];
}

/** A row as it goes over the wire. */
export function without(row: Row, hidden: string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([field]) => !hidden.includes(field)));
}

function ownSites({ world, ownerId }: Call): Row[] {
  return world.sites.filter((site) => site.ownerId === ownerId);
}

function users({ world, ownerId }: Call): Row[] {
  const role = { type: 0, roleId: "admin", roleName: "Administrator", userLevel: 0, allSite: true };
  return [{ id: identifier("a", 1), name: world.username, email: "admin@example.org", omadacId: ownerId, ...role }];
}

function setLed(call: Call): void {
  set(call.site, { ledEnable: call.boolean("enable") });
}

function wlanGroups({ site }: Call): Row[] {
  return [{ wlanId: identifier("b", 1), name: `${site.name} WLANs`, primary: true }];
}

function overview(call: Call): Row {
  const devices = call.here(call.world.devices);
  const clients = call.here(call.world.clients).filter(({ active }) => active);
  const count = (type: Device["type"], up?: boolean): number =>
    devices.filter((device) => device.type === type && (up === undefined || (device.status === 1) === up)).length;
  const wireless = clients.filter((client) => client.wireless).length;
  return {
    totalGatewayNum: count("gateway"),
    connectedGatewayNum: count("gateway", true),
    disconnectedGatewayNum: count("gateway", false),
    totalSwitchNum: count("switch"),
    connectedSwitchNum: count("switch", true),
    disconnectedSwitchNum: count("switch", false),
    totalApNum: count("ap"),
    connectedApNum: count("ap", true),
    disconnectedApNum: count("ap", false),
    totalClientNum: clients.length,
    wirelessClientNum: wireless,
    wiredClientNum: clients.length - wireless,
    guestNum: clients.filter(({ guest }) => guest).length,
  };
}

function deviceRows(call: Call): Row[] {
  const now = call.world.now();
  return call.here(call.world.devices).map((device) => {
    const settled = [0, 14, 20, 30, 40][device.status];
    return { ...device, detailStatus: now < device.rebootingUntil ? 13 : settled };
  });
}

function allDevices(call: Call): Row[] {
  return deviceRows(call).map((row) => without(row, DEVICES.hides));
}

function reboot(call: Call): void {
  const device = call.device(-39006);
  const now = call.world.now();
  if (device.status !== 1) refuse(-39007, "The device is not connected.");
  if (now < device.rebootingUntil) refuse(-39009, "The device is rebooting already.");
  set(device, { rebootingUntil: now + 60_000, uptime: "0s" });
}

function setInternet(call: Call): void {
  const { wans } = call.device(-39501, "gateway");
  const port = call.oneOf(
    "portId",
    wans.map(({ port }) => port),
  );
  const internetState = call.oneOf("operation", [0, 1]);
  for (const wan of wans) if (wan.port === port) set(wan, { internetState });
}

function accessPoint(call: Call): Row {
  const { type, mac, name, ip, model, firmwareVersion, cpuUtil, memUtil } = call.device(-39303, "ap");
  const group = { "wlan group id": identifier("b", 1) }; // with spaces, as the description has it
  return { type, mac, name, ip, ...group, model, firmwareVersion, cpuUtil, memoryUtil: memUtil, uptimeLong: 1_047_845 };
}

// The whole list is wanted, even for one change (omada.md section 6, row 33).
function overrideSsids(call: Call): void {
  const { ssids } = call.device(-39303, "ap");
  const asked = rowsIn(call.body["ssidOverrides"]);
  const flags = ["overrideSsidEnable", "overrideVlanEnable"];
  const changes = ssids.map(({ ssidEntryId }) => {
    const one = asked.find((one) => one["ssidEntryId"] === ssidEntryId);
    return one && flags.every((flag) => typeof one[flag] === "boolean")
      ? one
      : refuse(-1001, "List every SSID in full.");
  });
  for (const [index, ssid] of ssids.entries()) {
    const { ssidEnable, overrideSsidEnable, overrideSsidName } = changes[index] ?? {};
    if (typeof ssidEnable === "boolean") set(ssid, { ssidEnable });
    if (overrideSsidEnable === true && typeof overrideSsidName === "string") set(ssid, { ssidName: overrideSsidName });
  }
}

function switchInfo(call: Call): Row {
  const { mac, ip, model, firmwareVersion, modelVersion, cpuUtil, memUtil, uptime, ports } = call.device(
    -39050,
    "switch",
  );
  const portList = ports.map((port) => without(port, ["poe"]));
  return { mac, ip, model, firmwareVersion, hwVersion: modelVersion, cpuUtil, memUtil, uptime, portList };
}

function overrideProfile(call: Call): void {
  set(call.port(), { profileOverrideEnable: call.boolean("profileOverrideEnable") });
}

function setPoe(call: Call): void {
  const port = call.port();
  const poeMode = call.oneOf("poeMode", [0, 1]);
  if (!port.poe) refuse(-39747, "This switch has no PoE.");
  if (!port.profileOverrideEnable) refuse(-39737, "The port follows its profile; override that first.");
  set(port, { poeMode });
}

function onlineClients(call: Call): Row[] {
  return call.here(call.world.clients).filter(({ active }) => active);
}

function clientsInScope(call: Call): Row[] {
  const scope = call.body["scope"] === undefined ? 1 : call.oneOf("scope", [0, 1, 2, 3]);
  return call.here(call.world.clients).filter(({ active, blocked }) => {
    return scope === 0 || scope === (blocked ? 3 : active ? 1 : 2);
  });
}

function reconnect(call: Call): void {
  const client = call.client(-41011);
  if (!client.wireless) refuse(-41025, "A wired client cannot be reconnected.");
  set(client, { uptime: 0 });
}
