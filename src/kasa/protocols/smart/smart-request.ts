import { isPlainObject } from "../../../core/encoding";
import { isPlatformError, PlatformError } from "../../../core/errors";
import { toNumber } from "../../../core/scalar";
import { protocolError } from "../../../http/response";
import type { Effect } from "../../../http/retry";
import type { Outlet } from "../../device";
import type { Send } from "../device-protocol";
import { errorFromSmartCode } from "./error-codes";
import type { SmartInfo } from "./smart-info";

/** What a device answers. */
export type Result = Readonly<Record<string, unknown>>;

/** What a device is told. */
export interface SmartRequest {
  method: string;
  params: Readonly<Record<string, unknown>>;
  /** What the info of the device says once it has carried this out. */
  reported: Partial<SmartInfo>;
}

/**
 * Sends a request and returns its result, which is empty where a method only sets something.
 * @param childId of the outlet that is asked; undefined = the device itself
 * @throws what the `error_code` of the device, or of the outlet, means
 */
export async function sendSmartRequest(
  { method, params }: { method: string; params?: Readonly<Record<string, unknown>> | undefined },
  effect: Effect,
  send: Send,
  childId?: string,
): Promise<Result> {
  // Some methods refuse parameters of null (kasa-local.md section 8).
  const request = params ? { method, params } : { method };
  if (childId === undefined) return parseResult(await send(request, effect));
  const { responseData } = parseResult(await send(forChild(request, childId), effect));
  if (isPlainObject(responseData)) return parseResult(responseData);
  throw protocolError("The outlet is not mentioned in it: whether it has acted is unknown.");
}

/**
 * Asks for something that not every device of its kind has.
 * @returns undefined where the device does not have it
 */
export async function askIfSupported(method: string, send: Send, childId?: string): Promise<Result | undefined> {
  try {
    return await sendSmartRequest({ method }, "read", send, childId);
  } catch (error) {
    if (isPlatformError(error, "unsupported", "input")) return undefined;
    throw error;
  }
}

/**
 * Whether it is the device itself that does not have a method. A cloud between it and us passes on a part of them only, and
 * the device may be reached on the local network later.
 */
export async function isMissing(method: string, { locally }: Send, childId?: string): Promise<boolean> {
  if (!locally) return true;
  const send: Send = async (command, effect) => (await locally(command, effect)) ?? {};
  try {
    return (await askIfSupported(method, send, childId)) === undefined;
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
    return false;
  }
}

/** The pages of a list, from any number of entries to all; more than this is no list of children. */
const MAX_ENTRIES = 256;

/** Fetches a list that a device hands out in pages (kasa-local.md section 8). */
export async function fetchSmartList(method: string, name: string, send: Send, childId?: string): Promise<unknown[]> {
  const entries: unknown[] = [];
  for (;;) {
    const params = { start_index: entries.length };
    const { [name]: page, sum } = await sendSmartRequest({ method, params }, "read", send, childId);
    if (!Array.isArray(page)) throw protocolError(`It has no ${name} in it.`);
    entries.push(...(page as unknown[]).slice(0, MAX_ENTRIES - entries.length));
    const isComplete = typeof sum !== "number" || entries.length >= sum || entries.length >= MAX_ENTRIES;
    if (isComplete || page.length === 0) return entries;
  }
}

/**
 * A command that a flow has written itself: `{"method", "params"}`, or in short `{"get_device_info": {}}`. Several methods
 * in the short form become a `multipleRequest`.
 */
export function toSmartRawCommand(command: Result, outlet: Outlet | undefined): object {
  const request = typeof command["method"] === "string" ? command : fromShortForm(command);
  return outlet ? forChild(request, outlet.id) : request;
}

function fromShortForm(command: Result): object {
  const requests = Object.entries(command).map(([method, params]) =>
    isPlainObject(params) && Object.keys(params).length > 0 ? { method, params } : { method },
  );
  return requests.length === 1 ? (requests[0] as object) : { method: "multipleRequest", params: { requests } };
}

function forChild(requestData: object, deviceId: string): object {
  return { method: "control_child", params: { device_id: deviceId, requestData } };
}

/** The result of a response. @throws what its `error_code` means */
export function parseResult({ error_code, result }: Result): Result {
  const code = toNumber(error_code);
  if (Number.isNaN(code)) throw protocolError("It has no error_code in it.");
  if (code !== 0) throw errorFromSmartCode(code);
  return isPlainObject(result) ? result : {};
}
