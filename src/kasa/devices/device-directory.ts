import { abortable } from "../../core/abort";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { inputError, PlatformError } from "../../core/errors";
import type { KasaApi } from "../cloud/api";
import { isReadable, type Device } from "../device";
import type { ReportedDevice } from "../protocols/device-protocol";
import { findDevice, normalizeName, partNames } from "./device-lookup";

/** The cloud blocks clients that fetch the list too often: every half hour is what others do (kasa.md section 4). */
export const MAX_LIST_AGE_MS = 1_800_000;
/** A name that is not in the list may belong to a new device. */
const MAX_LIST_AGE_FOR_UNKNOWN_NAME_MS = 60_000;
const MAX_LOCAL_LIST_AGE_FOR_UNKNOWN_NAME_MS = 5000;

/** An empty list is no news: it is asked for again after this time, which doubles with each further one… */
const MIN_EMPTY_LIST_AGE_MS = 5000;
/** …up to this. */
const MAX_EMPTY_LIST_AGE_MS = MAX_LIST_AGE_FOR_UNKNOWN_NAME_MS;
/** Of devices that are no longer listed. */
const MAX_UNLISTED_DEVICES = 200;

/** Remembers the devices of an account, and what each of them last reported about itself. */
export class DeviceDirectory {
  readonly #api: Pick<KasaApi, "fetchDevices">;
  readonly #clock: Clock;
  readonly #isLocal: boolean;
  #list: { devices: readonly Device[]; fetchedAt: number } | undefined;
  #listing: Promise<readonly Device[]> | undefined;
  /** How many lists in a row were empty, and until when they are not asked for again. */
  #empty = { count: 0, until: 0 };
  /** Devices that a list no longer has, by id. */
  readonly #unlisted = new Map<string, Device>();
  readonly #reports = new Map<string, ReportedDevice>();
  /** Aliases that devices reported although the list has other ones, by id. A newer list has confirmed the other ones. */
  readonly #contradictions = new Map<string, string>();

  /** @param isLocal whether the list costs nobody anything: a device that comes back is then found sooner by its name */
  constructor(api: Pick<KasaApi, "fetchDevices">, clock: Clock, isLocal = false) {
    this.#api = api;
    this.#clock = clock;
    this.#isLocal = isLocal;
  }

  /**
   * The devices of the account. Each list that has been fetched is an array of its own.
   * @param maxAgeMs the list is fetched if it is older
   */
  async list(maxAgeMs: number, options: CallOptions): Promise<readonly Device[]> {
    return this.#cachedList(maxAgeMs) ?? this.#fetchList(options);
  }

