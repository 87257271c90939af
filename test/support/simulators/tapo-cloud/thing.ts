import { CloudDevice, describeProduct } from "../kasa/devices";
import { isRecord, type Json } from "../kasa/firmware";

/** What a thing is, in the words of its entry in the list. */
export interface ThingModel {
  deviceType: string;
  category: string;
  model: string;
  /** What it reports at first. */
  reported?: Json;
  /** The wishes that it carries out, each with a check of the value. */
  accepts?: Readonly<Record<string, (value: unknown) => boolean>>;
  /** Milliwatts; left out = no meter. */
  powerMw?: number;
}

/** How a thing is called by the device that it belongs to. */
interface Place {
  parent: Thing;
  position: number;
}

/** An event that a button or a sensor has reported. */
export interface ThingEvent {
  logId: number;
  name: string;
  /** Seconds since 1970. */
  timestamp: number;
  params: Json;
}

/** A device of the account: its entry in the list, its shadow, and what it answers itself. */
export class Thing {
  /** What the first-generation cloud lists of it. */
  readonly identity: CloudDevice;
  readonly children: Thing[] = [];
  readonly events: ThingEvent[] = [];
  online = true;
  /** It takes no notice of wishes. */
  deaf = false;
  /** How often its shadow is read before it has carried out a wish. */
  lag = 0;
  /** It does not answer when it is asked for its usage. */
  silent = false;
  /** It has not reported anything yet. */
  hasReported = true;
  /** The region that it lives in. */
  region = "euw1";
  /** A host that the cloud names for it instead of the one of its region. */
  appServerUrl: string | undefined;
  readonly reported: Json;
  /** Called with each change. */
  onReport: ((changes: Json) => void) | undefined;
  desired: Json = {};
  version = 118;
  #readsLeft: number | undefined;

  constructor(
    readonly product: ThingModel,
    public nickname: string,
    readonly place?: Place,
    identity?: CloudDevice,
  ) {
    this.identity =
      identity ?? new CloudDevice(describeProduct(product.deviceType, product.model, "Tapo", "1.0"), nickname);
    this.reported = { ...product.reported };
    place?.parent.children.push(this);
  }

  // An outlet is called like its strip and two digits more; the sensors of a hub have IDs of their own (tapo-cloud.md section 5.1).
  get thingName(): string {
    const { place, identity } = this;
    if (!place || place.parent.product.category === "hub") return identity.deviceId;
    return `${place.parent.thingName}${String(place.position - 1).padStart(2, "0")}`;
  }

  /** Its shadow, read once more. */
  readShadow(): Json {
    if (this.#readsLeft !== undefined && this.#readsLeft-- <= 0) this.#carryOut();
    const { thingName, desired, reported, version } = this;
    const state = { ...(Object.keys(desired).length > 0 && { desired }), ...(this.hasReported && { reported }) };
    return { thingName, state, version };
  }

  /** Takes a wish. An offline thing takes it as well, and carries it out once it is back. */
  wish(desired: Json): void {
    this.desired = { ...this.desired, ...desired };
    this.version++;
    this.#readsLeft = this.lag;
    if (this.lag === 0) this.#carryOut();
  }

  /** Somebody presses its button, or another thing changes by itself. */
  report(changes: Json): void {
    Object.assign(this.reported, changes);
    this.version++;
    this.onReport?.(changes);
  }

  addEvent(name: string, params: Json = {}, timestamp = Math.floor(Date.now() / 1000)): void {
    this.events.unshift({ logId: (this.events[0]?.logId ?? 1000) + 1, name, timestamp, params });
  }

  /** Answers one SMART request. */
  answer({ method, params }: { method?: unknown; params?: unknown }): Json {
    const args = isRecord(params) ? params : {};
    switch (method) {
      case "multipleRequest": {
        const requests = Array.isArray(args["requests"]) ? args["requests"] : [];
        const responses = requests.map((one: Json) => ({ method: one["method"], ...this.answer(one) }));
        return { error_code: 0, result: { responses } };
      }
      case "get_device_info":
        return { error_code: 0, result: this.deviceInfo() };
      case "set_device_info": {
        const { device_on: on, ...rest } = args;
        return { error_code: this.#take({ ...rest, ...(on !== undefined && { on }) }) ? 0 : -1008 };
      }
      case "get_child_device_list": {
        if (this.children.length === 0) return { error_code: -1002 };
        const start = Number(args["start_index"] ?? 0);
        const page = this.children.slice(start, start + 10).map((child) => child.deviceInfo());
        return { error_code: 0, result: { child_device_list: page, start_index: start, sum: this.children.length } };
      }
      case "control_child": {
        const child = this.children.find(({ thingName }) => thingName === args["device_id"]);
        const responseData = child?.answer(isRecord(args["requestData"]) ? args["requestData"] : {});
        return responseData ? { error_code: 0, result: { responseData } } : { error_code: -1008 };
      }
      case "get_energy_usage":
        return this.product.powerMw === undefined
          ? { error_code: -1002 }
          : { error_code: 0, result: this.energyUsage() };
      default:
        return { error_code: -1002 };
    }
  }

  deviceInfo(): Json {
    const { on, ...rest } = this.reported;
    const { category, deviceType, model } = this.product;
    return {
      device_id: this.thingName,
      type: deviceType,
      model,
      category,
      nickname: Buffer.from(this.nickname).toString("base64"),
      ssid: "SGFyYm91cg==",
      latitude: 523_456,
      longitude: 134_567,
      ip: "192.0.2.77",
      ...(on !== undefined && { device_on: on }),
      ...rest,
      ...(this.place && { position: this.place.position, status: this.online ? "online" : "offline" }),
    };
  }

  energyUsage(): Json {
    return {
      current_power: this.reported["on"] === false ? 0 : this.product.powerMw,
      today_energy: 310,
      month_energy: 8120,
      today_runtime: 95,
      month_runtime: 2440,
      local_time: "2026-08-20 10:15:00",
    };
  }

  #take(desired: Json): boolean {
    const { accepts = {} } = this.product;
    if (!Object.entries(desired).every(([key, value]) => accepts[key]?.(value))) return false;
    this.report(desired);
    return true;
  }

  // What a device does not know it leaves in "desired" for ever.
  #carryOut(): void {
    this.#readsLeft = undefined;
    if (this.deaf || !this.online) return;
    const { accepts = {} } = this.product;
    const done = Object.entries(this.desired).filter(([key, value]) => accepts[key]?.(value));
    if (done.length > 0) this.report(Object.fromEntries(done));
  }
}
