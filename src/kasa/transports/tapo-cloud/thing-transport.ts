import type { CallOptions } from "../../../core/call-context";
import type { Clock } from "../../../core/clock";
import { isPlainObject } from "../../../core/encoding";
import { isPlatformError, PlatformError } from "../../../core/errors";
import { protocolError } from "../../../http/response";
import type { Effect } from "../../../http/retry";
import type { Device } from "../../device";
import type { DeviceTransport } from "../device-transport";
import { translateIotCommand } from "./iot-shadow";
import type { Shadow } from "./schemas";
import { ShadowWriter } from "./shadow-writer";
import {
  refuseDestruction,
  success,
  toDesired,
  toDeviceInfo,
  toRequest,
  UNKNOWN_METHOD,
  type Keys,
  type SmartRequest,
} from "./smart-words";
import type { ThingApi } from "./thing-api";
import type { Thing, Things } from "./things";

/** For so long a thing is not asked again for what its cloud has refused to pass on. */
const MAX_CLOSED_MS = 3_600_000;
/** For so long what was read after a change answers the next question for the state. */
const MAX_READING_AGE_MS = 2000;
const MAX_REMEMBERED = 500;
const MAX_EVENTS = 20;

/**
 * Reaches devices through TP-Link's second cloud. That cloud keeps a shadow of each device, so the requests of SMART devices
 * are answered from it as far as they can be; the others are passed on, which the cloud may refuse.
 */
export class ThingTransport implements DeviceTransport {
  readonly #api: ThingApi;
  readonly #things: Things;
  readonly #clock: Clock;
  readonly #writer: ShadowWriter;
  /** Until when nothing is passed on to a thing. */
  readonly #closedUntil = new Map<string, number>();
  /** What was read after a change. */
  readonly #written = new Map<string, { shadow: Shadow; at: number }>();

  constructor(api: ThingApi, things: Things, clock: Clock) {
    this.#api = api;
    this.#things = things;
    this.#clock = clock;
    this.#writer = new ShadowWriter(api, things, clock);
  }

  async send({ deviceId }: Device, command: object, effect: Effect, options: CallOptions): Promise<Keys> {
    refuseDestruction(command);
    if (options.trace) options.trace.details["via"] = "cloud";
    return this.#answer(deviceId, toRequest(command), effect, options);
  }

  /** Carries out a command of an older device as far as its shadow allows. */
  async sendIot(
    { deviceId, alias, deviceModel, deviceType }: Device,
    command: object,
    options: CallOptions,
  ): Promise<Keys> {
    const { thing, shadow } = await this.#read(deviceId, options);
    this.#toInfo(thing, shadow);
    const identity = { deviceId, alias, model: deviceModel };
    const { desired, toResponse } = translateIotCommand(command, identity, /BULB/i.test(deviceType));
    const isChange = shadow !== undefined && Object.keys(desired).length > 0;
    const last = isChange ? await this.#writer.write(thing, desired, shadow, options) : shadow;
    return toResponse(last?.state.reported ?? {});
  }

  async #answer(thingName: string, request: SmartRequest, effect: Effect, options: CallOptions): Promise<Keys> {
    const { method, params } = request;
    switch (method) {
      case "get_device_info":
        return success(await this.#fetchInfo(thingName, options));
      case "set_device_info":
        return this.#change(thingName, toDesired(params), options);
      case "set_lighting_effect":
        return this.#change(thingName, { lighting_effect: params }, options);
      case "set_dynamic_light_effect_rule_enable": {
        const { enable, id } = params;
        const desired = {
          dynamic_light_effect_enable: enable,
          ...(id !== undefined && { dynamic_light_effect_id: id }),
        };
        return this.#change(thingName, desired, options);
      }
      case "get_child_device_list":
        return this.#listChildren(thingName, request, options);
      case "control_child":
        return this.#controlChild(thingName, request, effect, options);
      case "get_energy_usage":
      case "get_energy_data":
        return this.#fetchEnergy(thingName, request, options);
      case "get_device_time":
        return this.#fetchTime(await this.#known(thingName, options), request, options);
      case "get_trigger_logs":
        return this.#fetchLogs(await this.#known(thingName, options), params, options);
      default:
        return this.#passThrough(await this.#known(thingName, options), request, effect, options);
    }
  }

