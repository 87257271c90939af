import { isPlainObject, toJsonValue } from "../../core/encoding";
import { inputError } from "../../core/errors";

/**
 * Methods that would take a device out of its owner's hands: reset it, bind it to another account or network, replace its
 * firmware or identity, or take the sensors off a hub. They are refused even in raw commands.
 */
const FORBIDDEN_METHOD =
  /^(reset|bind|unbind|set_server_url|set_stainfo|download_firmware|flash_firmware|set_device_id|set_hw_id|set_mac_addr|set_test_mode|test_check_uboot|device_reset|set_qs_info|set_inherit_info|fw_download|remove_child_device(_list)?|(un)?bind_\w+)$/;

/**
 * Checks a command that a flow has written itself.
 * @throws `input` if it is not an object, or contains a forbidden method
 */
export function parseRawCommand(value: unknown): Record<string, unknown> {
  // Converted first, because a `toJSON` in it could change what is sent after the check.
  const command = isPlainObject(value) ? toJsonValue(value) : undefined;
  if (!isPlainObject(command)) {
    throw inputError(
      '"value" must be the device\'s own JSON, such as {"system": {"get_sysinfo": {}}} or {"method": "get_device_info"}.',
    );
  }
  const forbidden = findForbiddenMethod(command);
  if (forbidden !== undefined) {
    throw inputError(
      `"${forbidden}" could make the device unreachable or remove it from your account. Do it in the app of the device.`,
    );
  }
  return command;
}

// At any depth and in any case: a device's parser ignores the case of names, and reads them up to a NUL.
function findForbiddenMethod(command: object): string | undefined {
  const pending: object[] = [command];
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const [name, inner] of Object.entries(next)) {
      const isMethod = name.trim().toLowerCase() === "method" && typeof inner === "string";
      const method = [name, ...(isMethod ? [inner] : [])].find(isForbidden);
      if (method !== undefined) return method;
      if (typeof inner === "object" && inner !== null) pending.push(inner);
    }
  }
  return undefined;
}

function isForbidden(name: string): boolean {
  return FORBIDDEN_METHOD.test((name.split("\0", 1)[0] ?? "").trim().toLowerCase());
}
