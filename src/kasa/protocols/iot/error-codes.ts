import { PlatformError } from "../../../core/errors";

/** Unknown modules and methods, of plugs, of lights and of cameras. */
const UNSUPPORTED_CODES = new Set([-1, -2, -2000, -2001, -10_008]);
const MAX_MESSAGE_LENGTH = 200;

/**
 * Translates the `err_code` of a device (kasa.md section 3, last paragraph).
 * @param message `err_msg`: the device's own words, if it has any
 */
export function errorFromDeviceCode(vendorCode: number, message: unknown): PlatformError {
  const vendorMessage = typeof message === "string" ? message.slice(0, MAX_MESSAGE_LENGTH) : "";
  const words = vendorMessage ? `: ${vendorMessage}` : "";
  const details = { vendorCode, ...(vendorMessage ? { vendorMessage } : {}) };
  return UNSUPPORTED_CODES.has(vendorCode)
    ? new PlatformError("unsupported", `The device cannot do this${words}. (${vendorCode})`, details)
    : new PlatformError("rejected", `The device declined${words}. (${vendorCode})`, details);
}
