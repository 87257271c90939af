import { isPlainObject } from "../../../core/encoding";
import { inputError } from "../../../core/errors";
import type { Shadow } from "./schemas";
import type { Thing } from "./things";

/** An object of JSON. */
export type Keys = Record<string, unknown>;

/** A request in the words of SMART devices. */
export interface SmartRequest {
  method: string;
  params: Keys;
}

/** The result of a device that does not know a method (tapo-cloud.md section 8). */
export const UNKNOWN_METHOD = { error_code: -1002 };

/** The response of a device that has done what it was asked for. */
export function success(result?: Keys): Keys {
  return { error_code: 0, ...(result && { result }) };
}

/** The parameters of `set_device_info` as a wish: a shadow has the same keys, but for one (tapo-cloud.md section 5). */
export function toDesired({ device_on: on, ...rest }: Keys): Keys {
  return on === undefined ? rest : { on, ...rest };
}

/** What a device would tell about itself, from what it has reported. */
export function toDeviceInfo(thing: Thing, shadow: Shadow | undefined): Keys {
  const { on, ...rest } = shadow?.state.reported ?? {};
  const { thingName, deviceType, model, category, nickname, position, slotNumber } = thing;
  return {
    device_id: thingName,
    type: deviceType,
    model,
    category,
    nickname,
    ...(position !== undefined && { position }),
    ...(slotNumber !== undefined && { slot_number: slotNumber }),
    ...rest,
    ...(on !== undefined && { device_on: on }),
  };
}

/** @throws `input` for a command without a method */
export function toRequest(command: object): SmartRequest {
  const { method, params } = command as { method?: unknown; params?: unknown };
  if (typeof method === "string" && method) return { method, params: isPlainObject(params) ? params : {} };
  throw inputError('A command for this device must be an object such as {"method": "get_device_info"}.');
}

/** What takes a device out of its owner's hands. */
const DESTRUCTIVE = /(?<!p)reset|unbind|factory|wipe|remove_child/i;

/** Deeper values are refused when they are serialized. */
const MAX_DEPTH = 100;

/**
 * Looks in any depth, and into JSON as text: requests may hold others, for a child or several at once.
 * @throws `input` for a command that resets or unbinds a device
 */
export function refuseDestruction(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
  for (const [key, child] of Object.entries(value)) {
    const isRequest = typeof child === "string" && (key === "method" || child.includes("{"));
    if (DESTRUCTIVE.test(key) || (isRequest && DESTRUCTIVE.test(child)))
      throw inputError("This would reset or unbind the device, which is never sent. Use TP-Link's app for it.");
    refuseDestruction(child, depth + 1);
  }
}
