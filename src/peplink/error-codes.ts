import {
  CredentialsRefusedError,
  mentionsCredentials,
  mentionsLock,
  PlatformError,
  type ErrorDetails,
} from "../core/errors";
import { errorFromStatus } from "../http/response";

/** The meaning of a failed response. */
export interface VendorError {
  /** Whether the token or the cookie was refused. */
  isInvalidToken: boolean;
  error: PlatformError;
  /** For the caller, where the router accepts a token for other endpoints. */
  forbidden?: PlatformError;
}

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
    const forbidden = new PlatformError(
      "forbidden",
      "The router does not let this client or user use this endpoint, although others work. Check its permissions on the router.",
      details,
    );
    return { isInvalidToken: true, error, forbidden: isAnyScope ? forbidden : error };
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

/** The code of refused credentials, and the one that is seen in its place at a login (peplink.md section 1.5). */
const REFUSED: ReadonlySet<number> = new Set([401, 301]);

/**
 * Translates a failed sign-in. A router that starts responds with all kinds of failures, so only a refusal that is about
 * the credentials counts as one.
 * @param credentials what was refused, for the sentence
 */
export function errorFromSignIn(error: PlatformError, credentials: string): PlatformError {
  const { statusCode, vendorCode = 0, vendorMessage } = error.details;
  const isRefused = REFUSED.has(vendorCode) || statusCode === 401 || mentionsCredentials(vendorMessage);
  if (!isRefused || error.retryable) {
    // The endpoint of the sign-in has no parameters that could be wrong.
    if (error.code !== "rejected") return error;
    const quote = vendorMessage ?? (vendorCode || undefined);
    const reason = quote === undefined ? "" : ` (${quote})`;
    return new PlatformError("rejected", `The router declined the sign-in${reason}. Try again later.`, error.details);
  }
  const sentence = mentionsLock(vendorMessage)
    ? "The router has locked this account. Wait until it is unlocked, then check the password in the config node."
    : `The router refuses ${credentials}. Correct it in the config node; until then no further sign-in is tried.`;
  return new CredentialsRefusedError(sentence, error.details);
}
