import { LightAbortController, type AbortSignalLike } from "../../../core/abort";
import { PlatformError } from "../../../core/errors";
import { RequestNotSentError } from "../../../http/retry";

/** A device that is there accepts a connection at once; one that is away must not hold up the way through the cloud. */
const MAX_CONNECT_MS = 3000;
export const MAX_RESPONSE_BYTES = 1024 * 1024;

const UNKNOWN_OUTCOME = "Whether the command was carried out is not known.";

/** One attempt to carry out a command: a deadline for all of its exchanges together, from connect to the last byte. */
export class Attempt {
  readonly #controller = new LightAbortController();
  readonly #unlink: () => void;
  readonly #deadline: NodeJS.Timeout;
  readonly connectTimeoutMs: number;

  constructor(timeoutMs: number, signal: AbortSignalLike | undefined) {
    this.connectTimeoutMs = Math.min(timeoutMs, MAX_CONNECT_MS);
    this.#unlink = this.#controller.linkTo(signal);
    const message = `The device sent no complete response within ${timeoutMs / 1000} s. ${UNKNOWN_OUTCOME}`;
    this.#deadline = setTimeout(() => this.#controller.abort(new PlatformError("timeout", message)), timeoutMs);
  }

  get signal(): AbortSignalLike {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#deadline);
    this.#unlink();
  }
}

/**
 * The error for a connection that has failed.
 * @param error of Node, or the reason for which the connection was ended
 * @param isConnected whether the command may have arrived
 */
export function connectionError(error: Error & { code?: unknown }, isConnected: boolean): unknown {
  if (error instanceof PlatformError) return isConnected ? error : beforeCommand(error);
  if (typeof error.code !== "string") return error; // another reason of the caller's signal
  return isConnected ? brokenError() : connectError(error.code);
}

/** The device accepted no connection. */
export class UnreachableError extends RequestNotSentError {}

/** The error for a connection that could not be made. @param code of Node's error */
export function connectError(code: string): UnreachableError {
  switch (code) {
    case "ETIMEDOUT":
      return new UnreachableError("timeout", "The device does not accept a connection on the local network.");
    case "ECONNREFUSED":
      return new UnreachableError(
        "network",
        "The device refuses the connection on the local network. It may be restarting, or its firmware was updated.",
      );
    default:
      return new UnreachableError("network", `The device cannot be reached on the local network. (${code})`);
  }
}

/** The error for a connection that broke when the command may have arrived. */
export function brokenError(): PlatformError {
  return new PlatformError("network", `The connection to the device broke. ${UNKNOWN_OUTCOME}`);
}

/** The same failure of something that went before the command: so the command was not sent. */
export function beforeCommand(error: unknown): unknown {
  if (!(error instanceof PlatformError) || error instanceof RequestNotSentError || error.code === "cancelled")
    return error;
  const message = error.message.replace(UNKNOWN_OUTCOME, "The command was not sent.");
  return new RequestNotSentError(error.code, message, error.details);
}

/** The device no longer knows the session, and so has not acted. Whoever sees it makes a new one, or throws `failure`. */
export class SessionLostError extends Error {
  override readonly name = "SessionLostError";

  constructor(readonly failure: PlatformError) {
    super(failure.message);
  }
}
