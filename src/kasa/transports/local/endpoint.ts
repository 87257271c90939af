/** The language that a device understands. */
export type LocalProtocol = "iot" | "smart";

/** How commands for a device are wrapped (kasa-local.md section 1). `unknown` is none that this package speaks. */
export type LocalEnvelope = "xor" | "klap" | "secure-passthrough" | "tpap" | "unknown";

/** How a device on the local network is reached, by its own response to a probe. Nobody has verified it. */
export interface LocalEndpoint {
  /** The address that the response came from. */
  host: string;
  port: number;
  /** Whether it wants TLS; its certificate is its own. */
  isHttps?: boolean;
  /** `AA-BB-CC-DD-EE-FF`. */
  mac: string;
  protocol: LocalProtocol;
  envelope: LocalEnvelope;
  /** 1: the sign-in of secure passthrough contains the password itself; 2: a hash of it. */
  loginVersion: 1 | 2;
  /** Such as `IOT.SMARTPLUGSWITCH`. */
  deviceType: string;
  /** Such as `HS110(EU)`. */
  model: string;
  /** MD5 of the owner's e-mail address, in upper case; empty where the device has not said. */
  owner: string;
  /** The ID that the cloud uses, where the device has said it. */
  deviceId?: string;
  /** The name that its owner gave it, where the device has said it. */
  alias?: string;
  /** Whether the user has named its address. */
  isNamed: boolean;
  /** When it responded, in milliseconds since 1970. */
  seenAt: number;
}
