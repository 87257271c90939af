import { isPlainObject } from "../../../core/encoding";
import { toMacAddress } from "../../../core/mac-address";
import type { DeviceJson } from "./connection";
import type { LocalEndpoint, LocalProtocol } from "./endpoint";

const MAX_TEXT_LENGTH = 128;

/** Asks a device who it is. */
export const IDENTITY_COMMANDS: Readonly<Record<LocalProtocol, string>> = {
  iot: '{"system":{"get_sysinfo":{}}}',
  smart: '{"method":"get_device_info"}',
};

/** The MAC in a response; undefined where the response does not contain it. */
export function identityIn(response: DeviceJson): string | undefined {
  const fields = infoIn(response);
  const text = fields["mac"] ?? fields["mic_mac"] ?? fields["ethernet_mac"];
  return typeof text === "string" ? toMacAddress(text) : undefined;
}

/** What a response tells about the product. */
export function productIn(response: DeviceJson): Pick<LocalEndpoint, "deviceType" | "model"> {
  const fields = infoIn(response);
  const textOf = (...names: string[]): string =>
    names.map((name) => fields[name]).find((value) => typeof value === "string") ?? "";
  return {
    deviceType: textOf("mic_type", "type").slice(0, MAX_TEXT_LENGTH),
    model: textOf("model").slice(0, MAX_TEXT_LENGTH),
  };
}

function infoIn(response: DeviceJson): DeviceJson {
  return fieldsOf(response, "system", "get_sysinfo") ?? fieldsOf(response, "result") ?? {};
}

function fieldsOf(value: DeviceJson, ...path: string[]): DeviceJson | undefined {
  const inner = path.reduce<unknown>((outer, name) => (isPlainObject(outer) ? outer[name] : undefined), value);
  return isPlainObject(inner) ? inner : undefined;
}
