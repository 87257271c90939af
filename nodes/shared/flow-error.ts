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

/** The error that a Catch node receives: Node-RED copies its `code` and `cause`, and the rest as text. */
export function toFlowError(error: PlatformError, platform: PlatformName, { operation, statusCode }: CallTrace): Error {
  const flowError = new Error(error.message);
  // Without a name, Node-RED's text is the bare sentence. The stack would only show this line.
  flowError.name = "";
  delete flowError.stack;
  const status = error.details.statusCode ?? statusCode;
  const cause = {
    platform,
    operation,
    ...(status === undefined ? {} : { statusCode: status }),
    ...error.details,
    retryable: error.retryable,
  };
  return Object.assign(flowError, { code: error.code, cause });
}
