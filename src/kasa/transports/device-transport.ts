import type { CallOptions } from "../../core/call-context";
import type { Effect } from "../../http/retry";
import type { Device } from "../device";

/** Carries commands to devices and brings back their responses, whatever protocol they belong to. */
export interface DeviceTransport {
  /**
   * @param command JSON of the device's protocol
   * @param effect a `read` may be sent again when it fails; a `write` only if it cannot have arrived
   * @returns the device's own response, errors in it included
   * @throws `offline` if the device cannot be reached
   */
  send(device: Device, command: object, effect: Effect, options: CallOptions): Promise<Record<string, unknown>>;
  /**
   * Carries a command over the local network, or not at all. Left out where no device is reached there.
   * @returns undefined where it cannot have arrived: `send` may find another way
   */
  sendLocally?(
    device: Device,
    command: object,
    effect: Effect,
    options: CallOptions,
  ): Promise<Record<string, unknown> | undefined>;
}
