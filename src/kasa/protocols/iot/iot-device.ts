import { PlatformError } from "../../../core/errors";
import { protocolError } from "../../../http/response";
import type { Device, DeviceState, Outlet } from "../../device";
import { resolveSetting, type DeviceSetting, type OutletSetting } from "../../device-setting";
import type { MeterReading, ReportedDevice, Send } from "../device-protocol";
import { selectSupported } from "../supported";
import { checkColorTemp } from "./colour-temperature";
import {
  buildEnergyCommand,
  buildRebootCommand,
  buildRestoreCommands,
  forOutlets,
  SYSINFO_COMMAND,
  withSysinfo,
} from "./commands";
import type { DeviceCommand } from "./device-command";
import { checkResponse, parseSysinfo, type DeviceResponse } from "./device-response";
import { parseDeviceState, parseOutlets, withOutlet } from "./device-state";
import { parseEnergyResponse } from "./energy";
import { detectFamily } from "./families";
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

  static async fetch(device: Device, send: Send): Promise<IotDevice> {
    const sysinfo = parseSysinfo(await send(SYSINFO_COMMAND, "read"));
    if (!sysinfo) throw protocolError("It has no sysinfo in it.");
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
    return hasEffects && (["hue", "saturation", "colorTemp", "effect"] as const).some((name) => name in setting);
  }

  async set(setting: DeviceSetting, outlet: Outlet | undefined, send: Send): Promise<IotDevice> {
    const sysinfo = this.#sysinfo;
    const family = detectFamily(sysinfo, this.#device.kind);
    if (this.outlets && !outlet && setting.outlets) return this.#restoreOutlets(setting.outlets, setting, send);

    const supported = outlet ? (["on"] as const) : family.supports(sysinfo);
    const selected = selectSupported(setting, supported, outlet ? "outlet" : family.kind);
    const own = setting.outlets?.find(({ id }) => id === outlet?.id);
    const { on } = outlet ?? this.state;
    const resolved = resolveSetting(own ? { on: own.on } : selected, on);
    checkColorTemp(resolved.colorTemp, sysinfo);
    const commands = family.toCommands(resolved, sysinfo).map((one) => ({ command: one, outlets: [outlet] }));
    return this.#carryOut(commands, outlet ? withOutlet(sysinfo, outlet, resolved.on) : sysinfo, send);
  }

  async energy(outlet: Outlet | undefined, send: Send, asksAlias: boolean): Promise<MeterReading> {
    const meter = detectFamily(this.#sysinfo, this.#device.kind).meter(this.#sysinfo);
    if (!meter) throw new PlatformError("unsupported", "This device has no energy meter.");
    const command = buildEnergyCommand(meter);
    const response = await send(forOutlets([outlet], asksAlias ? withSysinfo(command) : command), "read");
    const alias = asksAlias ? parseSysinfo(response)?.alias : undefined;
    return { energy: parseEnergyResponse(response, meter), alias };
  }

  async reboot(send: Send): Promise<void> {
    const command = buildRebootCommand(detectFamily(this.#sysinfo, this.#device.kind).system);
    checkResponse(await send(command, "write"), command);
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
