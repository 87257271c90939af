import { isTrue, merge, toCollection, toObject, type Json } from "./json";

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
  /** Subscriber numbers and APN credentials, in clear as the router returns them. */
  details: Json;
  allowance: Allowance;
}

const NO_ALLOWANCE: Allowance = { enable: false, usage: 0, limit: 0, start: 1 };
const MODEM = {
  imei: "350000000000006",
  meid: { hex: "", dec: "" },
  esn: "",
  manufacturer: "Gullwing",
  model: "GW-12",
};
/** A mobile network, as a scan lists it. */
export interface Carrier {
  name: string;
  mobileType: string;
  /** Strings: leading zeros count in one, and may be missing in the other. */
  mcc: string;
  mnc: string;
  /** Whether `mnc` has three digits in North American numbering. */
  pcs: 0 | 1;
}

/** What the scan of a modem finds. */
export const CARRIERS: readonly Carrier[] = [
  { name: "Kestrel Mobile", mobileType: "LTE", mcc: "001", mnc: "01", pcs: 0 },
  { name: "Heron Telecom", mobileType: "LTE", mcc: "001", mnc: "2", pcs: 0 },
  { name: "Heron Telecom", mobileType: "3G", mcc: "001", mnc: "2", pcs: 0 },
];

const CELLULAR_NETWORK = {
  carrierAggregation: true,
  dataTechnology: "LTE-A",
  cellTower: { cellId: 70_211, cellPlmn: 101, cellUtranId: 1_201, tac: 4_410 },
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

/** A WAN connection. Whether it is active or on standby depends on the others (see `World.activeWans`). */
export class Wan {
  type = "ethernet";
  enable = true;
  /** Whether its cable or network is connected. */
  up = true;
  /** Whether it stays on standby, whatever its priority. */
  standby = false;
  /** Whether it never carries traffic of clients. */
  managementOnly = false;
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
  /** 0 abroad, 1 at home, 2 with a partner (peplink.md section 3). */
  roaming: 0 | 1 | 2 = 1;
  temperature = 43;
  allowance = { ...NO_ALLOWANCE };
  sims: Sim[] = [];
  /** Its SIMs, the preferred one first; those that are not in it are not used. */
  simPriority: string[] = ["1", "2"];
  /** The network that it is attached to. */
  carrier = CARRIERS[0] as Carrier;
  /** Current rate in kbps. */
  rate = { download: 0, upload: 0 };
  /** Total volume in MB. */
  total = { download: 0, upload: 0 };
  /** The settings that only `config.wan.connection` returns. */
  settings: Json = {};
  /** In milliseconds since 1970; undefined while it is not active. */
  activeSince: number | undefined = undefined;
  moduleResets = 0;
  /** Receives what the event log says of it. */
  report: (text: string) => void = () => undefined;
  #failure: { statusLed: string; message: string } | undefined;

  constructor(
    readonly id: number,
    public name: string,
    fields: Partial<Wan> = {},
  ) {
    Object.assign(this, fields);
  }

  /** Disconnects it; an ethernet cable is unplugged by default. */
  takeDown(message = this.type === "ethernet" ? "No Cable Detected" : "Disconnected", statusLed = "red"): void {
    if (this.up) this.#report(`disconnected (${message})`);
    this.up = false;
    this.#failure = { statusLed, message };
  }

  bringUp(): void {
    if (!this.up) this.#report(`connected (${this.ip})`);
    this.up = true;
    this.#failure = undefined;
  }

  /** Disconnects it for a moment that no poll sees. */
  bounce(now: number): void {
    if (this.activeSince !== undefined) this.activeSince = now;
    this.#report("disconnected (WAN failed DNS test)");
    this.#report(`connected (${this.ip})`);
  }

  #report(what: string): void {
    this.report(`${this.name} (Priority ${this.priority}) ${what}`);
  }

  /** The configuration, including secrets. */
  config(): Json {
    const { name, enable, priority, group } = this;
    return merge(this.settings, { name, enable, active: enable, connection: { priority, group } });
  }

  configure(patch: Json): void {
    this.settings = merge(this.config(), patch);
    const { priority, group } = toObject(this.settings["connection"]);
    this.name = String(this.settings["name"]);
    this.enable = isTrue(this.settings["enable"]);
    this.priority = Number(priority);
    this.group = Number(group);
  }

  /** The only fields that reflect the state of a WAN (peplink.md section 3). */
  statusFields(isActive: boolean): { statusLed: string; message: string } {
    if (!this.enable) return { statusLed: "gray", message: "Disabled" };
    if (!this.up) return this.#failure ?? { statusLed: "red", message: "No Cable Detected" };
    if (!isActive) return { statusLed: "yellow", message: "Standby" };
    const isCellular = this.type === "cellular";
    return { statusLed: "green", message: isCellular ? `Connected to ${this.carrier.name}` : "Connected" };
  }

  /** The fields of the network are missing while the module is not attached. */
  cellular(): Json {
    const isAttached = this.enable && this.up;
    const sim = toCollection(this.sims, ({ details, allowance, ...slot }) => {
      return { ...slot, ...details, bandwidthAllowanceMonitor: { enable: allowance.enable, hasSmtp: false } };
    });
    const module = { network: "LTE", mobileType: "LTE", modulePowerOn: this.enable, sim, ...MODEM };
    if (!isAttached) return { ...module, signalLevel: 0 };
    const { name, mcc, mnc } = this.carrier;
    const network = { ...CELLULAR_NETWORK, carrier: { name, country: "Testland" }, mcc, mnc: mnc.padStart(2, "0") };
    return { ...module, signalLevel: this.signalLevel, ...network, roamingStatus: { code: this.roaming } };
  }

  /** The number of the SIM that it uses; 1 if it has none. */
  get activeSim(): number {
    return this.sims.find(({ active }) => active)?.id ?? 1;
  }

  /** Uses the first of these SIMs that has a card. */
  useSims(simPriority: string[]): void {
    this.simPriority = simPriority;
    const used = simPriority.find((slot) => this.sims.some((sim) => String(sim.id) === slot && sim.simCardDetected));
    for (const sim of this.sims) sim.active = String(sim.id) === used;
  }
}

// Starlink comes first, so that a client that ignores `order` has the wrong order.
export function defaultWans(now: number): Wan[] {
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
      activeSince: now - 266_400_000,
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
