import { isPlainObject } from "../../../core/encoding";
import { toMacAddress } from "../../../core/mac-address";
import type { DeviceJson } from "./connection";
import type { LocalProtocol } from "./endpoint";

/** Asks a device who it is. */
export const IDENTITY_COMMANDS: Readonly<Record<LocalProtocol, string>> = {
  iot: '{"system":{"get_sysinfo":{}}}',
  smart: '{"method":"get_device_info"}',
};

/** The MAC in a response; undefined where the response does not contain it. */
export function identityIn(response: DeviceJson): string | undefined {
  const fields = fieldsOf(response, "system", "get_sysinfo") ?? fieldsOf(response, "result") ?? {};
  const text = fields["mac"] ?? fields["mic_mac"] ?? fields["ethernet_mac"];
  return typeof text === "string" ? toMacAddress(text) : undefined;
}

function fieldsOf(value: DeviceJson, ...path: string[]): DeviceJson | undefined {
  const inner = path.reduce<unknown>((outer, name) => (isPlainObject(outer) ? outer[name] : undefined), value);
  return isPlainObject(inner) ? inner : undefined;
}
