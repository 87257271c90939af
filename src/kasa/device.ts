import type { Countdown } from "./countdown";

export type DeviceKind = "plug" | "strip" | "dimmer" | "bulb" | "lightstrip" | "hub" | "sensor" | "camera" | "other";

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

/** One outlet of a strip, or a switch that is connected to a hub. */
export interface Outlet {
  /** Of an outlet: the id of the strip and two digits. */
  id: string;
  alias: string;
  on: boolean;
  /** 1–100; left out where an outlet cannot be dimmed. */
  brightness?: number;
  /** 1–4, of a fan. */
  fanSpeed?: number;
  /** The hub does not hear the switch: this is how it was last. */
  online?: false;
  batteryLow?: true;
  /** Percent, of a switch with a battery. */
  battery?: number;
}

/** A sensor, button or thermostat of a hub, with what it measures. */
export interface Sensor {
  id: string;
  name: string;
  kind: "contact" | "motion" | "leak" | "temperature" | "thermostat" | "button" | "other";
  /** Whether the hub hears it; its last readings stay if it does not. */
  online: boolean;
  temperatureC?: number;
  /** Of a thermostat: what it heats up to. */
  targetTemperatureC?: number;
  /** Of a thermostat: whether it heats at present. */
  heating?: boolean;
  /** Percent. */
  humidity?: number;
  open?: boolean;
  motion?: boolean;
  leak?: boolean;
  batteryLow?: boolean;
  /** Percent. */
  battery?: number;
  /** Of a button: what was done with it last, the newest first. */
  presses?: Press[];
}

/** One use of a button. */
export interface Press {
  /** Its number in the button's log. */
  id: number;
  /** In the words of the button, such as `singleClick`, `doubleClick` or `rotation`. */
  event: string;
  /** ISO 8601. */
  at: string;
}

/** A stored setting of a light or dimmer. */
export type LightPreset = Pick<DeviceState, "brightness" | "hue" | "saturation" | "colorTemp"> & { effect?: string };

/** The state of a device. Its location is left out on purpose. */
export interface DeviceState {
  deviceId: string;
  alias: string;
  kind: DeviceKind;
  /** For a strip: whether any outlet is on. For a hub: whether its alarm sounds. */
  on: boolean;
  /** 1–100. */
  brightness?: number;
  /** 1–4, of a fan. */
  fanSpeed?: number;
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
  /** What its owner has stored in a light or dimmer. */
  presets?: LightPreset[];
  /** It switches at random, as if somebody were at home. */
  away?: true;
  /** It was too hot, and may have switched itself off. */
  overheated?: true;
  /** More was drawn than it allows, and it may have switched itself off. */
  overloaded?: true;
  /** In how many seconds it switches itself off, as its owner has set in the app. */
  autoOffS?: number;
  outlets?: Outlet[];
  /** What is connected to a hub. */
  sensors?: Sensor[];
  /** dBm. */
  rssi?: number;
  /** The indicator LED. */
  led?: boolean;
  /** How long the relay has been on, in seconds. */
  onTimeS?: number;
}

/** Whether a device speaks the language of Tapo and newer Kasa devices. */
export function isSmart({ deviceType }: Pick<Device, "deviceType">): boolean {
  return /^SMART\./i.test(deviceType);
}

/** The state of a device, or of an outlet's device, with its countdown. */
export type StateWithCountdown = DeviceState & { countdown: Countdown | null };

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
  /** Kilowatt-hours since midnight, by the clock of the device. */
  todayKwh?: number;
  /** Kilowatt-hours since the first of the month. */
  monthKwh?: number;
  /** The outlets of a strip that could not be read; the quantities are those of the others, without a total. */
  missing?: string[];
}

/** Whether it is a camera or a doorbell, which this package lists, but does not control. */
export function isCameraType(deviceType: string): boolean {
  return /CAMERA|DOORBELL/i.test(deviceType);
}
