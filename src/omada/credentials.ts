import { PlatformError } from "../core/errors";

/** Who signs in to a controller, and which controller behind the address. */
export interface OmadaCredentials {
  /** The controller's, the customer's or, for a managed service provider, the provider's id; blank = discovered. */
  omadacId: string;
  /** `client`: with the permissions of the application; `code`: with those of a user. */
  mode: "client" | "code";
  clientId: string;
  clientSecret: string;
  username: string;
  password: string;
}

/** The id of a controller, a customer or a provider: 32 hex digits in every source; part of every path. */
export const OMADA_ID = /^[\w-]+$/;

/**
 * It needs no other code of the platform, so that a start of Node-RED does not load that.
 * @throws `config` when a credential is missing, or the Omada ID cannot be one
 */
export function checkCredentials(credentials: OmadaCredentials): void {
  const { omadacId, mode, clientId, clientSecret, username, password } = credentials;
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
  if (omadacId && !OMADA_ID.test(omadacId)) {
    throw new PlatformError(
      "config",
      "The Omada ID has letters and digits only. Copy it from the controller's Settings > Platform Integration > Open API.",
    );
  }
}
