import { setOperation, type CallOptions } from "../../core/call-context";
import { inputError, PlatformError } from "../../core/errors";
import { protocolError } from "../../http/response";
import type { Device, DeviceState, Energy, Outlet } from "../device";
import { resolveToggle, type DeviceSetting } from "../device-setting";
import {
  buildEnergyCommand,
  buildRebootCommand,
  forOutlet,
  parseRawCommand,
  SYSINFO_COMMAND,
  withSysinfo,
} from "../protocols/iot/commands";
import { checkResponse, parseSysinfo, type DeviceResponse } from "../protocols/iot/device-response";
import { parseDeviceState, parseOutlets, withOutlet } from "../protocols/iot/device-state";
import { parseEnergyResponse, sumEnergy } from "../protocols/iot/energy";
import { checkSupported, checkSupportedByType, detectFamily } from "../protocols/iot/families";
import type { Sysinfo } from "../protocols/iot/sysinfo";
import type { DeviceTransport } from "../transports/device-transport";
import type { DeviceDirectory } from "./device-directory";
import { findOutlet } from "./device-lookup";

/**
 * Controls the devices of an account, each by its id or its alias.
 * The family of a device is fetched once; from then on a command is one request.
 */
export class DeviceControl {
  readonly #directory: DeviceDirectory;
  readonly #transport: DeviceTransport;

  constructor(directory: DeviceDirectory, transport: DeviceTransport) {
    this.#directory = directory;
    this.#transport = transport;
  }

  /** Fetches the state of a device of the list; one request. */
  async fetchState(device: Device, options: CallOptions): Promise<DeviceState> {
    return parseDeviceState(device, await this.#fetchSysinfo(device, options));
  }

  /**
   * Fetches the state of a device; one request.
   * @param outletName is only checked: the state is always that of the whole device
   */
  async state(deviceName: string, outletName: string, options: CallOptions): Promise<DeviceState> {
    setOperation("state", options);
    const device = await this.#directory.find(deviceName, options);
    const sysinfo = await this.#fetchSysinfo(device, options);
    findOutlet(parseOutlets(device.deviceId, sysinfo), outletName);
    return parseDeviceState(device, sysinfo);
  }

  /**
   * Sets a device, or one outlet of a strip. One request, or two to toggle.
   * @returns the state of the whole device
   * @throws `unsupported` or `input`, before anything is set, if the device cannot do it
   */
  async set(
    deviceName: string,
    outletName: string,
    setting: DeviceSetting,
    options: CallOptions,
  ): Promise<DeviceState> {
    setOperation("set", options);
    const device = await this.#directory.find(deviceName, options);
    checkSupportedByType(setting, device);
    const before = await (setting.on === "toggle"
      ? this.#fetchSysinfo(device, options)
      : this.#cachedSysinfo(device, options));
    const family = detectFamily(before, device.kind);
    const outlet = findOutlet(parseOutlets(device.deviceId, before), outletName);
    checkSupported(setting, outlet ? ["on"] : family.supports(before), outlet ? "outlet" : family.kind);

    const resolved = resolveToggle(setting, (outlet ?? parseDeviceState(device, before)).on);
    const command = family.toCommand(resolved, before);
    const response = await this.#transport.send(device, forOutlet(outlet, withSysinfo(command)), "write", options);
    checkResponse(response, command);
    const expected = outlet ? withOutlet(before, outlet, resolved.on) : before;
    return parseDeviceState(device, await this.#sysinfoAfter(device, response, expected, options));
  }

  /**
   * Fetches the power that a device draws, or one outlet of a strip. For a whole strip it is the sum of its outlets, at
   * one request each.
   * @throws `unsupported` for a device without an energy meter
   */
  async energy(deviceName: string, outletName: string, options: CallOptions): Promise<Energy> {
    setOperation("energy", options);
    const device = await this.#directory.find(deviceName, options);
    const sysinfo = await this.#cachedSysinfo(device, options);
    const meter = detectFamily(sysinfo, device.kind).meter(sysinfo);
    if (!meter) throw new PlatformError("unsupported", "This device has no energy meter.");
    const outlets = parseOutlets(device.deviceId, sysinfo);
    const outlet = findOutlet(outlets, outletName);
    const metered = outlet ? [outlet] : (outlets ?? [undefined]);
    return sumEnergy(await Promise.all(metered.map((one) => this.#fetchEnergy(device, meter, one, options))));
  }

  /**
   * Restarts a device.
   * @returns its last state, because it does not respond during the restart
   * @throws `input` for an outlet: the whole strip would restart
   */
  async reboot(deviceName: string, outletName: string, options: CallOptions): Promise<DeviceState> {
    setOperation("reboot", options);
    if (outletName)
      throw inputError("An outlet cannot be restarted by itself, only the whole device. Leave the outlet blank.");
    const device = await this.#directory.find(deviceName, options);
    const sysinfo = await this.#cachedSysinfo(device, options);
    const command = buildRebootCommand(detectFamily(sysinfo, device.kind).system);
    checkResponse(await this.#transport.send(device, command, "write", options), command);
    return parseDeviceState(device, sysinfo);
  }

  /**
   * Sends JSON in the device's own protocol.
   * @returns the device's own response, errors in it included
   */
  async raw(deviceName: string, outletName: string, value: unknown, options: CallOptions): Promise<DeviceResponse> {
    setOperation("raw", options);
    const command = parseRawCommand(value);
    const device = await this.#directory.find(deviceName, options);
    const sysinfo = outletName ? await this.#cachedSysinfo(device, options) : undefined;
    const outlet = sysinfo && findOutlet(parseOutlets(device.deviceId, sysinfo), outletName);
    // It may be a change for all we know, so it is never sent twice.
    return this.#transport.send(device, forOutlet(outlet, command), "write", options);
  }

  async #cachedSysinfo(device: Device, options: CallOptions): Promise<Sysinfo> {
    return this.#directory.sysinfoOf(device) ?? this.#fetchSysinfo(device, options);
  }

  async #fetchSysinfo(device: Device, options: CallOptions): Promise<Sysinfo> {
    const sysinfo = parseSysinfo(await this.#transport.send(device, SYSINFO_COMMAND, "read", options));
    if (!sysinfo) throw protocolError("It has no sysinfo in it.");
    this.#directory.setSysinfo(device, sysinfo);
    return sysinfo;
  }

  // Most devices report their sysinfo beside the result of a command; the others need a request. If an outlet was addressed,
  // some strips report that outlet alone: then the sysinfo of before, with the change, is the best there is.
  async #sysinfoAfter(
    device: Device,
    response: DeviceResponse,
    expected: Sysinfo,
    options: CallOptions,
  ): Promise<Sysinfo> {
    const reported = parseSysinfo(response);
    if (!reported) return this.#fetchSysinfo(device, options);
    const sysinfo = expected.children && !reported.children ? expected : reported;
    this.#directory.setSysinfo(device, sysinfo);
    return sysinfo;
  }

  async #fetchEnergy(device: Device, meter: string, outlet: Outlet | undefined, options: CallOptions): Promise<Energy> {
    const command = forOutlet(outlet, buildEnergyCommand(meter));
    return parseEnergyResponse(await this.#transport.send(device, command, "read", options), meter);
  }
}
