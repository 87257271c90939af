import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { PlatformError } from "../../core/errors";
import { RequestNotSentError, type Effect } from "../../http/retry";
import type { Device } from "../device";
import type { Clouds } from "./clouds";
import type { DeviceTransport } from "./device-transport";
import type { LocalTransport } from "./local/local-transport";

/** For so long a device that did not respond on the local network is reached through the cloud at once. */
const LOCAL_REST_MS = 30_000;

/** Reaches a device over the local network where it has answered there, and through the cloud otherwise. */
export class LocalFirst implements DeviceTransport {
  readonly #local: LocalTransport;
  readonly #cloud: Clouds;
  readonly #clock: Clock;
  /** When the local way of a device failed, by id. */
  readonly #failedAt = new Map<string, number>();

  constructor(local: LocalTransport, cloud: Clouds, clock: Clock) {
    this.#local = local;
    this.#cloud = cloud;
    this.#clock = clock;
  }

  async send(device: Device, command: object, effect: Effect, options: CallOptions): Promise<Record<string, unknown>> {
    try {
      const response = await this.sendLocally(device, command, effect, options);
      if (response) return response;
    } catch (error) {
      // A write that may have arrived is not sent in another way.
      const mayGoThroughCloud = effect === "read" && this.#cloud.reaches(device) && isFailure(error);
      if (!mayGoThroughCloud) throw error;
      options.signal?.throwIfAborted();
    }
    return this.#cloud.send(device, command, effect, options);
  }

  async sendLocally(
    device: Device,
    command: object,
    effect: Effect,
    options: CallOptions,
  ): Promise<Record<string, unknown> | undefined> {
    if (!this.#cloud.reaches(device)) return this.#local.send(device, command, effect, options);
    if (!this.#local.knows(device) || this.#isResting(device)) return undefined;
    try {
      const response = await this.#local.send(device, command, effect, options);
      this.#failedAt.delete(device.deviceId);
      return response;
    } catch (error) {
      const wasSent = !(error instanceof RequestNotSentError);
      if (!isFailure(error) || (wasSent && effect !== "read")) throw error;
      this.#failedAt.set(device.deviceId, this.#clock.now());
      if (wasSent) throw error;
      options.signal?.throwIfAborted();
      return undefined;
    }
  }

  #isResting({ deviceId }: Device): boolean {
    const failedAt = this.#failedAt.get(deviceId);
    if (failedAt === undefined) return false;
    const ageMs = this.#clock.now() - failedAt;
    return ageMs >= 0 && ageMs < LOCAL_REST_MS;
  }
}

function isFailure(error: unknown): boolean {
  return error instanceof PlatformError && error.code !== "cancelled";
}
