import { InvalidTokenError, PlatformError, withoutRetry, type ErrorDetails } from "../../../core/errors";
import { redact } from "../../../core/redact";
import { errorFromStatus, parseJson, type HttpResponse } from "../../../http/response";
import type { Effect } from "../../../http/retry";
import { errorFromCode } from "../../cloud/error-codes";
import { ErrorBody } from "./schemas";

/** The shadow has a newer version than the one that a change was based on: nothing was changed. */
export class VersionConflictError extends PlatformError {
  constructor(
    readonly currentVersion: number,
    details: ErrorDetails,
  ) {
    super("busy", "Something else keeps changing this device at the same time. Send the message again.", details);
  }
}

const VERSION_CONFLICT = 11_000;
/** The device did not respond to the cloud within ten seconds. */
const DEVICE_SILENT = 12_202;

const CLOUD = "TP-Link's second cloud, which drives Tapo devices,";

/**
 * Parses a response.
 * @throws for one that is a refusal, whatever its spelling (tapo-cloud.md section 8)
 */
export function parseThingResponse(
  response: HttpResponse,
  effect: Effect,
  secrets: readonly (string | undefined)[],
): unknown {
  const { statusCode, text } = response;
  const json = statusCode < 400 ? parseJson(response) : parseIfJson(text);
  const body = ErrorBody.safeParse(json).data ?? {};
  const { error_code, errorCode, code } = body;
  const vendorCode = error_code || errorCode || code || 0;
  if (statusCode < 400 && vendorCode === 0) return json;
  const vendorMessage = redact(body.msg ?? body.message ?? (/^\s*[<{[]/.test(text) ? "" : text), secrets);
  const details: ErrorDetails = {
    statusCode,
    ...(vendorCode !== 0 && { vendorCode }),
    ...(vendorMessage && { vendorMessage }),
  };
  if (vendorCode === VERSION_CONFLICT && body.data) throw new VersionConflictError(body.data.curVersion, details);
  // A faulty app-cid is refused with the same status as a token; another token would not help.
  if ((statusCode === 401 || vendorCode === 401) && !/app-?cid/i.test(vendorMessage)) throw refusedToken(details);
  if (vendorCode < 0) {
    const { isInvalidToken, error } = errorFromCode(vendorCode, vendorMessage, statusCode);
    throw isInvalidToken ? refusedToken(error.details) : error;
  }
  if (statusCode === 408 || vendorCode === DEVICE_SILENT) {
    const silent = new PlatformError("offline", `The device did not respond to ${CLOUD} in time.`, details);
    throw effect === "write" ? withoutRetry(silent) : silent;
  }
  const meaning = statusCode === 401 ? "forbidden" : (errorFromStatus(statusCode)?.code ?? "rejected");
  const reason = vendorMessage ? `: ${vendorMessage.replace(/\.$/, "")}` : "";
  throw new PlatformError(meaning, `${CLOUD} declined${reason}. (${vendorCode || `HTTP ${statusCode}`})`, details);
}

function refusedToken(details: ErrorDetails): InvalidTokenError {
  const message = `${CLOUD} does not accept the session of this account.`;
  return new InvalidTokenError(new PlatformError("forbidden", message, details));
}

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
