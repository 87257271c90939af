import { PlatformError, type ErrorCode } from "../../../core/errors";

/** What the `error_code` of a device means (kasa-local.md section 8); any other is `rejected`. */
const CODES: Readonly<Record<number, readonly [code: ErrorCode, message: string]>> = {
  [-1002]: ["unsupported", "The device cannot do this."],
  [-1003]: ["unsupported", "The device does not understand the command."],
  [-1008]: ["input", "The device does not have this value, or it is out of its range."],
  [-1501]: ["sign-in", "The device does not accept the account on the local network."],
  [-1301]: ["busy", "The device fails at the moment, or gets too many commands. Try again."],
  [-1001]: ["busy", "The device fails at the moment. Try again."],
  1002: ["busy", "The device fails at the moment. Try again."],
  1112: ["busy", "The device fails at the moment. Try again."],
};

/** Translates the `error_code` of a response that is not 0. */
export function errorFromSmartCode(vendorCode: number): PlatformError {
  const [code, message] = CODES[vendorCode] ?? (["rejected", "The device declined."] as const);
  return new PlatformError(code, `${message} (${vendorCode})`, { vendorCode });
}
