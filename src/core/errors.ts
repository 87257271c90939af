/** Why a call failed, in one word that a flow can switch on. These words are promises. */
export type ErrorCode =
  /** The message or the settings hold something that cannot be right; nothing was asked. */
  | "input"
  /** The config node is missing, incomplete or contradicts itself. */
  | "config"
  /** The platform refuses the credentials. */
  | "sign-in"
  | "forbidden"
  | "not-found"
  /** Understood, and declined. */
  | "rejected"
  /** This device, cloud or firmware cannot do it. */
  | "unsupported"
  /** The device behind the platform cannot be reached. */
  | "offline"
  /** A rate limit, a full queue, or another operation under way. */
  | "busy"
  | "network"
  | "tls"
  | "timeout"
  /** An answer that cannot be read. */
  | "protocol"
  | "cancelled";

/** What a platform or the network adds to the bare fact of a failure. Holds no secret, URL, header or body. */
export interface ErrorDetails {
  /** HTTP status of the answer, where one came. */
  statusCode?: number;
  /** The platform's own number. */
  vendorCode?: number;
  /** The platform's own words, redacted. */
  vendorMessage?: string;
  /** How long the platform asks to be left alone, in milliseconds. */
  retryAfterMs?: number;
}

/** Names are quoted in sentences, and may be of any length. */
const MAX_MESSAGE_LENGTH = 1000;

const RETRYABLE_CODES: ReadonlySet<ErrorCode> = new Set(["offline", "busy", "network", "timeout"]);

/** A call that failed: a sentence for the flow's owner, a code for the flow. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(printable(message));
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return RETRYABLE_CODES.has(this.code);
  }
}

// What a message or a platform calls its things is quoted: no line break or escape of theirs may reach a log or a terminal.
function printable(text: string): string {
  return text.slice(0, MAX_MESSAGE_LENGTH).replace(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+/gu, " ");
}

/** The platform says that the token is spent. Only a session sees it: it renews, or turns `final` loose. */
export class InvalidTokenError extends Error {
  override readonly name = "TokenSpent";

  /** @param failure what the caller is told when a fresh token is refused as well */
  constructor(readonly failure: PlatformError) {
    super(failure.message);
  }
}

/** Whether `error` is a failure with this code. */
export function isPlatformError(error: unknown, ...codes: ErrorCode[]): error is PlatformError {
  return error instanceof PlatformError && codes.includes(error.code);
}

/** A mistake in a message or a setting, found before anything was asked. */
export function inputError(message: string): PlatformError {
  return new PlatformError("input", message);
}

/** The call was given up, by a deploy or by closing the node. */
export function cancelledError(): PlatformError {
  return new PlatformError("cancelled", "Cancelled: the node was closed or deployed again before the answer came.");
}