  /**
   * Finds a device in the list that is there.
   * @returns undefined where the list has to be fetched first
   * @throws `unsupported` for a device that this cloud cannot reach
   */
  findListed(name: string): Device | undefined {
    const device = name ? (this.#findCached(name) ?? this.#findStale(name)) : undefined;
    return device && this.#checkFound(name, device);
  }

  /**
   * Finds a device by its id or its alias.
   * @throws `input`, `not-found`, or `unsupported` for a device that this cloud cannot reach
   */
  async find(name: string, options: CallOptions): Promise<Device> {
    if (!name)
      throw inputError('"device" is empty. Set it in the node, or send an alias or a device id in msg.device.');
    // Whether a device that is no longer listed is gone, only its own response tells.
    const device =
      this.#findCached(name) ??
      (await this.#findUnknown(name, options)) ??
      findDevice(name, [...this.#unlisted.values()]);
    return this.#checkFound(name, device);
  }

  /**
   * Finds the device that has a name after another one, found by this name, has reported another alias.
   * A newer list tells whether the name has moved on; it is fetched once for each such alias.
   */
  async findAgain(name: string, found: Device, reportedAlias: string, options: CallOptions): Promise<Device> {
    const { deviceId } = found;
    const isKnown = this.#contradictions.get(deviceId) === reportedAlias && this.#findCached(name) === found;
    if (isKnown) return found;
    this.#contradictions.set(deviceId, reportedAlias);
    const device = this.#checkFound(name, findDevice(name, await this.#sharedList(options)));
    if (device.deviceId !== deviceId) this.#contradictions.delete(deviceId);
    return device;
  }

  /** The error for a list that is empty. */
  noDevicesError(): PlatformError {
    const sentence = this.#isLocal
      ? "No device answers on the local network. Check that the devices have power, or enter their addresses in the hosts of the account."
      : "Kasa's cloud lists no devices for this account.";
    return new PlatformError("not-found", `${sentence} Try again in a minute.`);
  }

  /** What a device last reported; undefined before its first response. */
  reportOf({ deviceId }: Device): ReportedDevice | undefined {
    return this.#reports.get(deviceId);
  }

  setReport({ deviceId }: Device, report: ReportedDevice): void {
    this.#reports.set(deviceId, report);
  }

  /** The ids and names of a device, and of its outlets and sensors, normalized. */
  namesOf(device: Device): string[] {
    const { deviceId, alias } = device;
    const report = this.#reports.get(deviceId);
    return [deviceId, alias, report?.alias ?? alias, ...(report ? partNames(report) : [])].map(normalizeName);
  }

  // After half an hour even a name that is in the list may have moved to another device.
  #findCached(name: string): Device | undefined {
    const devices = this.#cachedList(MAX_LIST_AGE_MS);
    return devices && findDevice(name, devices);
  }

  // A search takes seconds, in which nothing is learnt that the device itself does not say before it is changed.
  #findStale(name: string): Device | undefined {
    const device = this.#isLocal && this.#list ? findDevice(name, this.#list.devices) : undefined;
    if (device) this.#sharedList({}).catch(() => undefined);
    return device;
  }

  async #findUnknown(name: string, options: CallOptions): Promise<Device | undefined> {
    const maxAgeMs = this.#isLocal ? MAX_LOCAL_LIST_AGE_FOR_UNKNOWN_NAME_MS : MAX_LIST_AGE_FOR_UNKNOWN_NAME_MS;
    if (this.#cachedList(maxAgeMs)) return undefined;
    return findDevice(name, await this.#sharedList(options));
  }

  // Everyone who needs it at the same time shares one request, which goes on if one of them gives up.
  #sharedList({ signal }: CallOptions): Promise<readonly Device[]> {
    this.#listing ??= this.#fetchList({}).finally(() => {
      this.#listing = undefined;
    });
    return abortable(this.#listing, signal);
  }

  #checkFound(name: string, device: Device | undefined): Device {
    if (!device && this.#empty.count > 0 && !this.#list?.devices.length) throw this.noDevicesError();
    if (!device)
      throw new PlatformError("not-found", `The account has no device "${name.slice(0, 80)}". Check its alias or id.`);
    if (isReadable(device)) return device;
    throw new PlatformError("unsupported", reasonOf(device));
  }

  #cachedList(maxAgeMs: number): readonly Device[] | undefined {
    if (!this.#list) return undefined;
    const now = this.#clock.now();
    if (this.#empty.count > 0) {
      const isWaiting = now < this.#empty.until && now >= this.#empty.until - MAX_EMPTY_LIST_AGE_MS;
      return isWaiting ? this.#list.devices : undefined;
    }
    const ageMs = now - this.#list.fetchedAt;
    // A clock that was set back must not keep an old list for ever.
    return ageMs >= 0 && ageMs < maxAgeMs ? this.#list.devices : undefined;
  }

  async #fetchList(options: CallOptions): Promise<readonly Device[]> {
    const devices = await this.#api.fetchDevices(options);
    const now = this.#clock.now();
    if (devices.length === 0) {
      const ageMs = Math.min(MIN_EMPTY_LIST_AGE_MS * 2 ** this.#empty.count, MAX_EMPTY_LIST_AGE_MS);
      this.#empty = { count: this.#empty.count + 1, until: now + ageMs };
      this.#list ??= { devices, fetchedAt: now };
      return this.#list.devices;
    }
    this.#empty = { count: 0, until: 0 };
    this.#updateUnlisted(devices);
    this.#list = { devices, fetchedAt: now };
    return devices;
  }

  #updateUnlisted(devices: readonly Device[]): void {
    for (const device of this.#list?.devices ?? []) this.#unlisted.set(device.deviceId, device);
    for (const { deviceId } of devices) this.#unlisted.delete(deviceId);
    for (const deviceId of this.#unlisted.keys()) {
      if (this.#unlisted.size <= MAX_UNLISTED_DEVICES) break;
      this.#unlisted.delete(deviceId);
    }
  }
}

function reasonOf({ deviceType, kind, appServerUrl }: Device): string {
  if (kind === "sensor") return `This is a sensor (${deviceType}): read the state of its hub instead.`;
  if (kind === "camera")
    return `This is a camera (${deviceType}): this package lists cameras, but cannot control them.`;
  if (kind === "other")
    return `This device (${deviceType}) is only listed: this package controls plugs, switches, lights and hubs.`;
  // What is listed because it answers at home has no server in the cloud.
  if (appServerUrl === undefined)
    return `This ${kind} (${deviceType}) speaks a protocol on the local network that this package does not know. Set the reach of the account to auto, so that it is reached through the cloud.`;
  const family = /^SMART\.KASA/i.test(deviceType) ? "newer Kasa" : "Tapo";
  return `This is a ${family} device (${deviceType}): Kasa's cloud lists it but cannot control it. Enter a Tapo server in the account, or set its reach to auto or local.`;
}
