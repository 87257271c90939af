import { protocolError } from "../../../http/response";
import type { Effect } from "../../../http/retry";
import type { CountdownSetting } from "../../countdown";
import type { Device, DeviceState, Outlet } from "../../device";
import { resolveSetting, type DeviceSetting, type OutletSetting } from "../../device-setting";
import { startOf, type HistoryQuery, type HistoryRow } from "../../history";
import type { Schedule } from "../../schedule";
import { localZone, toWallTime, type WallTime } from "../../zoned-time";
import type { Abilities, CountingDevice, MeterReading, ReportedDevice, Send } from "../device-protocol";
import { checkOwnOutlet, selectSupported, unsupportedError } from "../supported";
import { checkColorTemp } from "./colour-temperature";
import { buildRebootCommand, buildRestoreCommands, forOutlets, SYSINFO_COMMAND, withSysinfo } from "./commands";
import { parseDeviceTime } from "./device-clock";
import type { DeviceCommand } from "./device-command";
import { checkResponse, parseSysinfo, type DeviceResponse } from "./device-response";
import { parseDeviceState, parseOutlets, withOutlet } from "./device-state";
import { effectNames } from "./effects";
import { buildEnergyCommand, parseEnergyResponse } from "./energy";
import { detectFamily, type Family } from "./families";
import { readHistory } from "./history";
import {
  buildCountdownCommand,
  buildScheduleCommand,
  parseAwayMode,
  parseCountdownRules,
  parseScheduleRules,
  withRules,
} from "./rules";
import type { Sysinfo } from "./sysinfo";

/** A command for the whole device, or for some outlets of it. */
interface AddressedCommand {
  command: DeviceCommand;
  outlets: readonly (Outlet | undefined)[];
}

/** A Kasa device of the first generation. */
export class IotDevice implements ReportedDevice {
  readonly outlets: readonly Outlet[] | undefined;
  readonly #device: Device;
  readonly #sysinfo: Sysinfo;

  constructor(device: Device, sysinfo: Sysinfo) {
    this.#device = device;
    this.#sysinfo = sysinfo;
    this.outlets = parseOutlets(device.deviceId, sysinfo);
  }

  static async fetch(device: Device, send: Send, last?: ReportedDevice): Promise<IotDevice> {
    const sysinfo = parseSysinfo(await send(SYSINFO_COMMAND, "read"));
    if (!sysinfo) throw protocolError("It has no sysinfo in it.");
    // What tells nothing must not replace what is known.
    if (last) detectFamily(sysinfo, device.kind);
    return new IotDevice(device, sysinfo);
  }

  get deviceId(): string | undefined {
    return this.#sysinfo.deviceId;
  }

  get alias(): string | undefined {
    return this.#sysinfo.alias;
  }

