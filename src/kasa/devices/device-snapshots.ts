import type { CallTrace } from "../../core/call-context";
import { isPlatformError, type PlatformError } from "../../core/errors";
import type { Device, DeviceState } from "../device";
import type { DeviceSnapshot } from "./device-events";
import { normalizeName } from "./device-lookup";

/** More devices, outlets and sensors than anybody has: beyond, those that are left out are forgotten. */
const MAX_ITEMS = 10_000;

/** What a poll returned, by id: devices, and beside them their outlets and sensors. */
export type Snapshot = ReadonlyMap<string, DeviceSnapshot>;

/** The response of one device. */
export interface Reading {
  device: Device;
  state?: DeviceState;
  error?: PlatformError;
  /** Left out where the device was not asked, because the others failed. */
  trace?: CallTrace;
}

/** The devices of a snapshot that a list no longer has. */
export function findUnlisted(listed: readonly Device[], previous: Snapshot): Device[] {
  // On the local network a device is known by its MAC until it has told its id.
  const ids = new Set(listed.flatMap(({ deviceId, deviceMac }) => [deviceId, deviceMac]));
  return [...previous.values()].flatMap(({ device, part }) => (part || ids.has(device.deviceId) ? [] : [device]));
}

/**
 * The devices after a poll. One whose response is unclear keeps its state: only the cloud's own word makes it offline.
 * @param unlisted those that the list no longer has
 */
export function nextSnapshot(
  devices: readonly Device[],
  readings: readonly Reading[],
  previous: Snapshot,
  unlisted: ReadonlySet<Device>,
): Map<string, DeviceSnapshot> {
  const readingsById = new Map(readings.map((reading) => [reading.device.deviceId, reading]));
  const current = new Map<string, DeviceSnapshot>();
  for (const device of devices) {
    const before = previous.get(device.deviceId);
    const { state, error } = readingsById.get(device.deviceId) ?? {};
    if (state) current.set(device.deviceId, { device, online: true, state });
    else if (unlisted.has(device) && isPlatformError(error, "not-found", "forbidden")) continue;
    else if (isPlatformError(error, "offline", "not-found"))
      current.set(device.deviceId, { device, online: false, state: before?.state });
    else if (before) current.set(device.deviceId, before);
    else if (error) current.set(device.deviceId, { device, online: undefined });
  }
  return current;
}

/** The devices of the outlets and sensors that a filter names, also of those that are missing from the last response. */
export function findOwners(filter: ReadonlySet<string>, snapshot: Snapshot): Set<string> {
  const owners = new Set<string>();
  for (const [id, { device, part, state }] of snapshot) {
    const outlet = part === "outlet" ? state?.outlets?.find((one) => one.id === id)?.alias : undefined;
    const name = outlet ?? state?.sensors?.find((one) => one.id === id)?.name ?? "";
    if (part && [id, name].some((one) => filter.has(normalizeName(one)))) owners.add(device.deviceId);
  }
  return owners;
}

/**
 * Adds the outlets and sensors, which are compared one by one. If a strip is read for the first time but was listed before,
 * its outlets are not new; nor is a sensor that its hub left out for a while.
 */
export function withParts(current: Snapshot, previous: Snapshot): Snapshot {
  const all = new Map(current);
  for (const [id, device] of current) {
    const before = previous.get(id);
    const online = before && !before.state ? undefined : device.online;
    for (const outlet of device.state?.outlets ?? []) all.set(outlet.id, { ...device, part: "outlet", online });
    for (const sensor of device.state?.sensors ?? []) all.set(sensor.id, { ...device, part: "sensor", online });
  }
  for (const [id, before] of previous)
    if (before.part && !all.has(id) && current.has(before.device.deviceId) && all.size < MAX_ITEMS) all.set(id, before);
  return all;
}
