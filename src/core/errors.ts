/** Why a call failed, in one word that a flow can switch on. These words are part of the public contract. */
export type ErrorCode =
  /** The message or the settings hold something that cannot be right; nothing was sent. */
  | "input"
  /** The config node is missing, incomplete or contradicts itself. */
  | "config"
  /** The platform refuses the credentials. */
  | "sign-in"
  | "forbidden"
  | "not-found"
  /** The platform understood the request, and declined it. */
  | "rejected"
  /** This device, cloud or firmware cannot do it. */
  | "unsupported"
  /** The device behind the platform cannot be reached. */
  | "offline"
  /** A rate limit, a full queue, or another operation in progress. */
  | "busy"
  | "network"
  | "tls"
  | "timeout"
  /** A response that cannot be read. */
  | "protocol"
  | "cancelled";

/** What is known of a failure beside its code. Holds no secret, URL, header or body. */
export interface ErrorDetails {
  /** HTTP status of the response, where there was one. */
  statusCode?: number;
  /** The platform's own error number. */
  vendorCode?: number;
  /** The platform's own message, redacted. */
  vendorMessage?: string;
  /** How long the platform asks to wait before the next request, in milliseconds. */
  retryAfterMs?: number;
  /** False for a request that may have been carried out, and would be carried out twice. */
  retryable?: false;
  /** The requests of an act that consists of several, and which of them were carried out. */
  steps?: readonly { operation: string; done: boolean }[];
}

/** Messages quote names, which may have any length. */
const MAX_MESSAGE_LENGTH = 1000;

const RETRYABLE_CODES: ReadonlySet<ErrorCode> = new Set(["offline", "busy", "network", "timeout"]);

/** A failed call: a sentence for the flow's owner, and a code for the flow. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(toPrintable(message));
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return this.details.retryable ?? RETRYABLE_CODES.has(this.code);
  }
}

// Names from messages and platforms are quoted: their line breaks and escapes must not reach a log or a terminal.
function toPrintable(text: string): string {
  return text.slice(0, MAX_MESSAGE_LENGTH).replace(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+/gu, " ");
}

/** The platform no longer accepts the token. Only a session sees this error: it renews the token, or throws `failure`. */
export class InvalidTokenError extends Error {
  override readonly name = "InvalidTokenError";

  /**
   * @param failure for the caller, where the platform refuses a renewed token as well
   * @param forbidden for the caller, where it accepts that token for other calls
   */
  constructor(
    readonly failure: PlatformError,
    readonly forbidden: PlatformError = failure,
  ) {
    super(failure.message);
  }
}

/**
 * The platform refuses the credentials themselves. Only this failure of a sign-in is remembered for long: accounts are
 * locked when refused credentials are sent again and again, while everything else may pass within seconds.
 */
export class CredentialsRefusedError extends PlatformError {
  constructor(message: string, details?: ErrorDetails) {
    super("sign-in", message, details);
  }
}

/** What platforms call credentials. No list of the numbers with which they refuse them is complete. */
const CREDENTIALS =
  /credential|password|passphrase|user ?name|client[_ ]?(?:id\b|secret)|account|unauthori[sz]ed|locked|verification/i;

/** Whether the platform's own message is about the credentials. */
export function mentionsCredentials(vendorMessage: string | undefined): boolean {
  return vendorMessage !== undefined && CREDENTIALS.test(vendorMessage);
}

/** Whether the platform says that it has locked the account: then the credentials may be right. */
export function mentionsLock(vendorMessage: string | undefined): boolean {
  return vendorMessage !== undefined && /\block(?:ed|out)\b/i.test(vendorMessage);
}

/** Whether an error is a `PlatformError` with one of these codes. */
export function isPlatformError(error: unknown, ...codes: ErrorCode[]): error is PlatformError {
  return error instanceof PlatformError && codes.includes(error.code);
}

/** The same error for a flow that must not repeat its message: what it asked for may have been done. */
export function withoutRetry({ code, message, details }: PlatformError): PlatformError {
  return new PlatformError(code, message, { ...details, retryable: false });
}

/** A mistake in a message or a setting, found before anything was sent. */
export function inputError(message: string): PlatformError {
  return new PlatformError("input", message);
}

/** The call was aborted because its node was deployed again or closed. */
export function cancelledError(): PlatformError {
  return new PlatformError("cancelled", "Cancelled: the node was closed or deployed again before the response came.");
}
