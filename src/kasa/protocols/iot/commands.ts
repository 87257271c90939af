import { isPlainObject, toJsonValue } from "../../../core/encoding";
import { inputError } from "../../../core/errors";
import type { Outlet } from "../../device";
import type { DeviceCommand } from "./device-command";

const GET_SYSINFO = { get_sysinfo: {} };

export const SYSINFO_COMMAND: DeviceCommand = { system: GET_SYSINFO };

/**
 * Methods that would take a device out of its owner's hands: reset it, bind it to another account or network, replace its
 * firmware or identity. They are refused even in raw commands.
 */
const FORBIDDEN_METHOD =
  /^(reset|bind|unbind|set_server_url|set_stainfo|download_firmware|flash_firmware|set_device_id|set_hw_id|set_mac_addr|set_test_mode|test_check_uboot)$/;

/** Asks for the sysinfo in the same request. */
export function withSysinfo(command: DeviceCommand): DeviceCommand {
  return { ...command, system: { ...command["system"], ...GET_SYSINFO } };
}

/** Addresses a command to some outlets of a strip; undefined = the whole device. */
export function forOutlets(outlets: readonly (Outlet | undefined)[], command: object): object {
  const ids = outlets.flatMap((outlet) => outlet?.id ?? []);
  return ids.length > 0 ? { context: { child_ids: ids }, ...command } : command;
}

/** @param outlets as they shall be */
export function buildRestoreCommands(
  outlets: readonly Outlet[],
  led: boolean | undefined,
): { command: DeviceCommand; outlets: Outlet[] }[] {
  const commands = [true, false].map((on) => ({
    command: { system: { set_relay_state: { state: Number(on) } } },
    outlets: outlets.filter((outlet) => outlet.on === on),
  }));
  const ledCommand = { command: { system: { set_led_off: { off: Number(!led) } } }, outlets: [] };
  return [...commands.filter((one) => one.outlets.length > 0), ...(led === undefined ? [] : [ledCommand])];
}

/** @param module see `Family.system` */
export function buildRebootCommand(module: string): DeviceCommand {
  return { [module]: { reboot: { delay: 1 } } };
}

/** @param module see `Family.meter` */
export function buildEnergyCommand(module: string): DeviceCommand {
  return { [module]: { get_realtime: {} } };
}

/**
 * Checks a command that a flow has written itself.
 * @throws `input` if it is not an object, or contains a forbidden method
 */
export function parseRawCommand(value: unknown): object {
  // Converted first, because a `toJSON` in it could change what is sent after the check.
  const command = isPlainObject(value) ? toJsonValue(value) : undefined;
  if (!isPlainObject(command)) {
    throw inputError('"value" must be the device\'s own JSON, such as {"system": {"get_sysinfo": {}}}.');
  }
  const forbidden = findForbiddenMethod(command);
  if (forbidden !== undefined) {
    throw inputError(`"${forbidden}" would take the device out of your hands. Use the Kasa app for that.`);
  }
  return command;
}

// At any depth and in any case: a device's parser ignores the case of names, and reads them up to a NUL.
function findForbiddenMethod(command: object): string | undefined {
  const pending: object[] = [command];
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const [name, inner] of Object.entries(next)) {
      if (FORBIDDEN_METHOD.test((name.split("\0", 1)[0] ?? "").trim().toLowerCase())) return name;
      if (typeof inner === "object" && inner !== null) pending.push(inner);
    }
  }
  return undefined;
}
