import { PlatformError } from "../core/errors";

/** Who signs in to a router. */
export interface PeplinkCredentials {
  /** `client`: an access token of an API client; `user`: the session cookie of a user. */
  mode: "client" | "user";
  clientId: string;
  clientSecret: string;
  username: string;
  password: string;
}

/**
 * It needs no other code of the platform, so that a start of Node-RED does not load that.
 * @throws `config` if the credentials of the mode are missing
 */
export function checkCredentials({ mode, clientId, clientSecret, username, password }: PeplinkCredentials): void {
  if (mode === "client" && !(clientId && clientSecret)) {
    throw new PlatformError("config", "Enter the client id and the client secret of the router's API client.");
  }
  if (mode === "user" && !(username && password)) {
    throw new PlatformError("config", "Enter the user name and password of a user of the router.");
  }
}
