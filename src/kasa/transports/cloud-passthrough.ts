import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlainObject, toJson } from "../../core/encoding";
import { isPlatformError, type PlatformError } from "../../core/errors";
import { parseJson, protocolError } from "../../http/response";
import type { Effect } from "../../http/retry";
import type { KasaApi } from "../cloud/api";
import { UNKNOWN_METHOD } from "../cloud/error-codes";
import type { Device } from "../device";
import type { DeviceTransport } from "./device-transport";

/** Does what it can for the devices of the first cloud once that has gone. */
interface Substitute {
  sendIot(device: Device, command: object, options: CallOptions): Promise<Record<string, unknown>>;
}

/** How long a cloud that has gone is not asked again. */
const GONE_MS = 3_600_000;

/** Reaches devices through Kasa's cloud (V1), which keeps a connection to each of them. */
export class CloudPassthrough implements DeviceTransport {
  readonly #api: KasaApi;
  readonly #clock: Clock;
  readonly #substitute: Substitute | undefined;
  #goneUntil = -Infinity;

  constructor(api: KasaApi, clock: Clock, substitute?: Substitute) {
    this.#api = api;
    this.#clock = clock;
    this.#substitute = substitute;
  }

  async send(device: Device, command: object, effect: Effect, options: CallOptions): Promise<Record<string, unknown>> {
    if (options.trace) options.trace.details["via"] = "cloud";
    if (this.#substitute && this.#isGone()) return this.#substitute.sendIot(device, command, options);
    try {
      return await this.#passThrough(device, command, effect, options);
    } catch (error) {
      if (!this.#substitute || !isGone(error)) throw error;
      if (this.#goneUntil === -Infinity)
        options.warn?.(
          `Kasa's cloud no longer passes commands on. Its devices are driven by TP-Link's second cloud as far as that can: on, off and light. ${error.message}`,
        );
      this.#goneUntil = this.#clock.now() + GONE_MS;
      return this.#substitute.sendIot(device, command, options);
    }
  }

  async #passThrough(
    device: Device,
    command: object,
    effect: Effect,
    options: CallOptions,
  ): Promise<Record<string, unknown>> {
    const { responseData } = await this.#api.passthrough(device, toJson(command), effect, options);
    const response =
      typeof responseData === "string" ? parseJson({ statusCode: 200, headers: {}, text: responseData }) : responseData;
    if (!isPlainObject(response)) throw protocolError("The device's part of it is not an object.");
    return response;
  }

  #isGone(): boolean {
    const leftMs = this.#goneUntil - this.#clock.now();
    return leftMs > 0 && leftMs <= GONE_MS;
  }
}

// In both cases nothing has reached the device.
function isGone(error: unknown): error is PlatformError {
  return (
    isPlatformError(error, "tls") ||
    (isPlatformError(error, "unsupported") && error.details.vendorCode === UNKNOWN_METHOD)
  );
}
