import { PlatformError } from "../../core/errors";
import type { KasaSettings } from "./settings";

/**
 * It needs no other code of the platform, so that a start of Node-RED does not load that.
 * @throws `config` if there is nothing to sign in with
 */
export function checkCredentials({
  email,
  password,
  refreshToken,
}: Pick<KasaSettings, "email" | "password" | "refreshToken">): void {
  if (refreshToken || (email && password)) return;
  throw new PlatformError("config", "Enter the e-mail address and password of the Kasa account, or a refresh token.");
}
