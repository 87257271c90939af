import { isCameraType, isRangeExtender, isSmart, type Device, type DeviceKind } from "../device";
import { decodeNickname } from "../nickname";
import type { ListedDevice } from "./schemas";

// The list has product names but no families. Once a device's own state has been read, its keys decide.
const STRIP = /strip|outlets/i;
const STRIP_MODEL = /^(HS107|HS300|KP200|KP303|KP400|KP40|EP40M?|TP25|P30[046]M?|P316M|P210M|KS240)\b/i;
const DIMMER = /dimmer/i;
const DIMMER_MODEL = /^(HS220|KS220M?|KS230|KP405|ES20M|KS225|S500D|S505D|S515D|P135)\b/i;
const LIGHT_STRIP = /light ?strip/i;
const LIGHT_STRIP_MODEL = /^(KL4\d\d|L9\d\d)/i;

/** Derives from an entry of the cloud's device list what the device is. */
export function parseListedDevice(listed: ListedDevice): Device {
  return {
    ...listed,
    alias: isSmart(listed) ? decodeNickname(listed.alias) : listed.alias,
    online: listed.status === 1,
    // How the plug of a range extender is switched is not known.
    supported: !isSmart(listed) && !isRangeExtender(listed.deviceType),
    kind: kindOf(listed),
  };
}

function kindOf({ deviceType, deviceModel, deviceName }: ListedDevice): DeviceKind {
  if (isCameraType(deviceType)) return "camera";
  if (/BULB/i.test(deviceType)) {
    return LIGHT_STRIP.test(deviceName) || LIGHT_STRIP_MODEL.test(deviceModel) ? "lightstrip" : "bulb";
  }
  if (/HUB/i.test(deviceType)) return "hub";
  if (/SENSOR|ENERGY/i.test(deviceType)) return "sensor";
  if (!/PLUG|SWITCH/i.test(deviceType)) return "other";
  if (STRIP.test(deviceName) || STRIP_MODEL.test(deviceModel)) return "strip";
  return DIMMER.test(deviceName) || DIMMER_MODEL.test(deviceModel) ? "dimmer" : "plug";
}
