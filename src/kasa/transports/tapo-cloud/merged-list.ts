import type { CallOptions } from "../../../core/call-context";
import { isPlatformError, PlatformError } from "../../../core/errors";
import { UNKNOWN_METHOD } from "../../cloud/error-codes";
import { parseListedDevice } from "../../cloud/listed-device";
import { isSmart, type Device } from "../../device";
import { decodeNickname } from "../../nickname";
import type { Thing, Things } from "./things";

/** The list of the first cloud. */
interface FirstCloud {
  fetchDevices(options: CallOptions): Promise<Device[]>;
}

/** The devices of both clouds, each of them once. */
export class MergedList {
  readonly #first: FirstCloud;
  readonly #things: Things;
  /** Said once, until it changes. */
  #warning = "";

  constructor(first: FirstCloud, things: Things) {
    this.#first = first;
    this.#things = things;
  }

  /** Fetches the devices. The caller may change them. */
  async fetchDevices(options: CallOptions): Promise<Device[]> {
    const devices = await this.#fetchFirst(options);
    const things = await this.#fetchThings(options);
    const merged = devices.map((device) => merge(device, things.get(device.deviceId.toLowerCase())));
    const known = new Set(devices.map(({ deviceId }) => deviceId.toLowerCase()));
    const others = [...things.values()].filter(
      (thing) => !known.has(thing.thingName.toLowerCase()) && !isOutlet(thing),
    );
    return [...merged, ...others.map((thing) => toDevice(thing))];
  }

  // The first cloud may have gone for good: all devices are in the second one as well (tapo-cloud.md section 5).
  async #fetchFirst(options: CallOptions): Promise<Device[]> {
    try {
      return await this.#first.fetchDevices(options);
    } catch (error) {
      const isGone = isPlatformError(error, "unsupported") && error.details.vendorCode === UNKNOWN_METHOD;
      if (!isGone || (await this.#things.list(options)).size === 0) throw error;
      return [];
    }
  }

  // The devices of the first cloud must not suffer from the second one.
  async #fetchThings(options: CallOptions): Promise<ReadonlyMap<string, Thing>> {
    try {
      // What it sends is not what the message is about.
      const things = await this.#things.list({ signal: options.signal });
      this.#warning = "";
      return things;
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
      const warning = `The Tapo and newer Kasa devices cannot be listed. ${error.message}`;
      if (warning !== this.#warning) options.warn?.(warning);
      this.#warning = warning;
      return new Map();
    }
  }
}

// The first cloud says of each Tapo device that it is offline, and names a server of its own (kasa.md section 0.5).
function merge(device: Device, thing: Thing | undefined): Device {
  if (!isSmart(device)) return device;
  return thing ? { ...device, ...toDevice(thing, device) } : { ...device, supported: isDriven(device) };
}

function toDevice(thing: Thing, listed?: Device): Device {
  const { thingName, deviceType, model, deviceName, nickname, status, mac, fwVer, hwVer, server, parent } = thing;
  const { role, familyId, roomId, category } = thing;
  const parsed = parseListedDevice({
    deviceId: listed?.deviceId ?? thingName,
    deviceType: deviceType || (listed?.deviceType ?? ""),
    deviceModel: model || (listed?.deviceModel ?? ""),
    deviceName: deviceName || (listed?.deviceName ?? ""),
    alias: decodeNickname(nickname) || (listed?.alias ?? ""),
    status,
    appServerUrl: server.origin,
  });
  const device = /\bpowerstrip$/i.test(category) ? { ...parsed, kind: "strip" as const } : parsed;
  return {
    ...device,
    supported: isDriven(device),
    category,
    ...(mac !== undefined && { deviceMac: mac }),
    ...(fwVer !== undefined && { fwVer }),
    ...(hwVer !== undefined && { deviceHwVer: hwVer }),
    ...(role !== undefined && { role }),
    ...(familyId !== undefined && { familyId }),
    ...(roomId !== undefined && { roomId }),
    ...(parent && { parentId: parent.thingName }),
  };
}

/** Cameras, locks and the like are listed and left alone; sensors are read through their hub. */
const DRIVEN: ReadonlySet<string> = new Set(["plug", "strip", "dimmer", "bulb", "lightstrip", "hub"]);

function isDriven({ kind }: Device): boolean {
  return DRIVEN.has(kind);
}

/** An outlet belongs to its strip, as in the first cloud. The sensors of a hub stand for themselves. */
function isOutlet({ parent, category, isSubThing }: Thing): boolean {
  return /sub-plug$/i.test(category) || (isSubThing && /strip$/i.test(parent?.category ?? ""));
}
