import { isDeepStrictEqual } from "node:util";
import { isPlainObject } from "../../../core/encoding";
import { isPlatformError, PlatformError } from "../../../core/errors";
import { parseAs, protocolError } from "../../../http/response";
import { RequestNotSentError, type Effect } from "../../../http/retry";
import type { Send } from "../device-protocol";
import type { SmartFirmware } from "./smart-firmware";
import { SmartInfo } from "./smart-info";
import { parseResult, sendSmartRequest, type Result, type SmartRequest } from "./smart-request";

const GET_INFO = { method: "get_device_info" };

export async function fetchInfo(send: Send): Promise<SmartInfo> {
  return parseAs(SmartInfo, await sendSmartRequest(GET_INFO, "read", send));
}

/**
 * Fetches the info of a device. The first time it is asked for its components in the same request, if it is on the local
 * network: that shows whether it carries out several requests that come as one (kasa-local.md section 8).
 */
export async function fetchInfoAndLearn(firmware: SmartFirmware, send: Send): Promise<SmartInfo> {
  if (firmware.takesBatches !== undefined || !send.locally) return fetchInfo(send);
  const requests = [GET_INFO, { method: "component_nego" }];
  const responses = await sendBatch(requests, "read", send).catch((error) => unlessCancelled(error) ?? []);
  if (!responses) return fetchInfo(send); // it is not reached there at present
  const learnt = responses[0] && parseIfAny(responses[0]);
  const info = learnt ?? (await fetchInfo(send));
  // One that does not answer one question either has shown nothing.
  firmware.takesBatches = learnt !== undefined && responses.length === requests.length;
  return info;
}

/**
 * Changes a device and reads it back in one request, if it has shown that it takes several at once.
 * @returns what the device says afterwards, if it does; undefined where nothing was sent
 * @throws what the device refuses, as if it had been asked for each by itself
 */
export async function changeAtOnce(
  requests: readonly SmartRequest[],
  firmware: SmartFirmware,
  send: Send,
): Promise<{ info: SmartInfo | undefined } | undefined> {
  if (!firmware.takesBatches || requests.length === 0) return undefined;
  let responses: Result[] | undefined;
  try {
    const changes = requests.map(({ method, params }) => ({ method, params }));
    responses = await sendBatch([...changes, GET_INFO], "write", send);
    if (!responses) return undefined;
    checkComplete(requests, responses);
  } catch (error) {
    const isUnclear = isPlatformError(error, "protocol") || vendorCodeOf(error) !== undefined;
    if (!isUnclear || error instanceof RequestNotSentError) throw error;
    firmware.takesBatches = false;
    return { info: await readBack(requests, send, error) };
  }
  for (const response of responses.slice(0, requests.length)) parseResult(response);
  return { info: parseIfAny(responses[requests.length] ?? {}) };
}

// A device stops at the first error.
function checkComplete(requests: readonly SmartRequest[], responses: readonly Result[]): void {
  const failed = responses.findIndex(({ error_code: code }) => code !== 0);
  const expected = failed < 0 ? requests : requests.slice(0, failed + 1);
  if (!expected.every(({ method }, index) => responses[index] && (responses[index]["method"] ?? method) === method))
    throw protocolError("It has no response to the change in it.");
}

// Whether the device has acted is not known, so it is asked what it does now, and told nothing again.
async function readBack(requests: readonly SmartRequest[], send: Send, failure: unknown): Promise<SmartInfo> {
  const info = await fetchInfo(send).catch(unlessCancelled);
  const isDone = ({ reported }: SmartRequest): boolean =>
    Object.entries(reported).every(([key, value]) => isDeepStrictEqual(info?.[key], value));
  if (info && requests.every(isDone)) return info;
  const outcome = info ? "The device did not carry it out." : "Whether it was carried out is not known.";
  const vendorCode = vendorCodeOf(failure);
  throw new PlatformError(
    "protocol",
    `The device no longer takes a change and a question together. ${outcome} The next message will send one after the other. (${vendorCode ?? "unreadable"})`,
    vendorCode === undefined ? {} : { vendorCode },
  );
}

/** @returns undefined where nothing was sent: through a cloud, several requests at once are not documented */
async function sendBatch(requests: readonly object[], effect: Effect, send: Send): Promise<Result[] | undefined> {
  const response = await send.locally?.({ method: "multipleRequest", params: { requests } }, effect);
  if (!response) return undefined;
  const { responses } = parseResult(response);
  if (Array.isArray(responses) && responses.every(isPlainObject)) return responses;
  throw protocolError("It has no responses in it.");
}

function parseIfAny(response: Result): SmartInfo | undefined {
  return response["error_code"] === 0 ? SmartInfo.safeParse(response["result"]).data : undefined;
}

function unlessCancelled(error: unknown): undefined {
  if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
}

function vendorCodeOf(error: unknown): PlatformError["details"]["vendorCode"] {
  return error instanceof PlatformError ? error.details.vendorCode : undefined;
}
