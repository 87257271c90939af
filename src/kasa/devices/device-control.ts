import { abortable, setOperation as nameCall, type CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlainObject, toJsonValue } from "../../core/encoding";
import { inputError, PlatformError } from "../../core/errors";
import { parseAs, protocolError } from "../../http/response";
import type { Effect } from "../../http/retry";
import { Sysinfo } from "../cloud/schemas";
import { parseMethodResult, type DeviceResponse } from "../protocols/iot/device-response";
import { parseEnergy, sumEnergy, type Energy } from "../protocols/iot/energy";
import { checkSupported, detectFamily, type DeviceCommand } from "../protocols/iot/families";
import { parseDeviceState, type Device, type DeviceState } from "./device";
import { findDevice, findOutlet, type Outlet } from "./device-lookup";
import type { DeviceSetting, ResolvedSetting } from "./device-setting";

/** How a driver reaches the cloud. */
export interface KasaApi {
  fetchDevices: (options: CallOptions) => Promise<Device[]>;
  /** Hands a command to a device, and brings its own answer. */
  send: (device: Device, command: object, effect: Effect, options: CallOptions) => Promise<DeviceResponse>;
}

/** The list of devices is asked for again when a name is missing in it, at most this often… */
const LOOK_AGAIN_MS = 60_000;
/** …and when it is this old, because a name may have moved to another device (kasa.md section 4). */
const TOO_OLD_MS = 1_800_000;

const GET_SYSINFO = { get_sysinfo: {} };

/** Methods that would take a device out of its owner's hands; not even `raw` passes them on. */
const NEVER = /^(reset|bind|unbind|set_server_url)$/;

/** Drives the devices of an account, each found by its id or its alias. */
export class DeviceControl {
  readonly #reach: KasaApi;
  readonly #clock: Clock;
  #known: { devices: Device[]; at: number } | undefined;
  #listing: Promise<Device[]> | undefined;
  /** The last sysinfo of each device: it tells the family, and spares asking for it before each command. */
  readonly #sysinfos = new Map<string, Sysinfo>();

  constructor(reach: KasaApi, clock: Clock) {
    this.#reach = reach;
    this.#clock = clock;
  }

