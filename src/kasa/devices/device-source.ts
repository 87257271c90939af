import { addToTrace, createTrace, setOperation, type CallOptions } from "../../core/call-context";
import { isPlatformError, PlatformError } from "../../core/errors";
import { isJoinedName } from "../../polling/filter";
import type { ChangeEvent, PollSource } from "../../polling/types";
import { isReadable, isSmart, type Device } from "../device";
import type { DeviceControl } from "./device-control";
import { MAX_LIST_AGE_MS, type DeviceDirectory } from "./device-directory";
import { diffDevice, type DeviceSnapshot } from "./device-events";
import { normalizeName, partNames } from "./device-lookup";
import { findOwners, findUnlisted, nextSnapshot, withParts, type Reading, type Snapshot } from "./device-snapshots";

/** The maximum age of the list in which a device or a name that has just gone missing is searched for. */
const MAX_LIST_AGE_FOR_MISSING_MS = 300_000;
/** No limits are published: this makes 20 requests a minute, as ten devices every 30 s do (kasa.md section 4). */
const MS_PER_DEVICE = 3000;
/** The second cloud is asked for this many devices at a time, and publishes no limits either. */
const MAX_BATCH_SIZE = 20;
const MS_PER_BATCH = 6000;
/** Fewer than the transport allows, so that messages get through during a long poll. */
const MAX_CONCURRENT_REQUESTS = 4;
/** The device did not respond to the cloud in time: it is polled again before it counts as offline (kasa.md section 3). */
const DEVICE_TIMEOUT_CODE = -20002;

/** Polls the devices of an account that the filter names, and no others. */
export class DeviceSource implements PollSource<DeviceSnapshot> {
  readonly #directory: DeviceDirectory;
  readonly #control: Pick<DeviceControl, "fetchState">;
  #list: readonly Device[] = [];
  /** Ids of cameras and the like, which have no state: they are not polled again before the next list. */
  readonly #stateless = new Set<string>();
  /** Ids of devices that the last poll took for such ones. */
  #odd: ReadonlySet<string> = new Set();
  /** Ids of devices that cannot be reached, and names in the filter that no device has… */
  #missing: ReadonlySet<string> = new Set();
  /** …and those of them for which a list has already been fetched. */
  #searched: ReadonlySet<string> = new Set();
  /** Names in the filter that have matched once: if they match nothing later, a device was removed. */
  readonly #matchedNames = new Set<string>();
  #minIntervalMs = 0;
  /** Whether one cloud fails while the other one responds. */
  #isPartlyOut = false;

  constructor(directory: DeviceDirectory, control: Pick<DeviceControl, "fetchState">) {
    this.#directory = directory;
    this.#control = control;
  }

  /** @throws `not-found` or `unsupported` if the filter names nothing that can be polled */
  async poll(filter: ReadonlySet<string> | undefined, previous: Snapshot, options: CallOptions): Promise<Snapshot> {
    const listed = await this.#fetchDevices(options);
    // If it were taken for a first snapshot, all devices would be new as soon as they are listed.
    if (listed.length === 0) throw this.#directory.noDevicesError();
    setOperation("state", options);
    // The list leaves out devices now and then: each is asked itself before it counts as removed.
    const unlisted = findUnlisted(listed, previous);
    const devices = [...listed, ...unlisted];
    const supported = devices.filter(isReadable);
    const polled = this.#selectPolled(supported, filter, previous);
    const batched = polled.filter(isReadInBatches).length;
    this.#minIntervalMs = Math.max(
      (polled.filter(isPolledThroughCloud).length - batched) * MS_PER_DEVICE,
      Math.ceil(batched / MAX_BATCH_SIZE) * MS_PER_BATCH,
    );

