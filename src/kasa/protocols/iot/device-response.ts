import { errorFromDeviceCode } from "../../cloud/error-codes";

/** A device's own answer: module → method → what it says. */
export type DeviceResponse = Record<string, unknown>;

/**
 * What a device answers to one method.
 * It puts its err_code on the module or on the method (kasa.md section 3).
 * @throws what the code means
 */
export function parseMethodResult(answer: DeviceResponse, module: string, method: string): unknown {
  const ofModule = answer[module];
  const ofMethod = isObject(ofModule) ? ofModule[method] : undefined;
  for (const part of [ofModule, ofMethod]) {
    if (isObject(part) && typeof part["err_code"] === "number" && part["err_code"] !== 0)
      throw errorFromDeviceCode(part["err_code"]);
  }
  return ofMethod;
}

/** Whether a value is an object with names. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
