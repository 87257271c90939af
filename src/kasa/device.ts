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
  /** False for `SMART.*` (Tapo) devices: this cloud lists them but cannot control them. */
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
  /** Kelvin. */
  colorTemp?: number;
  outlets?: Outlet[];
  /** dBm. */
  rssi?: number;
  /** The indicator LED. */
  led?: boolean;
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
}
