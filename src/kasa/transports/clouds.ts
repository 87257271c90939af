import type { CallOptions } from "../../core/call-context";
import type { Effect } from "../../http/retry";
import { isSmart, type Device } from "../device";
import type { DeviceTransport } from "./device-transport";

/** Reaches each device through the cloud that drives it. */
export class Clouds implements DeviceTransport {
  readonly #first: DeviceTransport;
  readonly #second: DeviceTransport | undefined;

  /** @param second the cloud of Tapo and newer Kasa devices, if there is one for the account */
  constructor(first: DeviceTransport, second: { transport: DeviceTransport } | undefined) {
    this.#first = first;
    this.#second = second?.transport;
  }

  /** Whether any cloud can do anything with a device: the first one lists Tapo devices, but cannot reach them. */
  reaches(device: Device): boolean {
    return this.#second !== undefined || !isSmart(device);
  }

  send(device: Device, command: object, effect: Effect, options: CallOptions): Promise<Record<string, unknown>> {
    const cloud = this.#second && isSmart(device) ? this.#second : this.#first;
    return cloud.send(device, command, effect, options);
  }
}
