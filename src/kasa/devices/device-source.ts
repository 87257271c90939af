import { setOperation as nameCall, type CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlatformError, PlatformError } from "../../core/errors";
import type { ChangeEvent, PollSource } from "../../polling/types";
import type { Device, DeviceState } from "./device";
import { diffDevice, type DeviceSnapshot } from "./device-events";
import { normalizeName } from "./device-lookup";

/** How a watch reaches the account. */
export interface DeviceSourceApi {
  fetchDevices: (options: CallOptions) => Promise<Device[]>;
  fetchState: (device: Device, options: CallOptions) => Promise<DeviceState>;
}

/** The cloud blocks clients that read the list too often: twice an hour is what others live with (kasa.md section 4). */
const LIST_AGAIN_MS = 1_800_000;
/** Something that has gone missing is looked for in the list earlier, but no sooner than this after the last time. */
const SEARCH_AGAIN_MS = 300_000;
/** No numbers are published: this makes 20 requests a minute, as ten devices every 30 s do (kasa.md section 4). */
const MS_PER_DEVICE = 3000;
/** Fewer than the transport lets through, so that a long look leaves room for messages. */
const SIDE_BY_SIDE = 4;
/** The device did not answer the cloud in time: worth asking once more before it counts (kasa.md section 3). */
const NO_ANSWER = -20002;

/** The devices of an account, looked at again and again; of those that nobody watches, none is asked. */
export class DeviceSource implements PollSource<DeviceSnapshot> {
  readonly #reach: DeviceSourceApi;
  readonly #clock: Clock;
  #list: { devices: Device[]; at: number } | undefined;
  #known: ReadonlyMap<string, DeviceSnapshot> = new Map();
  /** The last states of all that was ever asked: they tell what devices and outlets are called. */
  readonly #states = new Map<string, DeviceState>();
  /** Cameras and the like: nothing in them switches, so they are left alone until the list is read again. */
  readonly #stateless = new Set<string>();
  /** Ids that are not reached and names that mean nothing… */
  #missing: ReadonlySet<string> = new Set();
  /** …and those of them that a list was read for already. */
  #sought: ReadonlySet<string> = new Set();
  /** Names of a filter that have meant something: what is gone afterwards is news, no mistake in the filter. */
  readonly #found = new Set<string>();
  #asked = 0;

  constructor(reach: DeviceSourceApi, clock: Clock) {
    this.#reach = reach;
    this.#clock = clock;
  }

