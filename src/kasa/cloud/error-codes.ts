import {
  CredentialsRefusedError,
  InvalidTokenError,
  mentionsCredentials,
  PlatformError,
  type ErrorCode,
  type ErrorDetails,
} from "../../core/errors";

/** The device did not respond to the cloud in time; it may have carried out a command all the same. */
export const DEVICE_TIMEOUT = -20002;

/** The cloud does not have the method. */
export const UNKNOWN_METHOD = -20103;

/** The cloud's error codes (kasa.md section 3). `token` never leaves the session. */
const CODES: Readonly<Record<number, ErrorCode | "token">> = {
  [-20651]: "token",
  [-20652]: "token",
  [-20675]: "token", // displaced by another sign-in, by TP-Link's own list; some clients call it a locked account
  [-20200]: "sign-in",
  [-20600]: "sign-in",
  [-20601]: "sign-in",
  [-20602]: "sign-in",
  [-20607]: "sign-in",
  [-20615]: "sign-in",
  [-20655]: "sign-in",
  [-20656]: "sign-in",
  [-20661]: "sign-in",
  [-20662]: "sign-in",
  [-20676]: "sign-in",
  [-20677]: "sign-in",
  [-20708]: "sign-in",
  [-23003]: "sign-in",
  [-23001]: "config",
  [-10200]: "busy",
  [-10201]: "busy",
  [-20000]: "busy",
  [-20003]: "busy",
  [-20004]: "busy",
  [-21001]: "busy",
  [DEVICE_TIMEOUT]: "offline",
  [-20571]: "offline",
  [-20001]: "forbidden",
  [-20506]: "forbidden",
  [-20507]: "forbidden",
  [-20509]: "forbidden",
  [-20500]: "not-found",
  [-20501]: "not-found",
  [-20522]: "not-found",
  [-20580]: "not-found",
  [UNKNOWN_METHOD]: "unsupported",
};

const ACCOUNT_HINT = "Correct the account in the config node; until then no further sign-in is tried.";
/** Sentences for the codes that tell a user what to do. */
const HINTS: Readonly<Record<number, string>> = {
  [-20600]: `Kasa's cloud does not know this e-mail address, or not for this app type. ${ACCOUNT_HINT}`,
  [-20601]: `Kasa's cloud refuses the e-mail address or the password. ${ACCOUNT_HINT}`,
  [-20655]: "The refresh token has expired. Enter the password, or a new refresh token, in the config node.",
  [-20656]:
    "The refresh token is not accepted. Check that the terminal UUID is the one with which it was obtained, or enter a new token.",
  [-20661]:
    "The Kasa account is locked after too many failed sign-ins. Wait, then check the password in the config node.",
  [-20677]:
    "The account asks for 2-step verification. Enter a refresh token in the config node: its help says how to get one.",
  [-23003]:
    "The account has 2-step verification on, and this cloud cannot ask for the code. Enter a refresh token in the config node: its help says how to get one.",
  [-23001]: "Kasa's cloud does not know the app type. Correct it in the config node, or leave it blank.",
  [-20675]:
    "Another client keeps signing in to this Kasa account and displaces this one. Give it an account of its own.",
  [-20651]: "Kasa's cloud refuses a token that it has just issued. Try again later; check that the clock is right.",
  [-20004]: "Kasa's cloud limits the rate of requests. Ask less often.",
  [-20571]: "The device is offline: Kasa's cloud cannot reach it. Check its power and its Wi-Fi.",
  [DEVICE_TIMEOUT]: "The device did not respond to Kasa's cloud in time. Check its Wi-Fi.",
  [-20580]: "This account has no such device. Read the device list again; an outlet is addressed by its strip.",
};

const BLACKLISTED = /blacklist/i;

/** The meaning of an error code. */
export interface VendorError {
  /** Whether a new token may help. */
  isInvalidToken: boolean;
  /** The failure of the call, if a new token does not help. */
  error: PlatformError;
}

/**
 * Translates an error code of the cloud.
 * @param vendorMessage the cloud's own message, redacted
 */
export function errorFromCode(vendorCode: number, vendorMessage: string, statusCode: number): VendorError {
  const meaning = BLACKLISTED.test(vendorMessage) ? "busy" : CODES[vendorCode];
  const isInvalidToken = meaning === "token";
  const details: ErrorDetails = { vendorCode, statusCode, ...(vendorMessage ? { vendorMessage } : {}) };
  const code = isInvalidToken ? "sign-in" : (meaning ?? "rejected");
  const declined = `Kasa's cloud declined${vendorMessage ? `: ${vendorMessage}` : ""}.`;
  const sentence = HINTS[vendorCode] ?? (code === "sign-in" ? `${declined} ${ACCOUNT_HINT}` : declined);
  return { isInvalidToken, error: new PlatformError(code, `${sentence} (${vendorCode})`, details) };
}

const DISPLACED = -20675;

/** The cloud refuses the token of a request. @param error for the caller, if it refuses a new token as well */
export function invalidToken(error: PlatformError): InvalidTokenError {
  // Two clients that displace each other are no matter of a single device.
  if (error.details.vendorCode === DISPLACED) return new InvalidTokenError(error);
  const message = "Kasa's cloud refuses this request, although it accepts the session for others.";
  return new InvalidTokenError(error, new PlatformError("forbidden", message, error.details));
}

/** Signing in again too soon prolongs these limits (kasa.md section 3); a busy cloud is another matter. */
const RATE_LIMITS: ReadonlySet<number> = new Set([-10200, -10201, -20004, -21001]);
const RATE_LIMIT_PAUSE_MS = 60_000;

/**
 * Translates a failed sign-in: only a refusal that is about the credentials counts as one.
 * @param isRefresh whether a refresh token was sent, and no password
 */
export function errorFromSignIn(thrown: unknown, isRefresh: boolean): unknown {
  // A refresh has no other token than the refresh token.
  if (thrown instanceof InvalidTokenError)
    return isRefresh ? new CredentialsRefusedError(thrown.message, thrown.failure.details) : thrown;
  if (!(thrown instanceof PlatformError)) return thrown;
  const { code, message, details } = thrown;
  const { vendorCode, vendorMessage = "" } = details;
  if (vendorCode === undefined) return thrown;
  if (RATE_LIMITS.has(vendorCode) || BLACKLISTED.test(vendorMessage))
    return new PlatformError("busy", message, { retryAfterMs: RATE_LIMIT_PAUSE_MS, ...details });
  const isRefused = code === "sign-in" || (code === "rejected" && mentionsCredentials(vendorMessage));
  return isRefused ? new CredentialsRefusedError(message, details) : thrown;
}
