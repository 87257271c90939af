import { createHash } from "node:crypto";
import {
  CLOCK,
  CLOUD_LINK,
  each,
  isRecord,
  own,
  PLUG_FIRMWARE,
  ruleTable,
  type Firmware,
  type Json,
  type Method,
  type Methods,
  type Refusal,
} from "./firmware";
import { recentDays, statistics } from "./meters";

const SOFTWARE = "1.0.7 Build 230214 Rel.091733";
export const LOCATION = { latitude_i: 123456, longitude_i: -654321 };

/** What is printed on a product's box. */
export type Product = ReturnType<typeof product>;

export function product(deviceType: string, deviceModel: string, deviceName: string, deviceHwVer: string) {
  return { deviceType, deviceModel, deviceName, deviceHwVer };
}

/** A device of the account: how the cloud lists it, and how its own firmware answers. */
export class CloudDevice {
  /** Made from product and alias, so that it is the same after a restart. */
  readonly deviceId: string;
  readonly mac: string;
  /** Every request object that reached the device, in order. */
  readonly commands: Json[] = [];
  online = true;
  /** It does not answer the cloud, which takes it for online all the same. */
  silent = false;
  /** Other than 0: each method answers this `err_code`, and does nothing. */
  failWith = 0;
  /** The cloud hands out `responseData` as an object, as it does for some devices. */
  answersObjects = false;
  /** Where the cloud sends clients for this device; the simulator itself unless set. */
  appServerUrl: string | undefined;
  rssi = -51;
  protected readonly firmware: Firmware = PLUG_FIRMWARE;
  protected modules: Record<string, Methods> = {};

  constructor(
    readonly product: Product,
    public alias: string,
  ) {
    this.deviceId = digest(`device ${product.deviceModel} ${alias}`, 40);
    this.mac = digest(`mac ${this.deviceId}`, 12);
  }

  /** The cloud lists `SMART.*` devices, but cannot drive them. */
  get isListedOnly(): boolean {
    return this.product.deviceType.startsWith("SMART.");
  }

  /** The entry in the cloud's device list; Tapo devices come in base64 and never online (kasa.md section 0). */
  listed(serverUrl: string): Json {
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

  /** Carries out a request: all its modules and methods, answered together. */
  answer(request: Json): Json {
    this.commands.push(request);
    const { context, ...modules } = request;
    const ids = isRecord(context) ? context["child_ids"] : undefined;
    return each(modules, (name, calls) => this.#module(name, calls, Array.isArray(ids) ? ids : []));
  }

  #module(name: string, calls: unknown, outlets: unknown[]): Json {
    const methods = own(this.modules, name);
    if (!methods) return this.#declined("module");
    return each(calls, (method, args) => this.#call(own(methods, method), args, outlets));
  }

  #call(method: Method | undefined, args: unknown, outlets: unknown[]): Json {
    if (this.failWith !== 0) return { err_code: this.failWith, err_msg: "made to fail" };
    const result = method ? method(isRecord(args) ? args : {}, outlets) : "method";
    return typeof result === "string" ? this.#declined(result) : { ...result, err_code: 0 };
  }

  #declined(refusal: Refusal): Json {
    const [err_code, err_msg] = this.firmware[refusal];
    return { err_code, err_msg };
  }

  /** What every family tells of itself. */
  protected identity(): Json {
    const { alias, deviceId, rssi } = this;
    const { deviceModel, deviceHwVer } = this.product;
    const ids = { deviceId, ...factoryIds(this.product) };
    return { sw_ver: SOFTWARE, hw_ver: deviceHwVer, model: deviceModel, ...ids, alias, rssi };
  }

  /** The modules that plugs and strips have in common. */
  protected plugModules(): Record<string, Methods> {
    return {
      time: CLOCK,
      cnCloud: CLOUD_LINK,
      netif: { get_stainfo: () => ({ ssid: "Harbour", key_type: 3, rssi: this.rssi }) },
      schedule: { ...ruleTable(32), ...statistics("time", recentDays), get_next_action: () => ({ type: -1 }) },
      count_down: ruleTable(1),
    };
  }
}

const digest = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("hex").toUpperCase().slice(0, length);

const factoryIds = ({ deviceModel }: Product): Json => ({
  hwId: digest(`hardware ${deviceModel}`, 32),
  oemId: digest(`maker ${deviceModel}`, 32),
});

export const colons = (mac: string): string => mac.match(/../g)?.join(":") ?? mac;
