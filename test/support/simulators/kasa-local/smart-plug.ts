import type { CloudDevice } from "../kasa/devices";
import type { SmartFirmware, SmartResponse } from "./types";

const COMPONENTS = ["device", "firmware", "time", "wireless"];

/** The least that a SMART plug understands: enough to try a transport with. */
export class SmartPlug implements SmartFirmware {
  on = false;

  constructor(readonly identity: CloudDevice) {}

  answer({ method, params }: { method: string; params?: unknown }): SmartResponse {
    switch (method) {
      case "component_nego":
        return { error_code: 0, result: { component_list: COMPONENTS.map((id) => ({ id, ver_code: 1 })) } };
      case "get_device_info":
        return { error_code: 0, result: this.#info() };
      case "set_device_info": {
        const { device_on: on } = (params ?? {}) as { device_on?: unknown };
        if (typeof on !== "boolean") return { error_code: -1008 };
        this.on = on;
        return { error_code: 0 };
      }
      default:
        return { error_code: -1002 };
    }
  }

  #info(): object {
    const { deviceId, alias, mac, product } = this.identity;
    return {
      device_id: deviceId,
      type: product.deviceType,
      model: product.deviceModel,
      mac: mac.match(/../g)?.join("-"),
      nickname: Buffer.from(alias).toString("base64"),
      device_on: this.on,
      rssi: -45,
      signal_level: 3,
    };
  }
}
