import { PlatformError } from "../core/errors";
import type { OmadaCredentials } from "./sign-in";

/**
 * It needs no other code of the platform, so that a start of Node-RED does not load that.
 * @throws `config` when a credential is missing
 */
export function checkCredentials({ mode, clientId, clientSecret, username, password }: OmadaCredentials): void {
  if (!clientId || !clientSecret) {
    throw new PlatformError(
      "config",
      "Enter the client id and the client secret of the controller's Open API application.",
    );
  }
  if (mode === "code" && !(username && password)) {
    throw new PlatformError(
      "config",
      'Mode "authorization code" needs the user name and password of a user of the controller.',
    );
  }
}
