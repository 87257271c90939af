import { isSmart, type Device } from "../device";
import type { DeviceProtocol } from "./device-protocol";
import { forOutlets } from "./iot/commands";
import { checkSupportedByType } from "./iot/families";
import { IotDevice } from "./iot/iot-device";
import { SmartDevice } from "./smart/smart-device";
import { toSmartRawCommand } from "./smart/smart-request";

const IOT: DeviceProtocol = {
  checkSetting: checkSupportedByType,
  fetch: (device, send, last) => IotDevice.fetch(device, send, last),
  toRawCommand: (command, outlet) => forOutlets([outlet], command),
};

const SMART: DeviceProtocol = {
  // What it can is told by itself: a switch may be a dimmer, and a plug a strip with lights.
  checkSetting: () => undefined,
  fetch: (device, send, last) => SmartDevice.fetch(device, send, last),
  toRawCommand: toSmartRawCommand,
};

export function protocolOf(device: Device): DeviceProtocol {
  return isSmart(device) ? SMART : IOT;
}
