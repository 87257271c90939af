import type { ListedDevice, Sysinfo } from "../cloud/schemas";
import { detectFamily, type DeviceKind } from "../protocols/iot/families";

/** A device of the account: the cloud's own fields, and what they mean. */
export type Device = ListedDevice & {
  online: boolean;
  /** False for `SMART.*` (Tapo) devices: this cloud lists them but cannot drive them. */
  supported: boolean;
  kind: DeviceKind;
};

/** What a device is doing. Where it stands is left out on purpose. */
export interface DeviceState {
  deviceId: string;
  alias: string;
  kind: DeviceKind;
  /** For a strip: whether any outlet is on. */
  on: boolean;
  /** 1–100. */
  brightness?: number;
  /** 0–360. */
  hue?: number;
  /** 0–100. */
  saturation?: number;
  /** Kelvin. */
  colorTemp?: number;
  outlets?: { id: string; alias: string; on: boolean }[];
  /** dBm. */
  rssi?: number;
  led?: boolean;
}

// The list knows no families, so its product names have to do; a device's own keys decide when its state is read.
const STRIP = /strip|outlets/i;
const STRIP_MODEL = /^(HS107|HS300|KP200|KP303|KP400|KP40|EP40M?|TP25|P30[046]M?|P316M)\b/i;
const DIMMER = /dimmer/i;
const DIMMER_MODEL = /^(HS220|KS220M?|KS230|KP405|ES20M|KS225|S500D|S505D)\b/i;
const LIGHT_STRIP = /light ?strip/i;
const LIGHT_STRIP_MODEL = /^(KL4\d\d|L9\d\d)/i;

/** Makes sense of a line of the cloud's list. */
export function parseDevice(listed: ListedDevice): Device {
  const supported = !/^SMART\./i.test(listed.deviceType);
  return {
    ...listed,
    alias: supported ? listed.alias : readableAlias(listed.alias),
    online: listed.status === 1,
    supported,
    kind: listedKind(listed),
  };
}

function listedKind({ deviceType, deviceModel, deviceName }: ListedDevice): DeviceKind {
  if (/CAMERA/i.test(deviceType)) return "camera";
  if (/BULB/i.test(deviceType)) {
    return LIGHT_STRIP.test(deviceName) || LIGHT_STRIP_MODEL.test(deviceModel) ? "lightstrip" : "bulb";
  }
  if (!/PLUG|SWITCH/i.test(deviceType)) return "other";
  if (STRIP.test(deviceName) || STRIP_MODEL.test(deviceModel)) return "strip";
  return DIMMER.test(deviceName) || DIMMER_MODEL.test(deviceModel) ? "dimmer" : "plug";
}

// The cloud sends the aliases of SMART.* devices as base64 (kasa.md section 0.5); what is none stays as it is.
function readableAlias(alias: string): string {
  const bytes = Buffer.from(alias, "base64");
  if (alias === "" || bytes.toString("base64") !== alias) return alias;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /\p{Cc}/u.test(text) ? alias : text;
  } catch {
    return alias;
  }
}

/**
 * Reads a device's state from its sysinfo.
 * @throws `unsupported` for a device that has neither relay nor light
 */
export function parseDeviceState(device: Device, sysinfo: Sysinfo): DeviceState {
  const { rssi, led_off } = sysinfo;
  return {
    deviceId: device.deviceId,
    alias: sysinfo.alias ?? device.alias,
    kind: detectFamily(sysinfo, device.kind).kind,
    ...readPower(device, sysinfo),
    ...(rssi === undefined ? {} : { rssi }),
    ...(led_off === undefined ? {} : { led: led_off === 0 }),
  };
}

type Power = Omit<DeviceState, "deviceId" | "alias" | "kind">;

function readPower({ deviceId }: Device, sysinfo: Sysinfo): Power {
  const { children, light_state: light, relay_state: relay, brightness } = sysinfo;
  if (children) {
    const outlets = children.map((child) => readOutlet(deviceId, child));
    return { on: outlets.some((outlet) => outlet.on), outlets };
  }
  if (light) return { on: light.on_off === 1, ...readLight(sysinfo) };
  return { on: relay === 1, ...(brightness === undefined ? {} : { brightness }) };
}

type Child = NonNullable<Sysinfo["children"]>[number];

// Some firmwares name an outlet by its two digits alone; commands want the device's id before them (kasa.md section 5).
function readOutlet(deviceId: string, { id, alias, state }: Child): { id: string; alias: string; on: boolean } {
  return { id: id.length <= 2 ? deviceId + id : id, alias: alias ?? "", on: state === 1 };
}

// A bulb that is off keeps its settings one level deeper (kasa.md section 5); one that is on may still show old ones there.
function readLight({ light_state, is_color, is_variable_color_temp }: Sysinfo): Partial<DeviceState> {
  const { brightness, hue, saturation, color_temp } = { ...light_state?.dft_on_state, ...light_state };
  return {
    ...(brightness === undefined ? {} : { brightness }),
    ...(is_color === 1 && hue !== undefined ? { hue } : {}),
    ...(is_color === 1 && saturation !== undefined ? { saturation } : {}),
    ...(is_variable_color_temp === 1 && color_temp !== undefined ? { colorTemp: color_temp } : {}),
  };
}
