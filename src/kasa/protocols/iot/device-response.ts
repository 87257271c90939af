import { isPlainObject } from "../../../core/encoding";
import { PlatformError } from "../../../core/errors";
import { toNumber } from "../../../core/scalar";
import { parseAs, protocolError } from "../../../http/response";
import type { DeviceCommand } from "./device-command";
import { errorFromDeviceCode } from "./error-codes";
import { Sysinfo } from "./sysinfo";

/** The response of a device: module → method → result. */
export type DeviceResponse = Readonly<Record<string, unknown>>;

/**
 * The result of one method; undefined if the response does not contain it.
 * An `err_code` may be in the module or in the method (kasa.md section 3).
 * @throws what the code means
 */
export function parseMethodResult(response: DeviceResponse, module: string, method: string): unknown {
  const moduleResult = response[module];
  if (!isPlainObject(moduleResult)) return undefined;
  throwForErrorCode(moduleResult);
  const methodResult = moduleResult[method];
  if (isPlainObject(methodResult)) throwForErrorCode(methodResult);
  return methodResult;
}

/** The result of a method that not every device has; undefined where it is missing or refused. */
export function optionalResult(response: DeviceResponse, module: string, method: string): unknown {
  try {
    return parseMethodResult(response, module, method);
  } catch (error) {
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}

/**
 * The sysinfo in a response; undefined if there is none.
 * @throws `protocol` if it is invalid; what its `err_code` means
 */
export function parseSysinfo(response: DeviceResponse): Sysinfo | undefined {
  const result = parseMethodResult(response, "system", "get_sysinfo");
  return result === undefined ? undefined : parseAs(Sysinfo, result);
}

/**
 * Checks that a device has carried out all parts of a command.
 * @throws what the `err_code` of any part means; `protocol` if the response lacks one
 */
export function checkResponse(response: DeviceResponse, command: DeviceCommand): void {
  for (const [module, methods] of Object.entries(command)) {
    for (const method of Object.keys(methods)) {
      if (!isPlainObject(parseMethodResult(response, module, method))) {
        throw protocolError(`The device does not mention ${method} in it: whether it was carried out is unknown.`);
      }
    }
  }
}

function throwForErrorCode({ err_code, err_msg }: Record<string, unknown>): void {
  const code = toNumber(err_code);
  if (!Number.isNaN(code) && code !== 0) throw errorFromDeviceCode(code, err_msg);
}