    const readings = await this.#fetchReadings(polled, { ...options, isRecurring: true });
    // What is at home, but does not answer there, is read through the cloud like the others.
    const detours = readings.filter(
      ({ device, trace }) => trace?.details["via"] === "cloud" && !isPolledThroughCloud(device),
    );
    this.#minIntervalMs += detours.length * MS_PER_DEVICE;
    this.#updateStateless(readings, previous);
    const kept = supported.filter(
      (device) => !filter || previous.has(device.deviceId) || this.#matches(device, filter, previous),
    );
    const current = nextSnapshot(kept, readings, previous, new Set(unlisted));
    this.#updateMissing(supported, readings, filter, current);
    if (filter) this.#checkFilter(devices, filter, current);
    return withParts(current, previous);
  }

  diff(before: DeviceSnapshot | undefined, after: DeviceSnapshot | undefined, id: string): ChangeEvent[] {
    return diffDevice(before, after, id);
  }

  isDown({ online, part }: DeviceSnapshot): boolean {
    return online !== true || part !== undefined;
  }

  /** The more devices are polled, the longer the interval. */
  minIntervalMs(): number {
    return this.#minIntervalMs;
  }

  async #fetchDevices(options: CallOptions): Promise<readonly Device[]> {
    const isSearching = [...this.#missing].some((name) => !this.#searched.has(name));
    const maxAgeMs = isSearching ? MAX_LIST_AGE_FOR_MISSING_MS : MAX_LIST_AGE_MS;
    const devices = await this.#directory.list(maxAgeMs, options);
    if (devices !== this.#list) {
      this.#list = devices;
      this.#searched = this.#missing;
      this.#stateless.clear();
    }
    return devices;
  }

  #selectPolled(devices: readonly Device[], filter: ReadonlySet<string> | undefined, previous: Snapshot): Device[] {
    const isNameUnknown = filter !== undefined && this.#unknownNames(devices, filter, previous).length > 0;
    // A name that is unknown may be that of an outlet or a sensor, in a strip or a hub that has not been read yet.
    const mayHavePart = (device: Device): boolean =>
      isNameUnknown && (device.kind === "strip" || device.kind === "hub") && !this.#directory.reportOf(device);
    const owners = filter && findOwners(filter, previous);
    return devices.filter(
      (device) =>
        (!filter || this.#matches(device, filter, previous) || owners?.has(device.deviceId) || mayHavePart(device)) &&
        !this.#stateless.has(device.deviceId),
    );
  }

  // One cloud may fail while the other one responds. The limit of a rate is respected in any case.
  async #fetchReadings(devices: readonly Device[], options: CallOptions): Promise<Reading[]> {
    const first = devices.filter((device) => !isReadInBatches(device));
    const second = devices.filter(isReadInBatches);
    const clouds = [
      await this.#fetchGroups(first, MAX_CONCURRENT_REQUESTS, options),
      await this.#fetchGroups(second, MAX_BATCH_SIZE, options),
    ];
    const outage = clouds.find(({ error }) => error)?.error;
    const hasOther = clouds.some(({ error, readings }) => !error && readings.some(({ state }) => state));
    if (outage && (!hasOther || outage.code === "busy")) throw outage;
    if (outage && !this.#isPartlyOut) options.warn?.(`Some of the devices cannot be read. ${outage.message}`);
    this.#isPartlyOut = outage !== undefined;
    return clouds.flatMap(({ readings }) => readings);
  }

  // In small groups: if the cloud fails for the whole of the first group, the others are not polled, and a message never
  // waits for all of them.
  async #fetchGroups(
    devices: readonly Device[],
    size: number,
    options: CallOptions,
  ): Promise<{ readings: Reading[]; error?: PlatformError | undefined }> {
    const readings: Reading[] = [];
    for (let start = 0; start < devices.length; start += size) {
      const group = devices.slice(start, start + size);
      readings.push(...(await Promise.all(group.map((device) => this.#fetchReading(device, options)))));
      const outage =
        readings.find(({ error }) => isAccountError(error)) ??
        (readings.every(({ error }) => isUnrelatedToDevice(error)) ? readings[0] : undefined);
      options.signal?.throwIfAborted();
      if (outage?.error) {
        const { error } = outage;
        return { readings: devices.map((device, index) => readings[index] ?? { device, error }), error };
      }
      await options.yieldSlot?.();
      options.signal?.throwIfAborted();
    }
    return { readings };
  }

  async #fetchReading(device: Device, options: CallOptions, mayRetry = true): Promise<Reading> {
    const trace = createTrace();
    try {
      return { device, trace, state: await this.#control.fetchState(device, { ...options, trace }) };
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (mayRetry && error.details.vendorCode === DEVICE_TIMEOUT_CODE)
        return this.#fetchReading(device, options, false);
      return { device, trace, error };
    } finally {
      addToTrace(options, trace);
    }
  }

  // A single odd response says little about a device that has told its state before.
  #updateStateless(readings: readonly Reading[], previous: Snapshot): void {
    const ids = readings.flatMap(({ device, error }) => (isPlatformError(error, "unsupported") ? device.deviceId : []));
    for (const id of ids) if (!previous.get(id)?.state || this.#odd.has(id)) this.#stateless.add(id);
    this.#odd = new Set(ids);
  }

  #updateMissing(
    devices: readonly Device[],
    readings: readonly Reading[],
    filter: ReadonlySet<string> | undefined,
    current: Snapshot,
  ): void {
    const unreachable = readings.flatMap(({ device, error }) => (isMissing(error) ? [device.deviceId] : []));
    const missing = new Set([...unreachable, ...(filter ? this.#unknownNames(devices, filter, current) : [])]);
    this.#missing = missing;
    this.#searched = new Set([...this.#searched].filter((name) => missing.has(name)));
  }

  #checkFilter(devices: readonly Device[], filter: ReadonlySet<string>, current: Snapshot): void {
    const matching = devices.filter((device) => this.#matches(device, filter, current));
    const readable = matching.filter((device) => isReadable(device) && !this.#stateless.has(device.deviceId));
    for (const name of readable.flatMap((device) => this.#namesOf(device, current)))
      if (filter.has(name)) this.#matchedNames.add(name);
    if ([...filter].some((name) => this.#matchedNames.has(name))) return;

    if (matching.length > 0)
      throw new PlatformError(
        "unsupported",
        "The filter names only devices whose state cannot be read: neither plugs, lights nor hubs, or Tapo devices that this account does not reach.",
      );
    const asked = [...filter].filter((name) => !isJoinedName(filter, name));
    const names = asked.slice(0, 3).map((name) => `"${name.slice(0, 40)}"`);
    throw new PlatformError("not-found", `The account has no device ${names.join(" or ")}. Check the filter.`);
  }

  #unknownNames(devices: readonly Device[], filter: ReadonlySet<string>, snapshot: Snapshot): string[] {
    const names = new Set(devices.flatMap((device) => this.#namesOf(device, snapshot)));
    return [...filter].filter((name) => !names.has(name) && !isJoinedName(filter, name));
  }

  #matches(device: Device, filter: ReadonlySet<string>, snapshot: Snapshot): boolean {
    return this.#namesOf(device, snapshot).some((name) => filter.has(name));
  }

  // A device that was renamed still has the names of the snapshot, so that the event of it is emitted.
  #namesOf(device: Device, snapshot: Snapshot): string[] {
    const state = snapshot.get(device.deviceId)?.state;
    const snapshotNames = state ? [state.alias, ...partNames(state)].map(normalizeName) : [];
    return [...this.#directory.namesOf(device), ...snapshotNames];
  }
}

// There are no limits on the local network.
function isPolledThroughCloud({ reach }: Device): boolean {
  return !(Array.isArray(reach) && reach.includes("local"));
}

// What the second cloud drives is read in few requests, whatever the number of devices (tapo-cloud.md section 5).
function isReadInBatches(device: Device): boolean {
  return isSmart(device) && isPolledThroughCloud(device);
}

function isMissing(error: PlatformError | undefined): boolean {
  return isPlatformError(error, "offline", "not-found", "forbidden");
}

/** Whether every other device would fail in the same way. A busy gateway (HTTP 503) may be that of one device. */
function isAccountError(error: PlatformError | undefined): boolean {
  if (isPlatformError(error, "busy")) return error.details.statusCode !== 503;
  return isPlatformError(error, "sign-in", "config", "tls", "cancelled");
}

function isUnrelatedToDevice(error: PlatformError | undefined): boolean {
  return error !== undefined && !isPlatformError(error, "offline", "not-found", "unsupported");
}
