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
  return toMacAddress(textIn(infoIn(response), "mac", "mic_mac", "ethernet_mac"));
}

/** What a response tells about the product. */
export function productIn(response: DeviceJson): Pick<LocalEndpoint, "deviceType" | "model"> {
  const fields = infoIn(response);
  return { deviceType: textIn(fields, "mic_type", "type"), model: textIn(fields, "model") };
}

/** The first text that is not empty of those with some names. */
function textIn(fields: DeviceJson, ...names: string[]): string {
  const text = names.map((name) => fields[name]).find((value) => typeof value === "string" && value !== "");
  return typeof text === "string" ? text.slice(0, MAX_TEXT_LENGTH) : "";
}

// Cameras nest their sysinfo once more.
function infoIn(response: DeviceJson): DeviceJson {
  return (
    fieldsOf(response, "system", "get_sysinfo", "system") ??
    fieldsOf(response, "system", "get_sysinfo") ??
    infoInBatch(response) ??
    fieldsOf(response, "result") ??
    {}
  );
}

/** What a device tells about itself among other things that it was asked for. */
function infoInBatch(response: DeviceJson): DeviceJson | undefined {
  const responses: unknown = fieldsOf(response, "result")?.["responses"];
  if (!Array.isArray(responses)) return undefined;
  const info: unknown = responses.find((one) => isPlainObject(one) && one["method"] === "get_device_info");
  return isPlainObject(info) ? fieldsOf(info, "result") : undefined;
}

function fieldsOf(value: DeviceJson, ...path: string[]): DeviceJson | undefined {
  const inner = path.reduce<unknown>((outer, name) => (isPlainObject(outer) ? outer[name] : undefined), value);
  return isPlainObject(inner) ? inner : undefined;
}
