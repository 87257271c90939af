import { isPlatformError, type PlatformError } from "../../../core/errors";
import { parseAs } from "../../../http/response";
import type { CountdownSetting } from "../../countdown";
import type { Device, DeviceState, Outlet, Sensor } from "../../device";
import { resolveSetting, type DeviceSetting, type OutletSetting } from "../../device-setting";
import type { HistoryQuery, HistoryRow } from "../../history";
import type { Schedule } from "../../schedule";
import type { Abilities, CountingDevice, MeterReading, ReportedDevice, Send } from "../device-protocol";
import { checkOwnOutlet, selectSupported, unsupportedError, type Property } from "../supported";
import { changeAtOnce, fetchInfo, fetchInfoAndLearn } from "./smart-batch";
import { fetchChildren } from "./smart-children";
import { smartEffectNames, withOwnEffect } from "./smart-effects";
import { readSmartEnergy } from "./smart-energy";
import { SmartFirmware } from "./smart-firmware";
import { readSmartHistory } from "./smart-history";
import { SmartInfo } from "./smart-info";
import { readPresetsIfAny, readSmartPresets } from "./smart-presets";
import { askIfSupported, isMissing, sendSmartRequest, type SmartRequest } from "./smart-request";
import { enableSmartSchedule, readSmartCountdown, readSmartSchedule, setSmartCountdown } from "./smart-rules";
import { smartProperties, toSmartRequests } from "./smart-setting";
import { aliasOf, kindOf, parseSmartOutlets, parseSmartSensors, parseSmartState } from "./smart-state";

/** What is known to be so after a change, by the id of an outlet; undefined = the device itself. */
type Reported = Map<string | undefined, Partial<SmartInfo>>;

/** A Tapo device, or a newer Kasa device. */
export class SmartDevice implements ReportedDevice {
  readonly outlets: readonly Outlet[] | undefined;
  readonly sensors: readonly Sensor[];
  readonly #device: Device;
  readonly #info: SmartInfo;
  readonly #children: readonly SmartInfo[];
  readonly #firmware: SmartFirmware;
  /** Known once it has been set: it is not among what a device reports, and some do not bear to be asked for it often. */
  readonly #led: boolean | undefined;

  private constructor(
    device: Device,
    info: SmartInfo,
    children: readonly SmartInfo[],
    firmware: SmartFirmware,
    led?: boolean,
  ) {
    this.#device = device;
    this.#info = info;
    this.#children = children;
    this.#firmware = firmware;
    this.#led = led;
    this.outlets = parseSmartOutlets(children);
    this.sensors = parseSmartSensors(children);
  }

