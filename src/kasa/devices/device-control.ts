import { setOperation, type CallOptions } from "../../core/call-context";
import { inputError, isPlatformError, PlatformError } from "../../core/errors";
import { protocolError } from "../../http/response";
import type { Device, DeviceState, Energy, Outlet } from "../device";
import { resolveSetting, type DeviceSetting } from "../device-setting";
import { checkColorTemp } from "../protocols/iot/colour-temperature";
import {
  buildEnergyCommand,
  buildRebootCommand,
  buildRestoreCommands,
  forOutlets,
  parseRawCommand,
  SYSINFO_COMMAND,
  withSysinfo,
} from "../protocols/iot/commands";
import type { DeviceCommand } from "../protocols/iot/device-command";
import { checkResponse, parseSysinfo, type DeviceResponse } from "../protocols/iot/device-response";
import { parseDeviceState, parseOutlets, withOutlet } from "../protocols/iot/device-state";
import { parseEnergyResponse } from "../protocols/iot/energy";
import { checkSupportedByType, detectFamily, selectSupported } from "../protocols/iot/families";
import type { Sysinfo } from "../protocols/iot/sysinfo";
import type { DeviceTransport } from "../transports/device-transport";
import type { DeviceDirectory } from "./device-directory";
import { findOutlet, hasName, isId } from "./device-lookup";
import { DeviceQueue, type Merge } from "./device-queue";
import { readOutlets } from "./outlet-energy";

/** A name that belongs to another device by now. */
class NameMovedError extends PlatformError {
  constructor(readonly device: Device) {
    super("not-found", "The devices are being renamed. Send the message again.");
  }
}

/**
 * Controls the devices of an account, each by its id or its alias. The calls to one device are carried out one at a time.
 * Names age: before something is changed, a device that is addressed by a name is asked whether it still has it. With ids,
 * a command is one request once the family of the device is known.
 */
export class DeviceControl {
  readonly #directory: DeviceDirectory;
  readonly #transport: DeviceTransport;
  readonly #queue: DeviceQueue;

  /** @param queue shared with everyone who may reach the same devices */
  constructor(directory: DeviceDirectory, transport: DeviceTransport, queue = new DeviceQueue()) {
    this.#directory = directory;
    this.#transport = transport;
    this.#queue = queue;
  }

