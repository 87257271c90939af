import type { CallOptions } from "../../core/call-context";
import { isPlainObject, toJson } from "../../core/encoding";
import { parseJson, protocolError } from "../../http/response";
import type { Effect } from "../../http/retry";
import type { KasaApi } from "../cloud/api";
import type { Device } from "../device";
import type { DeviceTransport } from "./device-transport";

/** Reaches devices through Kasa's cloud (V1), which keeps a connection to each of them. */
export class CloudPassthrough implements DeviceTransport {
  readonly #api: KasaApi;

  constructor(api: KasaApi) {
    this.#api = api;
  }

  async send(device: Device, command: object, effect: Effect, options: CallOptions): Promise<Record<string, unknown>> {
    if (options.trace) options.trace.details["via"] = "cloud";
    const { responseData } = await this.#api.passthrough(device, toJson(command), effect, options);
    const response =
      typeof responseData === "string" ? parseJson({ statusCode: 200, headers: {}, text: responseData }) : responseData;
    if (!isPlainObject(response)) throw protocolError("The device's part of it is not an object.");
    return response;
  }
}
