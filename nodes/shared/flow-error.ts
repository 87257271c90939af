import { isNativeError } from "node:util/types";
import type { CallTrace } from "../../src/core/call-context";
import { PlatformError } from "../../src/core/errors";

/** The value of `msg.api.platform`. */
export type PlatformName = "kasa" | "omada" | "router";

/** The name of what was thrown. Its message stays out of everything: it could quote anything. */
export function describeThrown(thrown: unknown): string {
  return isNativeError(thrown) ? thrown.name : typeof thrown;
}

/** A `PlatformError` as it is; anything else is a mistake of this package, and becomes one with the code `protocol`. */
export function toPlatformError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown;
  const message = `An unexpected error occurred in this node (${describeThrown(thrown)}). Please report it.`;
  return new PlatformError("protocol", message);
}

/**
 * The error that a Catch node receives: Node-RED copies its `code` and `cause`, and the rest as text. It is a text with
 * properties, because of an `Error` the debug sidebar shows every field beside the sentence.
 */
export function toFlowError(error: PlatformError, platform: PlatformName, { operation, statusCode }: CallTrace): Error {
  const status = error.details.statusCode ?? statusCode;
  const cause = {
    platform,
    operation,
    ...(status === undefined ? {} : { statusCode: status }),
    ...error.details,
    retryable: error.retryable,
  };
  // eslint-disable-next-line no-new-wrappers -- a primitive has no properties
  const flowError = Object.assign(new String(error.message), { code: error.code, cause });
  // For hooks of the runtime, which expect what an Error has; where it is listed, the sentence would stand there twice.
  return Object.defineProperty(flowError, "message", { value: error.message }) as unknown as Error;
}