  /** @throws `not-found` or `unsupported` when the names mean nothing that can be watched */
  async poll(
    wanted: ReadonlySet<string> | undefined,
    _previous: unknown,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, DeviceSnapshot>> {
    const devices = await this.#devices(options);
    nameCall("state", options);
    const supported = devices.filter((device) => device.supported);
    const unknown = wanted ? this.#unknown(supported, wanted) : [];
    // A name that nobody has may be an outlet's, of a strip that was never read.
    const perhaps = ({ deviceId, kind }: Device): boolean =>
      unknown.length > 0 && kind === "strip" && !this.#states.has(deviceId);
    const asked = supported.filter(
      (device) =>
        (!wanted || this.#isMeant(device, wanted) || perhaps(device)) && !this.#stateless.has(device.deviceId),
    );
    this.#asked = asked.length;

    const readings = await this.#readAll(asked, options);
    const followed = supported.filter(
      (device) => !wanted || this.#known.has(device.deviceId) || this.#isMeant(device, wanted),
    );
    const before = this.#known;
    this.#known = this.#renewed(followed, readings);
    const gone = readings.flatMap(({ device, error }) => (isMissing(error) ? [device.deviceId] : []));
    this.#missing = new Set([...gone, ...(wanted ? this.#unknown(supported, wanted) : [])]);
    this.#sought = new Set([...this.#sought].filter((one) => this.#missing.has(one)));
    if (wanted) this.#checkAny(devices, wanted);
    return withOutlets(this.#known, before);
  }

  diff(before: DeviceSnapshot | undefined, after: DeviceSnapshot | undefined, id: string): ChangeEvent[] {
    return diffDevice(before, after, id);
  }

  /** What the cloud bears: the more devices are watched, the more rarely. */
  minIntervalMs(): number {
    return this.#asked * MS_PER_DEVICE;
  }

  async #devices(options: CallOptions): Promise<Device[]> {
    const age = this.#list ? this.#clock.now() - this.#list.at : Infinity;
    const lost = [...this.#missing].some((one) => !this.#sought.has(one));
    // A clock that was set back must not keep an old list for ever.
    if (this.#list && age >= 0 && age < (lost ? SEARCH_AGAIN_MS : LIST_AGAIN_MS)) return this.#list.devices;
    const devices = await this.#reach.fetchDevices(options);
    this.#list = { devices, at: this.#clock.now() };
    this.#sought = this.#missing;
    this.#stateless.clear();
    return devices;
  }

  // In small groups: a cloud that answers for none of the first is not asked for all the others too, and a message need not
  // wait for all of them.
  async #readAll(devices: readonly Device[], options: CallOptions): Promise<Reading[]> {
    const readings: Reading[] = [];
    for (let first = 0; first < devices.length; first += SIDE_BY_SIDE) {
      const group = devices.slice(first, first + SIDE_BY_SIDE);
      readings.push(...(await Promise.all(group.map((device) => this.#read(device, options)))));
      const outage =
        readings.find(({ error }) => isOfTheAccount(error)) ??
        (readings.every(({ error }) => isUnclear(error)) ? readings[0] : undefined);
      if (outage?.error) throw outage.error;
      await options.yieldSlot?.();
      options.signal?.throwIfAborted();
    }
    return readings;
  }

  async #read(device: Device, options: CallOptions, again = true): Promise<Reading> {
    try {
      const state = await this.#reach.fetchState(device, options);
      this.#states.set(device.deviceId, state);
      return { device, state };
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      if (again && error.details.vendorCode === NO_ANSWER) return this.#read(device, options, false);
      if (error.code === "unsupported") this.#stateless.add(device.deviceId);
      return { device, error };
    }
  }

  // One that could not be read stays as it was: only the cloud's own word makes it offline.
  #renewed(devices: readonly Device[], readings: readonly Reading[]): Map<string, DeviceSnapshot> {
    const read = new Map(readings.map((reading) => [reading.device.deviceId, reading]));
    const renewed = new Map<string, DeviceSnapshot>();
    for (const device of devices) {
      const known = this.#known.get(device.deviceId);
      const { state, error } = read.get(device.deviceId) ?? {};
      if (state) renewed.set(device.deviceId, { device, isOutlet: false, online: true, state });
      else if (isPlatformError(error, "offline", "not-found"))
        renewed.set(device.deviceId, { device, isOutlet: false, online: false, state: known?.state });
      else if (known) renewed.set(device.deviceId, known);
      else if (error) renewed.set(device.deviceId, { device, isOutlet: false, online: undefined });
    }
    return renewed;
  }

  /** The names that mean none of these devices, as far as is known. */
  #unknown(devices: readonly Device[], wanted: ReadonlySet<string>): string[] {
    const names = new Set(devices.flatMap((device) => this.#namesOf(device)));
    return [...wanted].filter((one) => !names.has(one));
  }

  #isMeant(device: Device, wanted: ReadonlySet<string>): boolean {
    return this.#namesOf(device).some((one) => wanted.has(one));
  }

  // A device's own, or those of an outlet of it.
  #namesOf({ deviceId, alias }: Device): string[] {
    const state = this.#states.get(deviceId);
    const outlets = state?.outlets?.flatMap((outlet) => [outlet.id, outlet.alias]) ?? [];
    return [deviceId, alias, state?.alias ?? alias, ...outlets].map(normalizeName);
  }

  #checkAny(devices: readonly Device[], wanted: ReadonlySet<string>): void {
    const meant = devices.filter((device) => this.#isMeant(device, wanted));
    const watched = meant.filter(({ deviceId, supported }) => supported && !this.#stateless.has(deviceId));
    for (const name of watched.flatMap((device) => this.#namesOf(device))) if (wanted.has(name)) this.#found.add(name);
    if ([...wanted].some((name) => this.#found.has(name))) return;

    if (meant.length > 0)
      throw new PlatformError(
        "unsupported",
        "Nothing that is watched has a state that Kasa's cloud can tell: it is no plug and no light, or a Tapo device.",
      );
    const names = [...wanted].slice(0, 3).map((one) => `"${one.slice(0, 40)}"`);
    throw new PlatformError("not-found", `The account has no device ${names.join(" or ")}. Check the filter.`);
  }
}

// Each outlet is compared by itself. Of a strip that is readable at last they were there before: they come silently.
function withOutlets(
  known: ReadonlyMap<string, DeviceSnapshot>,
  before: ReadonlyMap<string, DeviceSnapshot>,
): ReadonlyMap<string, DeviceSnapshot> {
  const all = new Map(known);
  for (const [id, strip] of known) {
    const was = before.get(id);
    const online = was && !was.state ? undefined : strip.online;
    for (const outlet of strip.state?.outlets ?? []) all.set(outlet.id, { ...strip, isOutlet: true, online });
  }
  return all;
}

interface Reading {
  device: Device;
  state?: DeviceState;
  error?: PlatformError;
}

function isMissing(error: PlatformError | undefined): boolean {
  return isPlatformError(error, "offline", "not-found", "forbidden");
}

// Whichever device was asked; a gateway that is busy (HTTP 503) may be one device's own.
function isOfTheAccount(error: PlatformError | undefined): boolean {
  if (isPlatformError(error, "busy")) return error.details.statusCode !== 503;
  return isPlatformError(error, "sign-in", "config", "tls", "cancelled");
}

/** Whether a failure says nothing of the device itself. */
function isUnclear(error: PlatformError | undefined): boolean {
  return error !== undefined && !isPlatformError(error, "offline", "not-found", "unsupported");
}
