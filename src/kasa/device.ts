export type DeviceKind = "plug" | "strip" | "dimmer" | "bulb" | "lightstrip" | "camera" | "other";

/** A device of the account: the fields of the cloud's device list under their own names, and what they mean. */
export interface Device {
  [field: string]: unknown;
  deviceId: string;
  /** Such as `IOT.SMARTPLUGSWITCH`. */
  deviceType: string;
  /** Such as `HS300(US)`. */
  deviceModel: string;
  /** The name of the product. */
  deviceName: string;
  /** The name that its owner gave it. */
  alias: string;
  /** Where the cloud wants commands for this device. */
  appServerUrl?: string | undefined;
  /** 1 = online. */
  status?: number | undefined;
  online: boolean;
  /** False for what this cloud lists but cannot control: `SMART.*` devices, and the plugs of range extenders. */
  supported: boolean;
  kind: DeviceKind;
}

/** One outlet of a strip. */
export interface Outlet {
  /** The id of the strip and two digits. */
  id: string;
  alias: string;
  on: boolean;
}

/** The state of a device. Its location is left out on purpose. */
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
  /** Kelvin; left out while a light shows a colour. */
  colorTemp?: number;
  /** The lowest and the highest colour temperature of the model, where it is known. */
  colorTempRange?: readonly [lowest: number, highest: number];
  /** The name of the effect that a light strip plays; null = none. */
  effect?: string | null;
  outlets?: Outlet[];
  /** dBm. */
  rssi?: number;
  /** The indicator LED. */
  led?: boolean;
  /** How long the relay has been on, in seconds. */
  onTimeS?: number;
}

/** Whether the state of a device can be read. The plug of a range extender can be read, but not switched. */
export function isReadable({ supported, deviceType }: Device): boolean {
  return supported || isRangeExtender(deviceType);
}

export function isRangeExtender(deviceType: string): boolean {
  return /^IOT\.RANGEEXTENDER\./i.test(deviceType);
}

/** The power that a device draws. */
export interface Energy {
  /** Watts. */
  powerW: number;
  /** Volts. */
  voltageV?: number;
  /** Amperes. */
  currentA?: number;
  /** Kilowatt-hours since the meter was last erased. */
  totalKwh?: number;
  /** The outlets of a strip that could not be read; the quantities are those of the others, without a total. */
  missing?: string[];
}
