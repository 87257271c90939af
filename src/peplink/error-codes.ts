import { PlatformError, type ErrorDetails } from "../core/errors";
import { errorFromStatus } from "../http/response";

/** The meaning of a failed response. */
export interface VendorError {
  /** Whether the token or the cookie was refused. */
  isInvalidToken: boolean;
  error: PlatformError;
}

/** Used where the router names no time: other clients of this API wait a second before they sign in again as well. */
const DEFAULT_RETRY_AFTER_MS = 1000;

/**
 * Translates a failed response. The vendor documents no table of codes, so the message decides (peplink.md section 1.5).
 * @param vendorMessage the router's own message, redacted
 * @param isAnyScope whether even a read-only client may call this endpoint
 */
export function errorFromResponse(
  vendorCode: number | undefined,
  vendorMessage: string,
  statusCode: number,
  isAnyScope: boolean,
): VendorError {
  const details: ErrorDetails = {
    statusCode,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(vendorMessage ? { vendorMessage } : {}),
  };
  if (vendorCode === 401 || statusCode === 401) {
    const error = isAnyScope
      ? new PlatformError(
          "sign-in",
          "The router refuses a session that it has just granted. Check the client or the user on the router.",
          details,
        )
      : new PlatformError(
          "forbidden",
          'The router does not let this client or user do that. It needs the scope "api", not "api.read-only".',
          details,
        );
    return { isInvalidToken: true, error };
  }
  return { isInvalidToken: false, error: errorFromMessage(vendorMessage, details) };
}

function errorFromMessage(message: string, details: ErrorDetails): PlatformError {
  const reason = message ? `: ${message}` : details.vendorCode === undefined ? "" : ` (${details.vendorCode})`;
  if (/unsupported request|unknown function/i.test(message)) {
    return new PlatformError(
      "unsupported",
      `This router or its firmware does not have this endpoint${reason}.`,
      details,
    );
  }
  if (/internal error|timeout|busy/i.test(message) && !/invalid|missing/i.test(message)) {
    return new PlatformError("busy", `The router cannot answer just now${reason}. Try again later.`, details);
  }
  const statusError = errorFromStatus(details.statusCode ?? 200);
  if (statusError) return new PlatformError(statusError.code, statusError.message, details);
  return new PlatformError("rejected", `The router declined${reason}. Check the endpoint's parameters.`, details);
}

/**
 * Translates a failed sign-in: credentials that were refused must not be sent again automatically.
 * @param credentials what was refused, for the sentence
 */
export function errorFromSignIn(error: PlatformError, credentials: string): PlatformError {
  // An internal error passes quickly (peplink.md section 1.5): no reason for the long pause after too many sign-ins.
  if (error.code === "busy" && error.details.vendorMessage)
    return new PlatformError("busy", error.message, { retryAfterMs: DEFAULT_RETRY_AFTER_MS, ...error.details });
  if (error.code !== "rejected" && error.code !== "sign-in" && error.code !== "forbidden") return error;
  const sentence = `The router refuses ${credentials}. Correct it in the config node; until then no further sign-in is tried.`;
  return new PlatformError("sign-in", sentence, error.details);
}
