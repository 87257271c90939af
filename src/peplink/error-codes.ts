import { PlatformError, type ErrorDetails } from "../core/errors";
import { errorFromStatus } from "../http/response";

/** What a router's refusal comes to. */
export interface VendorError {
  /** Whether the token or the cookie is spent. */
  isInvalidToken: boolean;
  error: PlatformError;
}

/**
 * Translates a refusal. There is no table of codes in any of the vendor's documents: the words have to do (peplink.md section 1.5).
 * @param words the router's own, redacted
 * @param anyScope whether even a read-only client may ask this endpoint
 */
export function errorFromResponse(
  vendorCode: number | undefined,
  words: string,
  statusCode: number,
  anyScope: boolean,
): VendorError {
  const details: ErrorDetails = {
    statusCode,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(words ? { vendorMessage: words } : {}),
  };
  if (vendorCode === 401 || statusCode === 401) {
    const error = anyScope
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
  return { isInvalidToken: false, error: refusal(words, details) };
}

function refusal(words: string, details: ErrorDetails): PlatformError {
  const said = words ? `: ${words}` : details.vendorCode === undefined ? "" : ` (${details.vendorCode})`;
  if (/unsupported request|unknown function/i.test(words)) {
    return new PlatformError("unsupported", `This router or its firmware does not have this endpoint${said}.`, details);
  }
  if (/internal error|timeout|busy/i.test(words) && !/invalid|missing/i.test(words)) {
    return new PlatformError("busy", `The router cannot answer just now${said}. Try again later.`, details);
  }
  const failed = errorFromStatus(details.statusCode ?? 200);
  if (failed) return new PlatformError(failed.code, failed.message, details);
  return new PlatformError("rejected", `The router declined${said}. Check the endpoint's parameters.`, details);
}

/** How long a router rests that stumbled over a sign-in; other clients of this API leave it a second as well. */
const STUMBLE_MS = 1000;

/** A refusal at sign-in: whatever it says, the credentials must not be sent again by themselves. */
export function errorFromSignIn(error: PlatformError, what: string): PlatformError {
  // That passes by itself (peplink.md section 1.5): no reason to keep everybody waiting as after too many sign-ins.
  if (error.code === "busy" && error.details.vendorMessage)
    return new PlatformError("busy", error.message, { retryAfterMs: STUMBLE_MS, ...error.details });
  if (error.code !== "rejected" && error.code !== "sign-in" && error.code !== "forbidden") return error;
  const sentence = `The router refuses ${what}. Correct it in the config node; until then no further sign-in is tried.`;
  return new PlatformError("sign-in", sentence, error.details);
}
