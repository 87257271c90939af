import { abortable } from "../../core/abort";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { inputError, PlatformError } from "../../core/errors";
import type { KasaApi } from "../cloud/api";
import type { Device } from "../device";
import { parseOutlets } from "../protocols/iot/device-state";
import type { Sysinfo } from "../protocols/iot/sysinfo";
import { findDevice, normalizeName } from "./device-lookup";

/** The cloud blocks clients that fetch the list too often: every half hour is what others do (kasa.md section 4). */
export const MAX_LIST_AGE_MS = 1_800_000;
/** A name that is not in the list may belong to a new device. */
const MAX_LIST_AGE_FOR_UNKNOWN_NAME_MS = 60_000;

/** Remembers the devices of an account, and what each of them last reported about itself. */
export class DeviceDirectory {
  readonly #api: Pick<KasaApi, "fetchDevices">;
  readonly #clock: Clock;
  #list: { devices: readonly Device[]; fetchedAt: number } | undefined;
  #listing: Promise<readonly Device[]> | undefined;
  readonly #sysinfos = new Map<string, Sysinfo>();

  constructor(api: Pick<KasaApi, "fetchDevices">, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /**
   * The devices of the account. Each list that has been fetched is an array of its own.
   * @param maxAgeMs the list is fetched if it is older
   */
  async list(maxAgeMs: number, options: CallOptions): Promise<readonly Device[]> {
    return this.#cachedList(maxAgeMs) ?? this.#fetchList(options);
  }

  /**
   * Finds a device by its id or its alias.
   * @throws `input`, `not-found`, or `unsupported` for a device that this cloud cannot control
   */
  async find(name: string, options: CallOptions): Promise<Device> {
    if (!name)
      throw inputError('"device" is empty. Set it in the node, or send an alias or a device id in msg.device.');
    const device = this.#findCached(name) ?? (await this.#findUnknown(name, options));
    if (!device)
      throw new PlatformError("not-found", `The account has no device "${name.slice(0, 80)}". Check its alias or id.`);
    if (device.supported) return device;
    throw new PlatformError(
      "unsupported",
      `This is a Tapo device (${device.deviceType}): Kasa's cloud lists it but cannot control it. Use a node that talks to Tapo devices on the local network.`,
    );
  }

  /** What a device last reported; undefined before its first response. */
  sysinfoOf({ deviceId }: Device): Sysinfo | undefined {
    return this.#sysinfos.get(deviceId);
  }

  setSysinfo({ deviceId }: Device, sysinfo: Sysinfo): void {
    this.#sysinfos.set(deviceId, sysinfo);
  }

  /** The ids and aliases of a device and of its outlets, normalized. */
  namesOf(device: Device): string[] {
    const { deviceId, alias } = device;
    const sysinfo = this.#sysinfos.get(deviceId);
    const outlets = (sysinfo && parseOutlets(deviceId, sysinfo)) ?? [];
    const outletNames = outlets.flatMap((outlet) => [outlet.id, outlet.alias]);
    return [deviceId, alias, sysinfo?.alias ?? alias, ...outletNames].map(normalizeName);
  }

  // After half an hour even a name that is in the list may have moved to another device.
  #findCached(name: string): Device | undefined {
    const devices = this.#cachedList(MAX_LIST_AGE_MS);
    return devices && findDevice(name, devices);
  }

  async #findUnknown(name: string, { signal }: CallOptions): Promise<Device | undefined> {
    if (this.#cachedList(MAX_LIST_AGE_FOR_UNKNOWN_NAME_MS)) return undefined;
    // Everyone who needs it at the same time shares one request, which goes on if one of them gives up.
    this.#listing ??= this.#fetchList({}).finally(() => {
      this.#listing = undefined;
    });
    return findDevice(name, await abortable(this.#listing, signal));
  }

  #cachedList(maxAgeMs: number): readonly Device[] | undefined {
    if (!this.#list) return undefined;
    const ageMs = this.#clock.now() - this.#list.fetchedAt;
    // A clock that was set back must not keep an old list for ever.
    return ageMs >= 0 && ageMs < maxAgeMs ? this.#list.devices : undefined;
  }

  async #fetchList(options: CallOptions): Promise<readonly Device[]> {
    const devices = await this.#api.fetchDevices(options);
    this.#list = { devices, fetchedAt: this.#clock.now() };
    return devices;
  }
}
