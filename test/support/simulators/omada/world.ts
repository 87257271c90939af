import type { Acl, Client, Customer, Device, Log, Port, Row, Site, Ssid, VoucherGroup, Vpn, Wan } from "./rows";

/** The networks that a controller manages. Tests may change everything in it at any time. */
export class OmadaWorld {
  sites: Site[] = [];
  devices: Device[] = [];
  clients: Client[] = [];
  alerts: Log[] = [];
  events: Log[] = [];
  customers: Customer[] = [];
  acls: Acl[] = [];
  vpns: Vpn[] = [];
  voucherGroups: VoucherGroup[] = [];
  /** How many milliseconds changes take to show, by the controller's clock. */
  changesTakeMs = 0;
  /** Whether the controller accepts changes, and then makes none. */
  ignoresChanges = false;
  /** Whether it has no details of a client that is blocked. */
  forgetsBlockedClients = false;
  #pending: { at: number; apply: () => void }[] = [];
  /** The user who may sign in. */
  readonly username = "harbourmaster";
  /** The clock of the controller. */
  now: () => number = Date.now;
  #lastNumber = 0;

  constructor(
    public omadacId: string,
    readonly msp: boolean,
  ) {
    this.#populate(this.addSite("Harbour"));
    this.#addDevice(this.addSite("Depot"), "switch", "Depot switch", "TL-SG2008 v4.2", { ports: ports(8, false) });
    for (const name of msp ? ["Lighthouse", "Boatyard"] : []) {
      const customerId = toId("c", ++this.#lastNumber).padEnd(32, "0");
      this.customers.push({ customerId, customerName: `${name} Ltd`, description: `Lives in the ${name}` });
      this.addSite(name, customerId);
    }
  }

  /** Adds an empty site. */
  addSite(name: string, ownerId = this.omadacId): Site {
    const siteId = toId("6", ++this.#lastNumber);
    const common = { tagIds: [], region: "Ireland", timeZone: "Europe/Dublin", scenario: "Office", type: 0 };
    const location = { longitude: -6.13, latitude: 53.29, address: `1 ${name} Road` };
    const site = { siteId, name, ...common, ...location, supportES: true, supportL2: true, ownerId, ledEnable: true };
    this.sites.push(site);
    return site;
  }

  /** Adds wired clients that are online: `Client 1`, `Client 2` and so on. */
  addClients(site: Site, count: number): Client[] {
    const device = this.devices.find(({ siteId, type }) => siteId === site.siteId && type === "switch");
    return Array.from({ length: count }, (_, index) => this.#addClient(site, device, `Client ${index + 1}`));
  }

  /** Sets everything up anew from a backup: under another id, and with other ids of the sites. */
  restoreUnder(omadacId: string): void {
    for (const site of this.sites) {
      const { siteId, ownerId } = site;
      const isOfSite = (thing: { siteId: string }): boolean => thing.siteId === siteId;
      const things = [this.devices, this.clients, this.alerts, this.events].flatMap((all) => all.filter(isOfSite));
      const ids = { siteId: this.nextId("6"), ownerId: ownerId === this.omadacId ? omadacId : ownerId };
      for (const each of [site, ...things]) each.siteId = ids.siteId;
      site.ownerId = ids.ownerId;
    }
    this.omadacId = omadacId;
  }

  removeSite({ siteId }: Site): void {
    const isElsewhere = (thing: { siteId: string }): boolean => thing.siteId !== siteId;
    this.sites = this.sites.filter(isElsewhere);
    this.devices = this.devices.filter(isElsewhere);
    this.clients = this.clients.filter(isElsewhere);
    this.alerts = this.alerts.filter(isElsewhere);
    this.events = this.events.filter(isElsewhere);
  }

  forgetDevice(device: Device): void {
    this.devices = this.devices.filter((other) => other !== device);
  }

  /** Makes a change, at once or later, or never. */
  change<Thing extends object>(thing: Thing, changes: Partial<Thing>): void {
    if (this.ignoresChanges) return;
    this.#pending.push({ at: this.now() + this.changesTakeMs, apply: () => Object.assign(thing, changes) });
    this.applyChanges();
  }

  /** Makes the changes whose time has come. */
  applyChanges(): void {
    const now = this.now();
    const isDue = ({ at }: { at: number }): boolean => at <= now;
    const due = this.#pending.filter(isDue);
    this.#pending = this.#pending.filter((change) => !isDue(change));
    for (const { apply } of due) apply();
  }

  /** The next id of this kind. */
  nextId(kind: string): string {
    return toId(kind, ++this.#lastNumber);
  }

  site(name: string): Site {
    return findByName(this.sites, name);
  }

  device(name: string): Device {
    return findByName(this.devices, name);
  }

  client(name: string): Client {
    return findByName(this.clients, name);
  }

  #populate(site: Site): void {
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
    this.acls.push(...acls(site));
    this.vpns.push({ siteId: site.siteId, id: toId("8", 1), name: "Depot tunnel", purpose: 0, status: true });
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

  #addDevice(site: Site, type: Device["type"], name: string, model: string, fields: Partial<Device>): Device {
    const number = ++this.#lastNumber;
    const [modelName, modelVersion] = model.split(" v");
    const what = { deviceSeriesType: 1, model, modelName, modelVersion, firmwareVersion: "1.3.0 Build 20240115" };
    const health = { uptime: "12day(s) 3h 4m 5s", cpuUtil: 7, memUtil: 41, lastSeen: this.now(), status: 1 };
    const where = { siteId: site.siteId, mac: toMac(number), ip: `192.168.10.${number}`, sn: `2240000${number}` };
    const empty = { rebootingUntil: 0, wans: [], ports: [], ssids: [], isLocating: false, upgradingUntil: 0 };
    const settings = { general: { name, ledSetting: 2, tagIds: [] }, latestFirmware: "1.4.0 Build 20250601" };
    const device: Device = { name, type, ...what, ...health, ...where, ...empty, ...settings, ...fields };
    this.devices.push(device);
    return device;
  }

  #addClient(site: Site, device: Device | undefined, name: string, fields: Partial<Client> = {}): Client {
    const number = ++this.#lastNumber;
    const hostName = name.toLowerCase().replace(/\W+/g, "-");
    const identity = { id: toId("c", number), name, hostName, vendor: "Example Works", deviceType: "unknown" };
    const address = { mac: toMac(number), ip: `10.20.${(number >> 8) & 255}.${number & 255}`, ipv6List: [] };
    const traffic = { activity: number * 37, trafficDown: number * 1_000_003, trafficUp: number * 400_009 };
    const packets = { downPacket: number * 1009, upPacket: number * 503 };
    const since = { uptime: 3600 + number, lastSeen: this.now(), authStatus: 0 };
    const flags = { guest: false, active: true, blocked: false, manager: false, siteId: site.siteId };
    const limits = { rateLimit: { enable: false, upEnable: false, downEnable: false } };
    const client: Client = {
      ...identity,
      ...address,
      ...attachmentTo(device),
      ...traffic,
      ...packets,
      ...since,
      ...flags,
      ...limits,
      ...fields,
    };
    this.clients.push(client);
    return client;
  }

  #addLog(
    log: Log[],
    { siteId }: Site,
    minutesAgo: number,
    key: string,
    module: string,
    content: string,
    fields = {},
  ): void {
    const time = this.now() - minutesAgo * 60_000;
    log.push({ siteId, id: toId("e", ++this.#lastNumber), key, module, content, time, ...fields });
  }
}

function findByName<Thing extends { name: string }>(things: Thing[], name: string): Thing {
  const thing = things.find((one) => one.name === name);
  if (!thing) throw new Error(`There is no "${name}".`);
  return thing;
}

/** An id of 24 digits, as the controller gives them; the first one is the kind of object. */
export const toId = (kind: string, number: number): string => kind + number.toString(16).padStart(23, "0");

function toMac(number: number): string {
  const digits = number.toString(16).toUpperCase().padStart(6, "0");
  return `02-00-5E-${digits.slice(0, 2)}-${digits.slice(2, 4)}-${digits.slice(4)}`;
}

function attachmentTo(device: Device | undefined): Row & { wireless: boolean } {
  const wireless = device?.type === "ap";
  const common = { wireless, connectType: wireless ? 1 : 2, connectDevType: device?.type ?? "switch" };
  const names = device ? { [`${device.type}Mac`]: device.mac, [`${device.type}Name`]: device.name } : {};
  if (!wireless) return { ...common, ...names, vid: 1, networkName: "LAN", port: 3 };
  const radio = { ssid: "Harbour", radioId: 1, channel: 44, wifiMode: 6, rxRate: 780_000, txRate: 866_700 };
  return { ...common, ...names, ...radio, rssi: -55, snr: 38, signalLevel: 82, signalRank: 4, powerSave: false };
}

function wan(port: number): Wan {
  const what = { port, name: `WAN${port}`, mac: toMac(0xf0000 + port), type: port - 1, mode: 0, poe: false };
  const state = { status: 1, internetState: 1, ip: `203.0.113.${port}`, proto: "dhcp", speed: 3, duplex: 2 };
  const traffic = { rx: 81_000_000, tx: 9_000_000, rxRate: 410, txRate: 62, latency: 9 + port, loss: 0 };
  return { ...what, ...state, ...traffic };
}

function ports(count: number, poe: boolean): Port[] {
  const profile = { profileId: toId("f", 1), profileName: "All", profileOverrideEnable: false };
  const state = { poe, poeMode: poe ? 1 : 0, lagPort: false, status: 1 };
  return Array.from({ length: count }, (_, index) => ({
    port: index + 1,
    name: `Port${index + 1}`,
    ...profile,
    ...state,
  }));
}

function acls({ siteId }: Site): Acl[] {
  const rule = { index: 1, policy: 0, protocols: [6], sourceIds: [toId("1", 1)], destinationIds: [toId("1", 2)] };
  const common = { ...rule, siteId, status: true, sourceType: 0, destinationType: 0 };
  const direction = { lanToWan: false, lanToLan: true, wanInIds: [], vpnInIds: [] };
  return [
    {
      ...common,
      list: "osg",
      id: toId("7", 1),
      description: "No printing from abroad",
      syslog: false,
      direction,
      stateMode: 0,
    },
    {
      ...common,
      list: "osw",
      id: toId("7", 2),
      description: "Cameras stay inside",
      bindingType: 0,
      etherType: { enable: false },
    },
    { ...common, list: "eap", id: toId("7", 3), description: "Guests see no office" },
  ];
}

/** The networks of a site, before an access point overrides them. */
export function siteSsids(): { ssidId: string; ssidName: string }[] {
  return ssids().map(({ ssidId, ssidName }) => ({ ssidId, ssidName }));
}

function ssids(): Ssid[] {
  const common = { band: [0, 1], vlanEnable: false, ssidEnable: true };
  const secured = { security: 3, ssidPassword: "invented-passphrase" };
  return [
    { ssidId: toId("d", 1), ssidEntryId: 1, ssidName: "Harbour", ...secured, ...common },
    { ssidId: toId("d", 2), ssidEntryId: 2, ssidName: "Harbour Guest", security: 0, ...common },
  ];
}
