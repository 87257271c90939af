import type { Outlet } from "../../device";
import type { DeviceCommand } from "./device-command";

const GET_SYSINFO = { get_sysinfo: {} };

export const SYSINFO_COMMAND: DeviceCommand = { system: GET_SYSINFO };

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
