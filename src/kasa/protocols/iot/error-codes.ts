import { PlatformError } from "../../../core/errors";

/** Unknown modules and methods, of plugs and of lights. */
const UNSUPPORTED_CODES = new Set([-1, -2, -2000, -2001]);

/** Translates the `err_code` of a device (kasa.md section 3, last paragraph). */
export function errorFromDeviceCode(vendorCode: number): PlatformError {
  return UNSUPPORTED_CODES.has(vendorCode)
    ? new PlatformError("unsupported", `The device cannot do this. (${vendorCode})`, { vendorCode })
    : new PlatformError("rejected", `The device declined. (${vendorCode})`, { vendorCode });
}
