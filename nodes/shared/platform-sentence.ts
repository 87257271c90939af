import type { CallTrace } from "../../src/core/call-context";
import { PlatformError } from "../../src/core/errors";
import type { PlatformName } from "./flow-error";

const NAMES: Readonly<Record<PlatformName, string>> = {
  kasa: "the Kasa cloud",
  omada: "the Omada controller",
  router: "the Peplink router",
};

/** How the HTTP layer begins its sentences, which knows no platform, and the same with one. */
const OPENINGS: readonly (readonly [general: RegExp, named: string])[] = [
  [/^The connection was refused\./, "@ refused the connection."],
  [/^The connection (could|broke)/, "The connection to @ $1"],
  [/^No complete response within/, "No complete response from @ within"],
  [/^The (?:server|platform)(?='s | )/, "@"],
  [/^A gateway in between (?:cannot reach the platform|got no response)/, "A gateway before @ got no response"],
];

/**
 * The same error with the platform named in its sentence: a flow may have three of them.
 * @param trace of the call; it says whether a device was addressed on the local network
 */
export function namePlatform(error: PlatformError, platform: PlatformName, { details }: CallTrace): PlatformError {
  const isLocal = details["via"] === "local";
  if (platform === "kasa" && !isLocal && error.code === "not-found" && error.details.statusCode === 404) {
    return new PlatformError("not-found", "This is not Kasa's cloud (HTTP 404). Leave Server blank.", error.details);
  }
  const opening = OPENINGS.find(([general]) => general.test(error.message));
  if (!opening) return error;
  const message = error.message.replace(...opening).replace("@", isLocal ? "the Kasa device" : NAMES[platform]);
  return new PlatformError(error.code, message.charAt(0).toUpperCase() + message.slice(1), error.details);
}