  /** The state of a device of the list; one request. */
  async read(device: Device, options: CallOptions): Promise<DeviceState> {
    return parseDeviceState(device, await this.#sysinfo(device, options));
  }

  /** The state of a device; one request. */
  async state(name: string, outlet: string, options: CallOptions): Promise<DeviceState> {
    nameCall("state", options);
    const device = await this.#device(name, options);
    const sysinfo = await this.#sysinfo(device, options);
    findOutlet(device, sysinfo, outlet);
    return parseDeviceState(device, sysinfo);
  }

  /**
   * Sets a device, or one outlet of a strip.
   * One request where its family is known and nothing is toggled, else two.
   * @throws `unsupported` or `input` before anything is set, when the device cannot do it
   */
  async set(name: string, outlet: string, setting: DeviceSetting, options: CallOptions): Promise<DeviceState> {
    nameCall("set", options);
    const device = await this.#device(name, options);
    refuseByType(device, setting);
    const toggles = setting.on === "toggle";
    const before = await (toggles ? this.#sysinfo(device, options) : this.#lastSysinfo(device, options));
    const family = detectFamily(before, device.kind);
    const child = findOutlet(device, before, outlet);
    checkSupported(setting, child ? ["on"] : family.supports(before), child ? "outlet" : family.kind);

    const { on, ...rest } = setting;
    const was = child ? child.on : parseDeviceState(device, before).on;
    const decided: ResolvedSetting = on === undefined ? rest : { ...rest, on: on === "toggle" ? !was : on };
    const words = family.toCommand(decided, before);
    const answer = await this.#reach.send(device, inContext(child, withSysinfo(words)), "write", options);
    checkAll(answer, words);
    const otherwise = child ? withOutlet(before, child, decided.on) : before;
    return parseDeviceState(device, await this.#after(device, answer, otherwise, options));
  }

  /**
   * What a device draws, or one outlet of a strip; a strip as a whole is the sum of its outlets, one request each.
   * @throws `unsupported` for a device without a meter
   */
  async energy(name: string, outlet: string, options: CallOptions): Promise<Energy> {
    nameCall("energy", options);
    const device = await this.#device(name, options);
    const sysinfo = await this.#lastSysinfo(device, options);
    const meter = detectFamily(sysinfo, device.kind).meter(sysinfo);
    if (!meter) throw new PlatformError("unsupported", "This device has no energy meter.");
    const child = findOutlet(device, sysinfo, outlet);
    const outlets = child ? [child] : (parseDeviceState(device, sysinfo).outlets ?? [undefined]);
    return sumEnergy(await Promise.all(outlets.map((one) => this.#meter(device, meter, one, options))));
  }

  /**
   * Restarts a device; what it does meanwhile is its last state.
   * @throws `input` for an outlet: the whole strip would restart
   */
  async reboot(name: string, outlet: string, options: CallOptions): Promise<DeviceState> {
    nameCall("reboot", options);
    if (outlet)
      throw inputError("An outlet cannot be restarted by itself, only the whole device. Leave the outlet blank.");
    const device = await this.#device(name, options);
    const sysinfo = await this.#lastSysinfo(device, options);
    const command = { [detectFamily(sysinfo, device.kind).system]: { reboot: { delay: 1 } } };
    checkAll(await this.#reach.send(device, command, "write", options), command);
    return parseDeviceState(device, sysinfo);
  }

  /** Hands a device its own JSON, and hands back its own answer, errors in it included. */
  async raw(name: string, outlet: string, command: unknown, options: CallOptions): Promise<DeviceResponse> {
    nameCall("raw", options);
    const words = readRaw(command);
    const device = await this.#device(name, options);
    const sysinfo = outlet ? await this.#lastSysinfo(device, options) : undefined;
    const child = sysinfo && findOutlet(device, sysinfo, outlet);
    return this.#reach.send(device, inContext(child, words), "write", options);
  }

  async #device(name: string, options: CallOptions): Promise<Device> {
    if (!name)
      throw inputError('"device" is empty. Set it in the node, or send an alias or a device id in msg.device.');
    const sinceMs = this.#known ? this.#clock.now() - this.#known.at : Infinity;
    // A clock that was set back must not keep an old list for ever.
    const age = sinceMs < 0 ? Infinity : sinceMs;
    let found = this.#known && age < TOO_OLD_MS ? findDevice(name, this.#known.devices) : undefined;
    if (!found && age >= LOOK_AGAIN_MS) found = findDevice(name, await abortable(this.#list(), options.signal));
    if (!found)
      throw new PlatformError("not-found", `The account has no device "${name.slice(0, 80)}". Check its alias or id.`);
    if (found.supported) return found;
    throw new PlatformError(
      "unsupported",
      `This is a Tapo device (${found.deviceType}): Kasa's cloud lists it but cannot drive it. Use a node that talks to Tapo devices on the local network.`,
    );
  }

  // The cloud blocks who asks for it often (kasa.md section 4): all who need it at the same time share one.
  #list(): Promise<Device[]> {
    this.#listing ??= this.#reach
      .fetchDevices({})
      .then((devices) => {
        this.#known = { devices, at: this.#clock.now() };
        return devices;
      })
      .finally(() => {
        this.#listing = undefined;
      });
    return this.#listing;
  }

  async #lastSysinfo(device: Device, options: CallOptions): Promise<Sysinfo> {
    return this.#sysinfos.get(device.deviceId) ?? this.#sysinfo(device, options);
  }

  async #sysinfo(device: Device, options: CallOptions): Promise<Sysinfo> {
    const answer = await this.#reach.send(device, { system: GET_SYSINFO }, "read", options);
    return this.#remember(device, parseAs(Sysinfo, parseMethodResult(answer, "system", "get_sysinfo")));
  }

  // What a device says of itself beside the answer to a command; one that says nothing is asked.
  // A child's context may narrow that to the child itself: then the strip as it was, with the change, has to do.
  async #after(device: Device, answer: DeviceResponse, otherwise: Sysinfo, options: CallOptions): Promise<Sysinfo> {
    const said = parseMethodResult(answer, "system", "get_sysinfo");
    if (said === undefined) return this.#sysinfo(device, options);
    const sysinfo = parseAs(Sysinfo, said);
    return this.#remember(device, otherwise.children && !sysinfo.children ? otherwise : sysinfo);
  }

  #remember({ deviceId }: Device, sysinfo: Sysinfo): Sysinfo {
    this.#sysinfos.set(deviceId, sysinfo);
    return sysinfo;
  }

  async #meter(device: Device, meter: string, outlet: Outlet | undefined, options: CallOptions): Promise<Energy> {
    const answer = await this.#reach.send(
      device,
      inContext(outlet, { [meter]: { get_realtime: {} } }),
      "read",
      options,
    );
    return parseEnergy(parseMethodResult(answer, meter, "get_realtime"));
  }
}

// A plug can have no colour whatever its sysinfo says: that much the list tells without asking the device.
// A type that nobody has heard of tells nothing.
function refuseByType({ deviceType, kind }: Device, setting: DeviceSetting): void {
  if (!/PLUG|SWITCH/i.test(deviceType)) return;
  checkSupported(setting, ["on", "brightness", "transitionMs", "led"], kind);
}

function withOutlet(sysinfo: Sysinfo, { id }: Outlet, on: boolean | undefined): Sysinfo {
  const children = sysinfo.children?.map((child) => (id.endsWith(child.id) ? { ...child, state: Number(on) } : child));
  return { ...sysinfo, children };
}

function withSysinfo(words: DeviceCommand): DeviceCommand {
  return { ...words, system: { ...words["system"], ...GET_SYSINFO } };
}

function inContext(outlet: Outlet | undefined, command: object): object {
  return outlet ? { context: { child_ids: [outlet.id] }, ...command } : command;
}

/** @throws what the device answers to any part of a command; `protocol` where it says nothing of one */
function checkAll(answer: DeviceResponse, words: DeviceCommand): void {
  for (const [module, methods] of Object.entries(words)) {
    for (const method of Object.keys(methods)) {
      if (parseMethodResult(answer, module, method) === undefined) {
        throw protocolError(`The device says nothing of ${method}: whether it was done is not known.`);
      }
    }
  }
}

function readRaw(command: unknown): object {
  const words = isPlainObject(command) ? toJsonValue(command) : undefined;
  if (!isPlainObject(words)) {
    throw inputError('"value" must be the device\'s own JSON, such as {"system": {"get_sysinfo": {}}}.');
  }
  for (const methods of Object.values(words) as unknown[]) {
    const never = isPlainObject(methods) && Object.keys(methods).find((method) => NEVER.test(method));
    if (never) throw inputError(`"${never}" would take the device out of your hands. Use the Kasa app for that.`);
  }
  return words;
}