  static async fetch(device: Device, send: Send, last?: ReportedDevice): Promise<SmartDevice> {
    const info = await fetchInfo(send);
    const before = last instanceof SmartDevice ? last : undefined;
    const firmware = before && before.#info.fw_ver === info.fw_ver ? before.#firmware : undefined;
    const children = await fetchChildren(info, send, before ? before.#children : []);
    // What tells nothing must not replace what is known.
    if (before) kindOf(device, info, children);
    return new SmartDevice(device, info, children, firmware ?? new SmartFirmware());
  }

  get deviceId(): string | undefined {
    return this.#info.device_id;
  }

  get alias(): string | undefined {
    return aliasOf(this.#info);
  }

  get state(): DeviceState {
    const state = parseSmartState(this.#device, this.#info, this.#children);
    return this.#led === undefined ? state : { ...state, led: this.#led };
  }

  // The app may have started an effect since the last response, or changed the colour of which one half is kept.
  dependsOnPresent(setting: DeviceSetting): boolean {
    const { hue, lighting_effect } = this.#info;
    const names = ["hue", "saturation", "colorTemp", "effect", ...(lighting_effect ? ["brightness"] : [])];
    return (hue ?? lighting_effect) !== undefined && names.some((name) => name in setting);
  }

  async set(setting: DeviceSetting, outlet: Outlet | undefined, send: Send): Promise<SmartDevice> {
    if (!outlet && this.outlets && setting.outlets) return this.#restoreOutlets(setting.outlets, setting.led, send);
    const { kind, on } = outlet ? { kind: "outlet", on: outlet.on } : this.state;
    const info = outlet ? this.#childOf(outlet) : this.#info;
    const isStrip = !outlet && kind === "strip";
    const properties = outlet ? smartProperties(info) : this.#properties;
    const supported = await this.#supported(setting, properties, outlet, send);
    const hasPreset = setting.preset !== undefined && supported.includes("preset");
    const presets = hasPreset ? await readSmartPresets(send, outlet?.id) : [];
    const selectable = hasPreset && presets.length === 0 ? supported.filter((name) => name !== "preset") : supported;
    const own = setting.outlets?.find(({ id }) => id === outlet?.id);
    const selected = own ? { on: own.on } : selectSupported(setting, selectable, kind);
    const { led, ...resolved } = resolveSetting(selected, on, presets);

    const reported: Reported = new Map();
    // No command switches all outlets of a strip.
    if (isStrip) await switchOutlets(withState(this.outlets, resolved.on ?? undefined), reported, send);
    else {
      const requests = toSmartRequests(resolved, await withOwnEffect(resolved, info, send));
      const answered = outlet || led !== undefined ? undefined : await changeAtOnce(requests, this.#firmware, send);
      if (answered)
        return this.#afterwards(new Map([[undefined, reportedBy(requests)]]), undefined, send, answered.info);
      await carryOut(requests, outlet?.id, reported, send);
    }
    if (led !== undefined) await setLed(led, send);
    return this.#afterwards(reported, led, send);
  }

  async energy(outlet: Outlet | undefined, send: Send, asksAlias: boolean): Promise<MeterReading> {
    if ((await this.#firmware.has("energy_monitoring", send, outlet?.id)) === false)
      throw await this.#unsupportedError("energy meter", send);
    const { missing } = this.#firmware;
    const energy = await readSmartEnergy(async (method) => {
      if (missing.has(method)) return undefined;
      const result = await askIfSupported(method, send, outlet?.id);
      if (!result && (await isMissing(method, send, outlet?.id))) missing.add(method);
      return result;
    });
    const alias = asksAlias ? aliasOf(await fetchInfo(send)) : undefined;
    return { energy, alias };
  }

  async history(query: HistoryQuery, outlet: Outlet | undefined, send: Send, nowMs: number): Promise<HistoryRow[]> {
    const ids = outlet ? [outlet.id] : (this.outlets?.map(({ id }) => id) ?? [undefined]);
    if (!(await this.#isMetered(ids[0], send))) throw await this.#unsupportedError("energy meter", send);
    return readSmartHistory(query, ids, send, nowMs);
  }

  async countdown(
    setting: CountdownSetting | null | undefined,
    outlet: Outlet | undefined,
    send: Send,
  ): Promise<CountingDevice> {
    await this.#checkRules("countdown", outlet, send);
    if (setting !== undefined) await setSmartCountdown(setting, send, outlet?.id);
    const countdown = await readSmartCountdown(send, outlet?.id);
    return { device: await this.#afterwards(new Map(), this.#led, send), countdown };
  }

  async schedule(enabled: boolean | undefined, outlet: Outlet | undefined, send: Send): Promise<Schedule> {
    await this.#checkRules("schedule", outlet, send);
    if (enabled !== undefined) await enableSmartSchedule(enabled, send, outlet?.id);
    return readSmartSchedule(send, outlet?.id);
  }

  async details(send: Send): Promise<Pick<DeviceState, "presets">> {
    const mayHave = this.#info.brightness !== undefined && (await this.#firmware.has("preset", send));
    const presets = mayHave ? await readPresetsIfAny(send) : [];
    return presets.length > 0 ? { presets } : {};
  }

  async abilities(send: Send): Promise<Abilities> {
    // One that does not tell its components, such as the second cloud, is promised nothing of them.
    const firmware = this.#firmware;
    const settings = await this.#supported(undefined, this.#properties, undefined, send);
    const metered = (await this.#isMetered(this.outlets?.[0]?.id, send)) ? ["energy"] : [];
    const timers = metered.length > 0 && (await firmware.has("time", send)) ? ["history"] : [];
    for (const id of ["countdown", "schedule"]) if (this.outlets || (await firmware.has(id, send))) timers.push(id);
    return {
      commands: ["set", "state", ...metered, ...timers, "reboot", "raw"],
      settings,
      effects: smartEffectNames(this.#info),
    };
  }

  async reboot(send: Send): Promise<void> {
    // With a delay of 0 there is no response.
    await sendSmartRequest({ method: "device_reboot", params: { delay: 1 } }, "write", send);
  }

  // What was read before is passed over where the device does not have it.
  async #restoreOutlets(wanted: readonly OutletSetting[], led: boolean | undefined, send: Send): Promise<SmartDevice> {
    const changed = wanted.filter(({ id, on }) => this.outlets?.find((outlet) => outlet.id === id)?.on !== on);
    const reported: Reported = new Map();
    await switchOutlets(changed, reported, send);
    const isLedSet = led !== undefined && (await this.#firmware.has("led", send)) !== false;
    if (isLedSet) await setLed(led, send);
    return this.#afterwards(reported, isLedSet ? led : undefined, send);
  }

  /**
   * The properties that can be set.
   * @param setting that is asked for: what the firmware does not tell is tried then; undefined = promise nothing of that
   * @param own those that its info tells
   */
  async #supported(
    setting: DeviceSetting | undefined,
    own: readonly Property[],
    outlet: Outlet | undefined,
    send: Send,
  ): Promise<Property[]> {
    const supported = [...own];
    if (setting && Object.keys(setting).every((name) => own.includes(name as Property))) return supported;
    // The outlets of a strip have presets each, and its LED together.
    const others = outlet ? (["preset"] as const) : this.outlets ? (["led"] as const) : (["preset", "led"] as const);
    for (const id of others)
      if ((await this.#firmware.has(id, send, outlet?.id)) ?? setting?.[id] !== undefined) supported.push(id);
    return supported;
  }

  /** Those of the whole device that its info tells. */
  get #properties(): Property[] {
    return this.state.kind === "strip" ? ["on"] : smartProperties(this.#info);
  }

  async #isMetered(outletId: string | undefined, send: Send): Promise<boolean> {
    const isMetered = await this.#firmware.has("energy_monitoring", send, outletId);
    if (isMetered !== undefined || outletId === undefined) return isMetered ?? true;
    return (await askIfSupported("get_energy_usage", send, outletId)) !== undefined;
  }

  async #checkRules(name: "countdown" | "schedule", outlet: Outlet | undefined, send: Send): Promise<void> {
    checkOwnOutlet(this.outlets, outlet, name);
    if ((await this.#firmware.has(name, send, outlet?.id)) === false) throw await this.#unsupportedError(name, send);
  }

  async #unsupportedError(what: string, send: Send): Promise<PlatformError> {
    return unsupportedError(this.state.kind, what, (await this.abilities(send)).commands);
  }

  #childOf({ id }: Outlet): SmartInfo {
    return this.#children.find(({ device_id }) => device_id === id) ?? {};
  }

  // Some devices take a moment until their info says what they have confirmed.
  async #afterwards(
    reported: Reported,
    led: boolean | undefined,
    send: Send,
    answered?: SmartInfo,
  ): Promise<SmartDevice> {
    const [info, children] = await this.#fetchAgain(send, answered);
    const known = children.map((child) => ({ ...child, ...reported.get(child.device_id) }));
    return new SmartDevice(this.#device, { ...info, ...reported.get(undefined) }, known, this.#firmware, led);
  }

  // The change was confirmed: that the device does not answer once more is no failure, and a repetition might undo a toggle.
  async #fetchAgain(send: Send, answered?: SmartInfo): Promise<[info: SmartInfo, children: readonly SmartInfo[]]> {
    try {
      const info = answered ?? (this.outlets ? this.#info : await fetchInfoAndLearn(this.#firmware, send));
      return [info, await fetchChildren(info, send, this.#children)];
    } catch (error) {
      if (!isPlatformError(error, "network", "timeout", "offline", "busy", "protocol")) throw error;
      return [this.#info, this.#children];
    }
  }
}

const reportedBy = (requests: readonly SmartRequest[]): Partial<SmartInfo> =>
  Object.assign({}, ...requests.map(({ reported }) => reported)) as Partial<SmartInfo>;

async function carryOut(
  requests: readonly SmartRequest[],
  childId: string | undefined,
  reported: Reported,
  send: Send,
): Promise<void> {
  for (const request of requests) {
    const result = await sendSmartRequest(request, "write", send, childId);
    // A device only confirms. A cloud between it and us tells what the device has reported.
    const known = Object.keys(result).length > 0 ? parseAs(SmartInfo, result) : request.reported;
    reported.set(childId, { ...reported.get(childId), ...known });
  }
}

async function switchOutlets(outlets: readonly OutletSetting[], reported: Reported, send: Send): Promise<void> {
  for (const { id, on } of outlets) await carryOut(toSmartRequests({ on }, {}), id, reported, send);
}

function withState(outlets: readonly Outlet[] = [], on: boolean | undefined): OutletSetting[] {
  return on === undefined ? [] : outlets.map(({ id }) => ({ id, on }));
}

// The device wants all that it has told about the LED, with another rule (kasa-local.md section 8).
async function setLed(led: boolean, send: Send): Promise<void> {
  const info = await sendSmartRequest({ method: "get_led_info" }, "read", send);
  const params = { ...info, led_rule: led ? "always" : "never" };
  await sendSmartRequest({ method: "set_led_info", params }, "write", send);
}
