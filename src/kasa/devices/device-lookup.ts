import { inputError } from "../../core/errors";
import type { Sysinfo } from "../cloud/schemas";
import { parseDeviceState, type Device, type DeviceState } from "./device";

/** One outlet of a strip. */
export type Outlet = NonNullable<DeviceState["outlets"]>[number];

/** A name as it is compared: the keyboards of phones leave a space behind that nobody sees. */
export function normalizeName(name: string): string {
  return name.trim().toLowerCase();
}

/**
 * The device of that id or alias.
 * @throws `input` where several have the alias, naming their ids
 */
export function findDevice(name: string, devices: Device[]): Device | undefined {
  const wanted = normalizeName(name);
  const byId = devices.find(({ deviceId }) => normalizeName(deviceId) === wanted);
  if (byId) return byId;
  const byAlias = devices.filter(({ alias }) => normalizeName(alias) === wanted);
  if (byAlias.length > 1) {
    throw inputError(
      `Several devices are called so. Use one of the ids: ${byAlias.map(({ deviceId }) => deviceId).join(", ")}.`,
    );
  }
  return byAlias[0];
}

/** @throws `input` for an outlet that is not there, naming those that are */
export function findOutlet(device: Device, sysinfo: Sysinfo, name: string): Outlet | undefined {
  if (!name) return undefined;
  const outlets = sysinfo.children ? (parseDeviceState(device, sysinfo).outlets ?? []) : [];
  if (outlets.length === 0) throw inputError("This device has no outlets of its own. Leave the outlet blank.");
  const wanted = normalizeName(name);
  const byId = outlets.find(({ id }) => normalizeName(id) === wanted);
  const byAlias = outlets.filter(({ alias }) => normalizeName(alias) === wanted);
  if (!byId && byAlias.length > 1)
    throw inputError(`Several outlets are called so. Use a number from 0 to ${outlets.length - 1}.`);
  const found = byId ?? byAlias[0] ?? (/^\d{1,2}$/.test(name) ? outlets[Number(name)] : undefined);
  if (found) return found;
  const names = outlets.map(({ alias }, index) => `${index} "${alias}"`).join(", ");
  throw inputError(`There is no outlet "${name.slice(0, 80)}". There are: ${names}.`);
}
