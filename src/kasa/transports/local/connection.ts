import { isPlainObject } from "../../../core/encoding";
import { parseJson, protocolError } from "../../../http/response";
import type { Effect } from "../../../http/retry";
import type { Attempt } from "./attempt";

export type DeviceJson = Record<string, unknown>;

/** Talks to one device in one envelope, and keeps the session with it where there is one. One exchange at a time. */
export interface LocalConnection {
  /** Whether there is a session or an open connection, so that no other device could carry out the next command. */
  readonly hasSession: boolean;
  /**
   * Sends a command.
   * @param effect what may be sent once more where a connection breaks that was kept from an earlier command
   * @returns the device's own response, errors in it included
   * @throws `RequestNotSentError` where it cannot have arrived; `SessionLostError` where the device has forgotten the session
   */
  exchange(command: string, attempt: Attempt, effect: Effect): Promise<DeviceJson>;
  /** Ends what is kept open for the next command. */
  close?(): void;
}

/** Parses a decrypted response. @throws `protocol` */
export function parseDeviceJson(text: string): DeviceJson {
  const value = parseJson({ statusCode: 200, headers: {}, text });
  if (isPlainObject(value)) return value;
  throw protocolError("The device's response is not an object.");
}
