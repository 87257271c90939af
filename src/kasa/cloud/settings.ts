import type { ServerAddress } from "../../http/server-address";

/** An account of Kasa's cloud, and how to sign in to it. */
export interface KasaSettings {
  server: ServerAddress;
  /** The app as which the client signs in; the cloud accepts only a few. */
  appType: string;
  /** Rate limits and refresh tokens are bound to it, so it must never change (kasa.md section 0.7). */
  terminalUUID: string;
  email: string;
  password: string;
  /** Makes the password optional. */
  refreshToken: string;
}
