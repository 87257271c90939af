import type { AbortSignalLike } from "../../../core/abort";
import type { Clock } from "../../../core/clock";
import { isPlatformError, PlatformError } from "../../../core/errors";
import { Attempt, SessionLostError } from "./attempt";
import type { LocalConnection } from "./connection";
import type { LocalCredentials } from "./credentials";
import { DeviceSession } from "./device-session";
import type { LocalEndpoint, LocalEnvelope, LocalProtocol } from "./endpoint";
import { IDENTITY_COMMANDS, identityIn, productIn } from "./identity";
import type { ProbeTarget } from "./probe";

/** In this order: the first way asks for no credentials, and the second proves that the device knows them before it does. */
const WAYS: readonly { envelope: LocalEnvelope; protocols: readonly LocalProtocol[] }[] = [
  { envelope: "xor", protocols: ["iot"] },
  { envelope: "klap", protocols: ["smart", "iot"] },
  { envelope: "secure-passthrough", protocols: ["smart"] },
];

interface IdentifyOptions {
  credentials: LocalCredentials;
  /** For all ways together. */
  timeoutMs: number;
  clock: Clock;
}

/**
 * Asks a device that answers no probe who it is, in each way that this package speaks (kasa-local.md section 1). The password
 * itself is never sent.
 * @param target an address that the user has named
 * @returns how it is reached; undefined where it is none of the account's devices
 */
export async function identifyHost(
  { address: host, xor, http }: ProbeTarget,
  { credentials, timeoutMs, clock }: IdentifyOptions,
  signal: AbortSignalLike,
): Promise<LocalEndpoint | undefined> {
  const attempt = new Attempt(timeoutMs, signal);
  try {
    for (const { envelope, protocols } of WAYS) {
      const endpoint: LocalEndpoint = {
        host,
        port: envelope === "xor" ? xor : http,
        mac: "",
        protocol: "iot",
        envelope,
        loginVersion: 2,
        deviceType: "",
        model: "",
        owner: "",
        isNamed: true,
        seenAt: clock.now(),
      };
      const session = new DeviceSession(clock);
      const found = await identify(session.connect(endpoint, credentials), endpoint, protocols, attempt);
      session.close();
      if (found) return found === "nobody" ? undefined : found;
    }
    return undefined;
  } finally {
    attempt.end();
  }
}

/** @returns `nobody` where no other way would help: the device is another account's, or accepts TP-Link's own app only */
async function identify(
  connection: LocalConnection,
  endpoint: LocalEndpoint,
  protocols: readonly LocalProtocol[],
  attempt: Attempt,
): Promise<LocalEndpoint | "nobody" | undefined> {
  try {
    for (const protocol of protocols) {
      const response = await connection.exchange(IDENTITY_COMMANDS[protocol], attempt, "read");
      const mac = identityIn(response);
      if (mac !== undefined) return { ...endpoint, protocol, mac, ...productIn(response) };
    }
    return undefined;
  } catch (error) {
    if (isPlatformError(error, "sign-in", "unsupported", "cancelled")) return "nobody";
    if (error instanceof PlatformError || error instanceof SessionLostError) return undefined;
    throw error;
  }
}