  /** Fetches the state of a device of the list; one request, which waits for no other. */
  async fetchState(device: Device, options: CallOptions): Promise<DeviceState> {
    return parseDeviceState(device, await this.#fetchSysinfo(device, options));
  }

  /**
   * Fetches the state of a device; one request.
   * @param outletName is only checked: the state is always that of the whole device
   */
  async state(deviceName: string, outletName: string, options: CallOptions): Promise<DeviceState> {
    setOperation("state", options);
    return this.#inOrder(deviceName, options, async (device) => {
      const sysinfo = await this.#fetchSysinfo(device, options);
      await this.#checkName(deviceName, device, sysinfo, options);
      findOutlet(parseOutlets(device.deviceId, sysinfo), outletName);
      return parseDeviceState(device, sysinfo);
    });
  }

  /**
   * Sets a device, or one outlet of a strip. One that waits for the device is not carried out if a newer one sets the same.
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
    const { restore = false } = setting;
    const isAbsolute = setting.on !== "toggle" && !restore;
    const key = JSON.stringify([deviceName, outletName, Object.keys(setting).toSorted()]);
    return this.#inOrder(
      deviceName,
      options,
      async (device) => {
        checkSupportedByType(setting, device);
        const isFresh = !isAbsolute || dependsOnEffect(setting, device, this.#directory.sysinfoOf(device));
        const before = await this.#sysinfoBefore(deviceName, outletName, device, isFresh, options);
        const family = detectFamily(before, device.kind);
        const outlets = parseOutlets(device.deviceId, before);
        const outlet = findOutlet(outlets, outletName);
        if (outlets && !outlet && setting.outlets)
          return this.#restoreOutlets(device, outlets, setting, before, options);

        const supported = outlet ? (["on"] as const) : family.supports(before);
        const selected = selectSupported(setting, supported, outlet ? "outlet" : family.kind);
        const own = setting.outlets?.find(({ id }) => id === outlet?.id);
        const { on } = outlet ?? parseDeviceState(device, before);
        const resolved = resolveSetting(own ? { on: own.on } : selected, on);
        checkColorTemp(resolved.colorTemp, before);
        const commands = family.toCommands(resolved, before).map((one) => ({ command: one, outlets: [outlet] }));
        const expected = outlet ? withOutlet(before, outlet, resolved.on) : before;
        return this.#carryOut(device, commands, expected, options);
      },
      isAbsolute ? { client: this, key } : undefined,
    );
  }

  /**
   * Fetches the power that a device draws, or one outlet of a strip. For a whole strip it is the sum of its outlets, at
   * one request each.
   * @throws `unsupported` for a device without an energy meter
   */
  async energy(deviceName: string, outletName: string, options: CallOptions): Promise<Energy> {
    setOperation("energy", options);
    return this.#inOrder(deviceName, options, async (device) => {
      const cached = this.#directory.sysinfoOf(device);
      const isStrip = cached === undefined || cached.children !== undefined;
      const sysinfo = isStrip ? await this.#sysinfoBefore(deviceName, outletName, device, false, options) : cached;
      const meter = detectFamily(sysinfo, device.kind).meter(sysinfo);
      if (!meter) throw new PlatformError("unsupported", "This device has no energy meter.");
      const outlets = parseOutlets(device.deviceId, sysinfo);
      const outlet = findOutlet(outlets, outletName);
      const command = buildEnergyCommand(meter);
      if (outlets) {
        const read = async (one: Outlet): Promise<Energy> =>
          parseEnergyResponse(await this.#transport.send(device, forOutlets([one], command), "read", options), meter);
        return readOutlets(outlet ? [outlet] : outlets, read, options);
      }
      const isNamed = sysinfo === cached && !isId(deviceName, device);
      const response = await this.#transport.send(device, isNamed ? withSysinfo(command) : command, "read", options);
      if (isNamed) await this.#checkName(deviceName, device, parseSysinfo(response) ?? {}, options);
      return parseEnergyResponse(response, meter);
    });
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
    return this.#inOrder(deviceName, options, async (device) => {
      const sysinfo = await this.#sysinfoBefore(deviceName, outletName, device, false, options);
      const command = buildRebootCommand(detectFamily(sysinfo, device.kind).system);
      checkResponse(await this.#transport.send(device, command, "write", options), command);
      return parseDeviceState(device, sysinfo);
    });
  }

  /**
   * Sends JSON in the device's own protocol.
   * @returns the device's own response, errors in it included
   */
  async raw(deviceName: string, outletName: string, value: unknown, options: CallOptions): Promise<DeviceResponse> {
    setOperation("raw", options);
    const command = parseRawCommand(value);
    return this.#inOrder(deviceName, options, async (device) => {
      const sysinfo = outletName
        ? await this.#sysinfoBefore(deviceName, outletName, device, false, options)
        : await this.#checkNameOf(deviceName, device, options);
      const outlet = sysinfo && findOutlet(parseOutlets(device.deviceId, sysinfo), outletName);
      // It may be a change for all we know, so it is never sent twice.
      return this.#transport.send(device, forOutlets([outlet], command), "write", options);
    });
  }

  async #inOrder<T>(
    deviceName: string,
    options: CallOptions,
    act: (device: Device) => Promise<T>,
    merge?: Merge,
  ): Promise<T> {
    const found = await this.#directory.find(deviceName, options);
    try {
      return await this.#queue.run(found.deviceId, () => act(found), options, merge);
    } catch (error) {
      if (!(error instanceof NameMovedError)) throw error;
      const { device } = error;
      return this.#queue.run(device.deviceId, () => act(device), options, merge);
    }
  }

  async #checkName(deviceName: string, device: Device, { alias }: Sysinfo, options: CallOptions): Promise<void> {
    if (!alias || isId(deviceName, device) || hasName(deviceName, alias)) return;
    const current = await this.#directory.findAgain(deviceName, device, alias, options);
    if (current.deviceId !== device.deviceId) throw new NameMovedError(current);
  }

  // Cameras and the like may have no sysinfo, but understand raw commands all the same.
  async #checkNameOf(deviceName: string, device: Device, options: CallOptions): Promise<undefined> {
    if (isId(deviceName, device)) return;
    const sysinfo = await this.#fetchSysinfo(device, options).catch((error: unknown) => {
      if (!isPlatformError(error, "unsupported", "protocol", "rejected")) throw error;
    });
    if (sysinfo) await this.#checkName(deviceName, device, sysinfo, options);
  }

  /** The sysinfo that a change is based on: the last one is enough if it is only about ids. */
  async #sysinfoBefore(
    deviceName: string,
    outletName: string,
    device: Device,
    isFresh: boolean,
    options: CallOptions,
  ): Promise<Sysinfo> {
    const cached = this.#directory.sysinfoOf(device);
    const outlets = cached && parseOutlets(device.deviceId, cached);
    if (cached && !isFresh && isId(deviceName, device) && isLastingName(outletName, outlets)) return cached;
    const sysinfo = await this.#fetchSysinfo(device, options);
    await this.#checkName(deviceName, device, sysinfo, options);
    return sysinfo;
  }

  async #fetchSysinfo(device: Device, options: CallOptions): Promise<Sysinfo> {
    const sysinfo = parseSysinfo(await this.#transport.send(device, SYSINFO_COMMAND, "read", options));
    if (!sysinfo) throw protocolError("It has no sysinfo in it.");
    this.#directory.setSysinfo(device, sysinfo);
    return sysinfo;
  }

  // A strip's own "on" is that any of its outlets is on: put back, it would switch all of them on.
  async #restoreOutlets(
    device: Device,
    outlets: readonly Outlet[],
    setting: DeviceSetting,
    before: Sysinfo,
    options: CallOptions,
  ): Promise<DeviceState> {
    const wanted = (setting.outlets ?? []).map(({ id, on }) => {
      const outlet = findOutlet(outlets, id);
      return outlet && outlet.on !== on ? [{ ...outlet, on }] : [];
    });
    return this.#carryOut(device, buildRestoreCommands(wanted.flat(), setting.led), before, options, true);
  }

  async #carryOut(
    device: Device,
    commands: readonly { command: DeviceCommand; outlets: readonly (Outlet | undefined)[] }[],
    expected: Sysinfo,
    options: CallOptions,
    isPartial = false,
  ): Promise<DeviceState> {
    let response: DeviceResponse = {};
    for (const [index, { command, outlets }] of commands.entries()) {
      const isLast = index === commands.length - 1;
      const request = forOutlets(outlets, isLast && !isPartial ? withSysinfo(command) : command);
      response = await this.#transport.send(device, request, "write", options);
      checkResponse(response, command);
    }
    return parseDeviceState(device, await this.#sysinfoAfter(device, response, expected, options));
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
}

/** Whether a name of an outlet means the same one whatever the outlets are called by now: blank, an id, or a number. */
function isLastingName(name: string, outlets: readonly Outlet[] = []): boolean {
  if (!name || outlets.some(({ id }) => hasName(name, id))) return true;
  return /^\d{1,2}$/.test(name) && !outlets.some(({ alias }) => hasName(name, alias));
}

// The app may have started an effect since the last response: what has to be sent depends on it.
function dependsOnEffect(setting: DeviceSetting, { kind }: Device, sysinfo: Sysinfo | undefined): boolean {
  const hasEffects = kind === "lightstrip" || sysinfo?.lighting_effect_state !== undefined;
  return hasEffects && (["hue", "saturation", "colorTemp", "effect"] as const).some((name) => name in setting);
}
