import { setOperation, type CallOptions } from "../../core/call-context";
import { systemClock, type Clock } from "../../core/clock";
import { inputError, isPlatformError, PlatformError } from "../../core/errors";
import { KeyedQueue, type Merge } from "../../core/keyed-queue";
import type { CountdownSetting } from "../countdown";
import type { Device, DeviceState, Energy, Outlet, StateWithCountdown } from "../device";
import type { DeviceSetting } from "../device-setting";
import type { HistoryQuery, HistoryRow } from "../history";
import type { Abilities, ReportedDevice, Send } from "../protocols/device-protocol";
import { protocolOf } from "../protocols/protocols";
import { parseRawCommand } from "../protocols/raw-command";
import type { Schedule } from "../schedule";
import type { DeviceTransport } from "../transports/device-transport";
import type { DeviceDirectory } from "./device-directory";
import { findOutlet, hasName, isId, isLastingName, withOutletIds } from "./device-lookup";
import { LookupOrder } from "./lookup-order";
import { readOutlets } from "./outlet-energy";
import { orWhatItHas } from "./what-it-has";

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
  readonly #lookups: LookupOrder;
  readonly #queue: KeyedQueue;
  readonly #clock: Clock;

  /** @param queue shared with everyone who may reach the same devices */
  constructor(
    directory: DeviceDirectory,
    transport: DeviceTransport,
    queue = new KeyedQueue("this device"),
    clock: Clock = systemClock,
  ) {
    this.#directory = directory;
    this.#transport = transport;
    this.#lookups = new LookupOrder(directory);
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Fetches the state of a device of the list, without waiting for other calls to it. */
  async fetchState(device: Device, options: CallOptions): Promise<DeviceState> {
    return (await this.#fetch(device, options)).state;
  }

  /**
   * Fetches the state of a device.
   * @param outletName is only checked: the state is always that of the whole device
   */
  async state(deviceName: string, outletName: string, options: CallOptions): Promise<DeviceState> {
    setOperation("state", options);
    return this.#inOrder(deviceName, options, async (device) => {
      const reported = await this.#fetch(device, options);
      await this.#checkName(deviceName, device, reported.alias, options);
      findOutlet(reported.outlets, outletName);
      return { ...reported.state, ...(await reported.details(this.#sendTo(device, options))) };
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
    const isAbsolute = setting.on !== "toggle" && setting.on !== null && !restore;
    const key = JSON.stringify([deviceName, outletName, Object.keys(setting).toSorted()]);
    return this.#inOrder(
      deviceName,
      options,
      async (device) => {
        protocolOf(device).checkSetting(setting, device);
        const isFresh = !isAbsolute || this.#directory.reportOf(device)?.dependsOnPresent(setting) === true;
        const before = await this.#reportBefore(deviceName, outletName, device, isFresh, options);
        const outlet = findOutlet(before.outlets, outletName);
        const known = outlet ? setting : withOutletIds(setting, before.outlets);
        const after = await before.set(known, outlet, this.#sendTo(device, options));
        this.#directory.setReport(device, after);
        return after.state;
      },
      isAbsolute ? { client: this, key } : undefined,
    );
  }

  /**
   * Fetches the power that a device draws, or one outlet of a strip. For a whole strip it is the sum of its outlets.
   * @throws `unsupported` for a device without an energy meter
   */
  async energy(deviceName: string, outletName: string, options: CallOptions): Promise<Energy> {
    setOperation("energy", options);
    return this.#inOrder(deviceName, options, async (device) => {
      const cached = this.#directory.reportOf(device);
      const mayHaveOutlets = cached === undefined || cached.outlets !== undefined;
      const reported = mayHaveOutlets
        ? await this.#reportBefore(deviceName, outletName, device, false, options)
        : cached;
      const { outlets } = reported;
      const outlet = findOutlet(outlets, outletName);
      const send = this.#sendTo(device, options);
      const nowMs = this.#clock.now();
      if (outlets) {
        const read = async (one: Outlet): Promise<Energy> => (await reported.energy(one, send, false, nowMs)).energy;
        return readOutlets(outlet ? [outlet] : outlets, read, options);
      }
      const asksAlias = reported === cached && !isId(deviceName, device);
      const { energy, alias } = await reported.energy(undefined, send, asksAlias, nowMs);
      if (asksAlias) await this.#checkName(deviceName, device, alias, options);
      return energy;
    });
  }

  /**
   * Fetches what a device has counted, or one outlet of a strip. For a whole strip it is the sum of its outlets.
   * @throws `unsupported` for a device without an energy meter; `input` for a range that is empty or too long
   */
  async history(
    deviceName: string,
    outletName: string,
    query: HistoryQuery,
    options: CallOptions,
  ): Promise<HistoryRow[]> {
    return this.#withReport("history", deviceName, outletName, options, (reported, outlet, send) =>
      reported.history(query, outlet, send, this.#clock.now()),
    );
  }

  /**
   * Lets a device, or one outlet of a strip, switch itself after a while.
   * @param setting null = no countdown shall run; undefined = it is only read
   * @returns the state of the whole device, with the countdown
   */
  async countdown(
    deviceName: string,
    outletName: string,
    setting: CountdownSetting | null | undefined,
    options: CallOptions,
  ): Promise<StateWithCountdown> {
    return this.#withReport("countdown", deviceName, outletName, options, async (reported, outlet, send, device) => {
      const { device: after, countdown } = await reported.countdown(setting, outlet, send);
      this.#directory.setReport(device, after);
      return { ...after.state, countdown };
    });
  }

  /**
   * Fetches the rules by which a device, or one outlet of a strip, switches itself.
   * @param enabled whether they shall be carried out; undefined = as it is
   */
  async schedule(
    deviceName: string,
    outletName: string,
    enabled: boolean | undefined,
    options: CallOptions,
  ): Promise<Schedule> {
    return this.#withReport("schedule", deviceName, outletName, options, (reported, outlet, send) =>
      reported.schedule(enabled, outlet, send),
    );
  }

  /** Fetches the state of a device, and what can be asked of it. */
  async abilities(deviceName: string, options: CallOptions): Promise<{ state: DeviceState; abilities: Abilities }> {
    return this.#withReport("state", deviceName, "", options, async (reported, _, send) => ({
      state: { ...reported.state, ...(await reported.details(send)) },
      abilities: await reported.abilities(send),
    }));
  }

  /**
   * Restarts a device.
   * @returns its last state, because it does not respond during the restart
   * @throws `input` for an outlet: the whole strip would restart
   */
  async reboot(deviceName: string, outletName: string, options: CallOptions): Promise<DeviceState> {
    if (outletName)
      throw inputError("An outlet cannot be restarted by itself, only the whole device. Leave the outlet blank.");
    return this.#withReport("reboot", deviceName, outletName, options, async (reported, _, send) => {
      await reported.reboot(send);
      return reported.state;
    });
  }

  /**
   * Sends JSON in the device's own protocol.
   * @returns the device's own response, errors in it included
   */
  async raw(
    deviceName: string,
    outletName: string,
    value: unknown,
    options: CallOptions,
  ): Promise<Readonly<Record<string, unknown>>> {
    setOperation("raw", options);
    const command = parseRawCommand(value);
    return this.#inOrder(deviceName, options, async (device) => {
      const reported = outletName
        ? await this.#reportBefore(deviceName, outletName, device, false, options)
        : await this.#checkNameOf(deviceName, device, options);
      const outlet = reported && findOutlet(reported.outlets, outletName);
      // It may be a change for all we know, so it is never sent twice.
      return this.#sendTo(device, options)(protocolOf(device).toRawCommand(command, outlet), "write");
    });
  }

  /** Does something with a device, or one outlet of it, for which it is enough to know what it last reported. */
  #withReport<T>(
    operation: string,
    deviceName: string,
    outletName: string,
    options: CallOptions,
    act: (reported: ReportedDevice, outlet: Outlet | undefined, send: Send, device: Device) => Promise<T>,
  ): Promise<T> {
    setOperation(operation, options);
    return this.#inOrder(deviceName, options, async (device) => {
      const reported = await this.#reportBefore(deviceName, outletName, device, false, options);
      const [outlet, send] = [findOutlet(reported.outlets, outletName), this.#sendTo(device, options)];
      return orWhatItHas(operation, reported, send, () => act(reported, outlet, send, device));
    });
  }

  #inOrder<T>(
    deviceName: string,
    options: CallOptions,
    act: (device: Device) => Promise<T>,
    merge?: Merge,
  ): Promise<T> {
    return this.#lookups.start(deviceName, options, async (found) => {
      try {
        return await this.#queue.run(found.deviceId, () => act(found), options, merge);
      } catch (error) {
        if (!(error instanceof NameMovedError)) throw error;
        const { device } = error;
        return this.#queue.run(device.deviceId, () => act(device), options, merge);
      }
    });
  }

  async #checkName(deviceName: string, device: Device, alias: string | undefined, options: CallOptions): Promise<void> {
    if (!alias || isId(deviceName, device) || hasName(deviceName, alias)) return;
    const current = await this.#directory.findAgain(deviceName, device, alias, options);
    if (current.deviceId !== device.deviceId) throw new NameMovedError(current);
  }

  // Cameras and the like may report nothing about themselves, but understand raw commands all the same.
  async #checkNameOf(deviceName: string, device: Device, options: CallOptions): Promise<undefined> {
    if (isId(deviceName, device)) return;
    const reported = await this.#fetch(device, options).catch((error: unknown) => {
      if (!isPlatformError(error, "unsupported", "protocol", "rejected")) throw error;
    });
    if (reported) await this.#checkName(deviceName, device, reported.alias, options);
  }

  /** The report that a change is based on: the last one is enough if it is only about ids. */
  async #reportBefore(
    deviceName: string,
    outletName: string,
    device: Device,
    isFresh: boolean,
    options: CallOptions,
  ): Promise<ReportedDevice> {
    const cached = this.#directory.reportOf(device);
    if (cached && !isFresh && isId(deviceName, device) && isLastingName(outletName, cached.outlets)) return cached;
    const reported = await this.#fetch(device, options);
    await this.#checkName(deviceName, device, reported.alias, options);
    return reported;
  }

  async #fetch(device: Device, options: CallOptions): Promise<ReportedDevice> {
    const last = this.#directory.reportOf(device);
    const reported = await protocolOf(device).fetch(device, this.#sendTo(device, options), last);
    this.#directory.setReport(device, reported);
    return reported;
  }

  #sendTo(device: Device, options: CallOptions): Send {
    const transport = this.#transport;
    const send: Send = (command, effect) => transport.send(device, command, effect, options);
    if (transport.sendLocally)
      send.locally = async (command, effect) => transport.sendLocally?.(device, command, effect, options);
    return send;
  }
}
