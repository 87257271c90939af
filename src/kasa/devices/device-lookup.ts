import { inputError } from "../../core/errors";
import type { Device, Outlet, Sensor } from "../device";
import type { DeviceSetting } from "../device-setting";

/** A name as it is compared: phone keyboards often leave a space at its end, which nobody sees. */
export function normalizeName(name: string): string {
  // Accents are written in two ways that look the same.
  return name.normalize().trim().toLowerCase();
}

/** Whether a name of a message is this one. */
export function hasName(name: string, own: string): boolean {
  return name === own || normalizeName(name) === normalizeName(own);
}

/** Whether a name of a message is the id of a device. */
export function isId(name: string, { deviceId }: Device): boolean {
  return hasName(name, deviceId);
}

/** The ids and names of what a device is made of. */
export function partNames({ outlets = [], sensors = [] }: Parts): string[] {
  return [...outlets.flatMap(({ id, alias }) => [id, alias]), ...sensors.flatMap(({ id, name }) => [id, name])];
}

interface Parts {
  readonly outlets?: readonly Outlet[] | undefined;
  readonly sensors?: readonly Sensor[] | undefined;
}

/** The devices of a list by their ids and their aliases, normalized. */
interface DeviceIndex {
  readonly ids: ReadonlyMap<string, Device>;
  readonly aliases: ReadonlyMap<string, readonly Device[]>;
}

/** Made once for each list: a message compares its name with those of all devices. */
const indexes = new WeakMap<readonly Device[], DeviceIndex>();

function indexOf(devices: readonly Device[]): DeviceIndex {
  const existing = indexes.get(devices);
  if (existing) return existing;
  // The first device of several with one id counts.
  const ids = new Map(devices.toReversed().map((device) => [normalizeName(device.deviceId), device]));
  const aliases = new Map<string, Device[]>();
  for (const device of devices) {
    const alias = normalizeName(device.alias);
    aliases.set(alias, [...(aliases.get(alias) ?? []), device]);
  }
  const index = { ids, aliases };
  indexes.set(devices, index);
  return index;
}

/**
 * Finds a device by its id or its alias.
 * @param devices a list that does not change
 * @throws `input` if several devices have the alias, naming their ids
 */
export function findDevice(name: string, devices: readonly Device[]): Device | undefined {
  const normalized = normalizeName(name);
  const { ids, aliases } = indexOf(devices);
  const byId = ids.get(normalized);
  if (byId) return byId;
  const byAlias = aliases.get(normalized) ?? [];
  if (byAlias.length > 1) {
    throw inputError(
      `Several devices have this name. Use one of the ids: ${byAlias.map(({ deviceId }) => deviceId).join(", ")}.`,
    );
  }
  return byAlias[0];
}

/**
 * Finds an outlet by its id, its alias, or its number from 0.
 * @param outlets of the device; undefined if it is not a strip
 * @param name blank = the whole device
 * @throws `input` if there is no such outlet, naming those that there are
 */
export function findOutlet(outlets: readonly Outlet[] | undefined, name: string): Outlet | undefined {
  if (!name) return undefined;
  if (!outlets?.length) throw inputError("This device has no separate outlets. Leave the outlet blank.");
  const normalized = normalizeName(name);
  const byId = outlets.find(({ id }) => normalizeName(id) === normalized);
  const byAlias = outlets.filter(({ alias }) => normalizeName(alias) === normalized);
  if (!byId && byAlias.length > 1)
    throw inputError(`Several outlets have this name. Use a number from 0 to ${outlets.length - 1}.`);
  const outlet = byId ?? byAlias[0] ?? (/^\d{1,2}$/.test(name) ? outlets[Number(name)] : undefined);
  if (outlet) return outlet;
  const names = outlets.map(({ alias }, index) => `${index} "${alias}"`).join(", ");
  throw inputError(`There is no outlet "${name.slice(0, 80)}". There are: ${names}.`);
}

/** Whether a name of an outlet means the same one whatever the outlets are called by now: blank, an id, or a number. */
export function isLastingName(name: string, outlets: readonly Outlet[] = []): boolean {
  if (!name || outlets.some(({ id }) => hasName(name, id))) return true;
  return /^\d{1,2}$/.test(name) && !outlets.some(({ alias }) => hasName(name, alias));
}

/**
 * A setting whose outlets have the IDs that the device has for them.
 * @throws `input` for an outlet that the device does not have
 */
export function withOutletIds(setting: DeviceSetting, outlets: readonly Outlet[] | undefined): DeviceSetting {
  if (!setting.outlets || !outlets) return setting;
  return {
    ...setting,
    outlets: setting.outlets.map(({ id, on }) => ({ id: findOutlet(outlets, id)?.id ?? id, on })),
  };
}