  async #fetchInfo(thingName: string, options: CallOptions): Promise<Keys> {
    const written = this.#written.get(thingName);
    this.#written.delete(thingName);
    const ageMs = this.#clock.now() - (written?.at ?? -Infinity);
    const known = this.#things.find(thingName);
    if (written && known && ageMs >= 0 && ageMs < MAX_READING_AGE_MS) return this.#toInfo(known, written.shadow);
    const { thing, shadow } = await this.#read(thingName, options);
    return this.#toInfo(thing, shadow);
  }

  // What has not reported anything must not be taken for a device that is off.
  #toInfo(thing: Thing, shadow: Shadow | undefined): Keys {
    const info = toDeviceInfo(thing, shadow);
    if (info["device_on"] !== undefined || !isSwitch(thing) || this.#things.childrenOf(thing).length > 0) return info;
    throw new PlatformError(
      "timeout",
      "The device has not told TP-Link's cloud its state yet. Try again; if it stays so, check its power and its Wi-Fi.",
    );
  }

  async #change(thingName: string, desired: Keys, options: CallOptions): Promise<Keys> {
    // Read each time: a device that is offline would carry it out whenever it comes back, which may be days later.
    const { thing, shadow } = await this.#read(thingName, options);
    if (!shadow)
      throw new PlatformError("unsupported", "TP-Link's second cloud has no shadow of this device to change.");
    const last = await this.#writer.write(thing, desired, shadow, options);
    if (this.#written.size >= MAX_REMEMBERED) this.#written.clear();
    this.#written.set(thingName, { shadow: last, at: this.#clock.now() });
    return success(this.#toInfo(thing, last));
  }

  async #listChildren(thingName: string, request: SmartRequest, options: CallOptions): Promise<Keys> {
    const thing = await this.#known(thingName, options);
    const children = this.#things.childrenOf(thing);
    if (children.length === 0) {
      const response = await this.#passThrough(thing, request, "read", options);
      if (response === UNKNOWN_METHOD && /strip$/i.test(thing.category)) throw noOutletsError();
      return response;
    }
    const start = Number(request.params["start_index"] ?? 0);
    const page = children.slice(start);
    const readings = await this.#things.readChildren(page, options);
    const infos = readings.map(({ thing: child, shadow }) => {
      if (shadow instanceof PlatformError) throw shadow;
      return { ...this.#toInfo(child, shadow), status: child.status === 1 ? "online" : "offline" };
    });
    return success({ child_device_list: infos, start_index: start, sum: children.length });
  }

  async #controlChild(thingName: string, request: SmartRequest, effect: Effect, options: CallOptions): Promise<Keys> {
    const { device_id: childName, requestData } = request.params;
    const thing = await this.#known(thingName, options);
    const child = this.#things.childrenOf(thing).find((one) => one.thingName === childName);
    if (!child) return this.#passThrough(thing, request, effect, options);
    const inner = isPlainObject(requestData) ? requestData : {};
    return success({ responseData: await this.#answer(child.thingName, toRequest(inner), effect, options) });
  }

  // The cloud's own way to a meter; what it refuses, the device may answer itself.
  async #fetchEnergy(thingName: string, request: SmartRequest, options: CallOptions): Promise<Keys> {
    const thing = (await this.#things.recentList(options)).get(thingName.toLowerCase()) ?? throwUnknown();
    checkOnline(thing);
    const isPast = request.method === "get_energy_data";
    try {
      const energy = await (isPast
        ? this.#api.fetchEnergyData(thing, request.params, options)
        : this.#api.fetchEnergyUsage(thing, options));
      if (energy) return success(energy);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
    return this.#passThrough(thing, request, "read", options);
  }

  async #passThrough(thing: Thing, request: SmartRequest, effect: Effect, options: CallOptions): Promise<Keys> {
    const now = this.#clock.now();
    const closedUntil = this.#closedUntil.get(thing.thingName) ?? -Infinity;
    if (now < closedUntil && now >= closedUntil - MAX_CLOSED_MS) return UNKNOWN_METHOD;
    checkOnline((await this.#things.recentList(options)).get(thing.thingName.toLowerCase()) ?? thing);
    try {
      const response = await this.#api.passThrough(thing, request, effect, options);
      if (isPlainObject(response) && typeof response["error_code"] === "number") return response;
      if (isPlainObject(response) && isPlainObject(response["result"])) return { error_code: 0, ...response };
      throw protocolError("The device's part of it is not an object.");
    } catch (error) {
      if (!isRefused(error)) throw error;
      if (this.#closedUntil.size >= MAX_REMEMBERED) this.#closedUntil.clear();
      this.#closedUntil.set(thing.thingName, now + MAX_CLOSED_MS);
      return UNKNOWN_METHOD;
    }
  }

  // The list tells the time zone of a device.
  async #fetchTime(thing: Thing, request: SmartRequest, options: CallOptions): Promise<Keys> {
    const { region } = thing;
    if (region) return success({ region, timestamp: Math.floor(this.#clock.now() / 1000) });
    return this.#passThrough(thing, request, "read", options);
  }

  async #fetchLogs(thing: Thing, { page_size: size }: Keys, options: CallOptions): Promise<Keys> {
    const count = typeof size === "number" && size >= 1 && size <= MAX_EVENTS ? size : MAX_EVENTS;
    try {
      const events = await this.#api.fetchEvents(thing, count, options);
      const logs = events.map(({ logId, name, ...event }) => ({ id: logId, event: name, ...event }));
      return success({ logs, start_id: logs[0]?.id ?? 0, sum: logs.length });
    } catch (error) {
      if (!isRefused(error)) throw error;
      return UNKNOWN_METHOD;
    }
  }

  async #known(thingName: string, options: CallOptions): Promise<Thing> {
    return (
      this.#things.find(thingName) ?? (await this.#things.list(options)).get(thingName.toLowerCase()) ?? throwUnknown()
    );
  }

  async #read(thingName: string, options: CallOptions): Promise<{ thing: Thing; shadow: Shadow | undefined }> {
    const readings = await this.#things.read([thingName], options);
    const { thing, shadow } = readings.get(thingName.toLowerCase()) ?? throwUnknown();
    checkOnline(thing);
    if (shadow instanceof PlatformError) throw shadow;
    return { thing, shadow };
  }
}

function noOutletsError(): PlatformError {
  return new PlatformError(
    "unsupported",
    "TP-Link's second cloud does not tell the outlets of this device. Set the account's reach to the local network first.",
  );
}

function checkOnline({ status, parent }: Thing): void {
  if (status === 1 && (parent?.status ?? 1) === 1) return;
  const message = "The device is offline: TP-Link's cloud cannot reach it. Check its power and its Wi-Fi.";
  throw new PlatformError("offline", message);
}

/** Whether the cloud does not do this for a device, which another way might. */
function isRefused(error: unknown): boolean {
  return isPlatformError(error, "rejected", "unsupported", "not-found", "forbidden");
}

function throwUnknown(): never {
  throw new PlatformError("not-found", "TP-Link's second cloud, which drives Tapo devices, does not list this device.");
}

// The strip itself has no switch, its outlets do.
function isSwitch({ category, deviceType }: Thing): boolean {
  return /PLUG|SWITCH|BULB/i.test(deviceType) && !/strip$/i.test(category);
}