  get state(): DeviceState {
    return parseDeviceState(this.#device, this.#sysinfo);
  }

  // The app may have started an effect since the last response.
  dependsOnPresent(setting: DeviceSetting): boolean {
    const hasEffects = this.#device.kind === "lightstrip" || this.#sysinfo.lighting_effect_state !== undefined;
    return (
      hasEffects && (["hue", "saturation", "colorTemp", "effect", "preset"] as const).some((name) => name in setting)
    );
  }

  async set(setting: DeviceSetting, outlet: Outlet | undefined, send: Send): Promise<IotDevice> {
    const sysinfo = this.#sysinfo;
    const family = this.#family;
    if (this.outlets && !outlet && setting.outlets) return this.#restoreOutlets(setting.outlets, setting, send);

    const supported = outlet ? (["on"] as const) : family.supports(sysinfo);
    const selected = selectSupported(setting, supported, outlet ? "outlet" : family.kind);
    const own = setting.outlets?.find(({ id }) => id === outlet?.id);
    const { on, presets } = outlet ? { on: outlet.on, presets: [] } : this.state;
    // A preset may be outside of the range of its model: the device has it from the app.
    checkColorTemp(selected.colorTemp, sysinfo);
    const resolved = resolveSetting(own ? { on: own.on } : selected, on, presets);
    const commands = family.toCommands(resolved, sysinfo).map((one) => ({ command: one, outlets: [outlet] }));
    return this.#carryOut(commands, outlet ? withOutlet(sysinfo, outlet, resolved.on ?? undefined) : sysinfo, send);
  }

  async energy(outlet: Outlet | undefined, send: Send, asksAlias: boolean, nowMs: number): Promise<MeterReading> {
    const meter = this.#meter();
    const { time } = this.#family.modules;
    const ask = (date: WallTime, command = buildEnergyCommand(meter, time, date)): Promise<DeviceResponse> =>
      send(forOutlets([outlet], asksAlias ? withSysinfo(command) : command), "read");
    // Statistics are asked for by month: it is mostly this one, and the response says whether it is.
    const guess = toWallTime(nowMs, localZone);
    const response = await ask(guess);
    const date = parseDeviceTime(response, time) ?? guess;
    const isGuessed = startOf("month", date) === startOf("month", guess);
    const energy = parseEnergyResponse(isGuessed ? response : await ask(date), meter, date);
    return { energy, alias: asksAlias ? parseSysinfo(response)?.alias : undefined };
  }

  history(query: HistoryQuery, outlet: Outlet | undefined, send: Send, nowMs: number): Promise<HistoryRow[]> {
    const { time, schedule } = this.#family.modules;
    const outlets = outlet ? [outlet] : (this.outlets ?? [undefined]);
    return readHistory(query, outlets, { meter: this.#meter(), runtime: schedule, time }, send, nowMs);
  }

  async countdown(
    setting: CountdownSetting | null | undefined,
    outlet: Outlet | undefined,
    send: Send,
  ): Promise<CountingDevice> {
    checkOwnOutlet(this.outlets, outlet, "countdown");
    const module = this.#family.modules.countdown;
    const command = setting === undefined ? { [module]: {} } : buildCountdownCommand(module, setting);
    const response = await this.#askForRules(command, outlet, setting === undefined ? "read" : "write", send, true);
    return {
      device: await this.#afterwards(response, this.#sysinfo, send),
      countdown: parseCountdownRules(response, module),
    };
  }

  async schedule(enabled: boolean | undefined, outlet: Outlet | undefined, send: Send): Promise<Schedule> {
    checkOwnOutlet(this.outlets, outlet, "schedule");
    const { schedule: module, away: awayModule } = this.#family.modules;
    const command = enabled === undefined ? { [module]: {} } : buildScheduleCommand(module, enabled);
    const response = await this.#askForRules(command, outlet, enabled === undefined ? "read" : "write", send);
    const schedule = parseScheduleRules(response, module);
    // In a request of its own: both tables together may be more than the device can send (kasa.md section 5).
    const away = parseAwayMode(await this.#askForRules({ [awayModule]: {} }, outlet, "read", send), awayModule);
    return { ...schedule, ...(away ? { away } : {}) };
  }

  async details(): Promise<object> {
    return {};
  }

  async abilities(): Promise<Abilities> {
    return {
      commands: this.#commands,
      settings: this.#family.supports(this.#sysinfo),
      effects: effectNames(this.#sysinfo),
    };
  }

  async reboot(send: Send): Promise<void> {
    const command = buildRebootCommand(this.#family.system);
    checkResponse(await send(command, "write"), command);
  }

  get #family(): Family {
    return detectFamily(this.#sysinfo, this.#device.kind);
  }

  get #commands(): string[] {
    const metered = this.#family.meter(this.#sysinfo) ? ["energy", "history"] : [];
    return ["set", "state", ...metered, "countdown", "schedule", "reboot", "raw"];
  }

  #meter(): string {
    const meter = this.#family.meter(this.#sysinfo);
    if (meter) return meter;
    throw unsupportedError(this.#family.kind, "energy meter", this.#commands);
  }

  /** Sends a command and reads the rules after it, in one request. */
  async #askForRules(
    command: DeviceCommand,
    outlet: Outlet | undefined,
    effect: Effect,
    send: Send,
    withState = false,
  ): Promise<DeviceResponse> {
    const request = withRules(command);
    const response = await send(forOutlets([outlet], withState ? withSysinfo(request) : request), effect);
    checkResponse(response, command);
    return response;
  }

  // A strip's own "on" is that any of its outlets is on: put back, it would switch all of them on.
  async #restoreOutlets(wanted: readonly OutletSetting[], { led }: DeviceSetting, send: Send): Promise<IotDevice> {
    const changed = (this.outlets ?? []).flatMap((outlet) => {
      const on = wanted.find(({ id }) => id === outlet.id)?.on ?? outlet.on;
      return on === outlet.on ? [] : [{ ...outlet, on }];
    });
    return this.#carryOut(buildRestoreCommands(changed, led), this.#sysinfo, send, true);
  }

  async #carryOut(
    commands: readonly AddressedCommand[],
    expected: Sysinfo,
    send: Send,
    isPartial = false,
  ): Promise<IotDevice> {
    let response: DeviceResponse = {};
    for (const [index, { command, outlets }] of commands.entries()) {
      const isLast = index === commands.length - 1;
      response = await send(forOutlets(outlets, isLast && !isPartial ? withSysinfo(command) : command), "write");
      checkResponse(response, command);
    }
    return this.#afterwards(response, expected, send);
  }

  // Most devices report their sysinfo beside the result of a command; the others need a request. If an outlet was addressed,
  // some strips report that outlet alone: then the sysinfo of before, with the change, is the best there is.
  async #afterwards(response: DeviceResponse, expected: Sysinfo, send: Send): Promise<IotDevice> {
    const reported = parseSysinfo(response);
    if (!reported) return IotDevice.fetch(this.#device, send);
    return new IotDevice(this.#device, expected.children && !reported.children ? expected : reported);
  }
}
