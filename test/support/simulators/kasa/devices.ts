import { createHash } from "node:crypto";
import { DeviceClock } from "./clock";
import {
  CLOUD_METHODS,
  getOwn,
  isRecord,
  mapEntries,
  PLUG_FIRMWARE,
  type FirmwareError,
  type FirmwareErrors,
  type Json,
  type Method,
  type Methods,
} from "./firmware";
import { recentDays, statistics, type Day } from "./meters";
import { CountdownTable, RuleTable } from "./rules";

const SOFTWARE = "1.0.7 Build 230214 Rel.091733";
export const LOCATION = { latitude_i: 123456, longitude_i: -654321 };

/** A product, as the cloud describes it. */
export type Product = ReturnType<typeof describeProduct>;

export function describeProduct(deviceType: string, deviceModel: string, deviceName: string, deviceHwVer: string) {
  return { deviceType, deviceModel, deviceName, deviceHwVer };
}

/** A device of the account: its entry in the cloud's list, and its firmware. */
export class CloudDevice {
  /** Derived from product and alias, so that it is the same after a restart. */
  readonly deviceId: string;
  readonly mac: string;
  /** Every request object that reached the device, in order. */
  readonly commands: Json[] = [];
  online = true;
  /** It does not respond to the cloud, which lists it as online all the same. */
  silent = false;
  /** The cloud's list leaves it out, although it belongs to the account and responds. */
  isUnlisted = false;
  /** Unless 0, every method responds with this `err_code` and does nothing. */
  failWith = 0;
  /** The cloud returns `responseData` as an object instead of text, as it does for some devices. */
  respondsWithObject = false;
  /** The host that the cloud names for this device; default: the simulator itself. */
  appServerUrl: string | undefined;
  rssi = -51;
  readonly clock = new DeviceClock();
  protected readonly firmware: FirmwareErrors = PLUG_FIRMWARE;
  protected modules: Record<string, Methods> = {};

  constructor(
    readonly product: Product,
    public alias: string,
  ) {
    this.deviceId = digest(`device ${product.deviceModel} ${alias}`, 40);
    this.mac = digest(`mac ${this.deviceId}`, 12);
  }

  /** The cloud lists `SMART.*` devices, but cannot control them. */
  get isListedOnly(): boolean {
    return this.product.deviceType.startsWith("SMART.");
  }

  /** The entry in the cloud's device list. Tapo devices have aliases in base64 and are never online (kasa.md section 0). */
  toListEntry(serverUrl: string): Json {
    return {
      ...this.product,
      ...factoryIds(this.product),
      role: 0,
      fwVer: SOFTWARE,
      fwId: "0".repeat(32),
      appServerUrl: this.appServerUrl ?? serverUrl,
      deviceRegion: "eu-west-1",
      isSameRegion: true,
      deviceId: this.deviceId,
      deviceMac: this.mac,
      alias: this.isListedOnly ? Buffer.from(this.alias).toString("base64") : this.alias,
      status: Number(this.online && !this.isListedOnly),
    };
  }

  /** Carries out all modules and methods of a request. */
  respond(request: Json): Json {
    this.commands.push(request);
    this.tick();
    const { context, ...modules } = request;
    const ids = isRecord(context) ? context["child_ids"] : undefined;
    return mapEntries(modules, (name, calls) => this.#callModule(name, calls, Array.isArray(ids) ? ids : []));
  }

  #callModule(name: string, calls: unknown, outlets: unknown[]): Json {
    const methods = getOwn(this.modules, name);
    if (!methods) return this.#errorResult("module");
    return mapEntries(calls, (method, args) => this.#callMethod(getOwn(methods, method), args, outlets));
  }

  #callMethod(method: Method | undefined, args: unknown, outlets: unknown[]): Json {
    if (this.failWith !== 0) return { err_code: this.failWith, err_msg: "failed by the test" };
    const result = method ? method(isRecord(args) ? args : {}, outlets) : "method";
    return typeof result === "string" ? this.#errorResult(result) : { ...result, err_code: 0 };
  }

  #errorResult(error: FirmwareError): Json {
    const [err_code, err_msg] = this.firmware[error];
    return { err_code, err_msg };
  }

  /** Does what has become due since the last request. */
  tick(): void {}

  /** The part of the sysinfo that all families have. */
  protected identity(): Json {
    const { alias, deviceId, rssi } = this;
    const { deviceModel, deviceHwVer } = this.product;
    const ids = { deviceId, ...factoryIds(this.product) };
    return { sw_ver: SOFTWARE, hw_ver: deviceHwVer, model: deviceModel, ...ids, alias, rssi };
  }

  /** The modules that plugs and strips have in common. */
  protected plugModules(): Record<string, Methods> {
    return {
      time: this.clock.methods,
      cnCloud: CLOUD_METHODS,
      netif: { get_stainfo: () => ({ ssid: "Harbour", key_type: 3, rssi: this.rssi }) },
    };
  }
}

/** What a relay or a light does by itself, and for how long it was on. */
export class Timers {
  readonly schedule = new RuleTable(32);
  readonly away = new RuleTable(5, false);
  readonly countdown: CountdownTable;
  /** The minutes for which it was on. */
  days = recentDays();

  constructor(clock: DeviceClock, relay: { on: boolean }) {
    this.countdown = new CountdownTable(clock, relay);
  }

  get activeMode(): string {
    if (this.away.isActive) return "anti_theft";
    if (this.countdown.isActive) return "count_down";
    return this.schedule.isActive ? "schedule" : "none";
  }

  get modules(): Record<"schedule" | "count_down" | "anti_theft", Methods> {
    const erase_runtime_stat: Method = () => {
      this.days = [];
      return {};
    };
    const runtime = { ...statistics("time", (): Day[] => this.days), erase_runtime_stat };
    return {
      schedule: { ...this.schedule.methods, ...runtime },
      count_down: this.countdown.methods,
      anti_theft: this.away.methods,
    };
  }
}

const digest = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("hex").toUpperCase().slice(0, length);

const factoryIds = ({ deviceModel }: Product): Json => ({
  hwId: digest(`hardware ${deviceModel}`, 32),
  oemId: digest(`maker ${deviceModel}`, 32),
});

export const formatMac = (mac: string): string => mac.match(/../g)?.join(":") ?? mac;
