import { PlatformError } from "../../../core/errors";
import type { Device, DeviceKind, DeviceState, Outlet, Sensor } from "../../device";
import { decodeNickname } from "../../nickname";
import { playingEffect } from "./smart-effects";
import type { SmartInfo } from "./smart-info";
import { parseProtection } from "./smart-protection";
import { parseSensor } from "./smart-sensor";

type Range = readonly [lowest: number, highest: number];

/**
 * Derives the state of a device from its info.
 * @param children of a strip or a hub
 * @throws `unsupported` for a device that has nothing to read or to switch
 */
export function parseSmartState(device: Device, info: SmartInfo, children: readonly SmartInfo[] = []): DeviceState {
  const { rssi, on_time: onTimeS } = info;
  const outlets = parseSmartOutlets(children);
  const sensors = parseSmartSensors(children);
  const kind = kindOf(device, info, children);
  return {
    deviceId: device.deviceId,
    alias: aliasOf(info) ?? device.alias,
    kind,
    on: kind === "hub" ? info.in_alarm === true : (outlets?.some(({ on }) => on) ?? info.device_on === true),
    ...parseLight(info),
    ...(info.fan_speed_level === undefined ? {} : { fanSpeed: info.fan_speed_level }),
    ...(outlets ? { outlets } : {}),
    ...(kind === "hub" ? { sensors } : {}),
    ...parseProtection(info),
    ...(rssi === undefined ? {} : { rssi }),
    ...(onTimeS === undefined || outlets ? {} : { onTimeS }),
  };
}

/** The name that its owner gave a device. */
export function aliasOf({ nickname }: SmartInfo): string | undefined {
  return nickname ? decodeNickname(nickname) : undefined;
}

/** What can be switched by itself: the outlets of a strip, in their order, and switches of a hub; undefined if there is none. */
export function parseSmartOutlets(children: readonly SmartInfo[]): Outlet[] | undefined {
  const outlets = children
    .filter((child) => !isSensor(child))
    .toSorted((one, other) => (one.position ?? 0) - (other.position ?? 0));
  if (outlets.length === 0) return undefined;
  return outlets.map(parseSmartOutlet);
}

function parseSmartOutlet(info: SmartInfo): Outlet {
  const { device_id: id = "", nickname = "", device_on: on, brightness, fan_speed_level: fanSpeed } = info;
  const { status, is_low: isLow, battery_percentage: battery } = info;
  return {
    id,
    alias: decodeNickname(nickname),
    on: on === true,
    ...(brightness === undefined ? {} : { brightness }),
    ...(fanSpeed === undefined ? {} : { fanSpeed }),
    ...(status === "offline" ? { online: false } : {}),
    ...(isLow === true ? { batteryLow: true } : {}),
    ...(battery === undefined ? {} : { battery }),
  };
}

/** What is connected to a hub, and is no switch. */
export function parseSmartSensors(children: readonly SmartInfo[]): Sensor[] {
  return children.filter(isSensor).map(parseSensor);
}

/** The colour temperatures of a light; undefined for one that has none, or a single one (kasa-local.md section 8). */
export function colorTempRangeOf({ color_temp, color_temp_range: range }: SmartInfo): Range | undefined {
  return color_temp !== undefined && range && range[0] < range[1] ? range : undefined;
}

/** Whether a light has colour temperatures. Without a range it knows best itself. */
export function hasColorTemp(info: SmartInfo): boolean {
  return info.color_temp !== undefined && (!info.color_temp_range || colorTempRangeOf(info) !== undefined);
}

// A strip with the colours alone mixes its one white from them (kasa-local.md section 8).
function isPlainWhite(info: SmartInfo): boolean {
  return info.hue !== undefined && !hasColorTemp(info) && (info.color_temp ?? 0) > 0;
}

const isSensor = ({ device_on }: SmartInfo): boolean => device_on === undefined;

/** The most specific kind comes first: the first one that matches is taken. */
const KINDS: readonly [kind: DeviceKind, matches: (info: SmartInfo, type: string, hasOutlets: boolean) => boolean][] = [
  ["hub", (_, type) => /HUB/i.test(type)],
  ["strip", (_, __, hasOutlets) => hasOutlets],
  ["sensor", (info, type) => isSensor(info) && /SENSOR|ENERGY/i.test(type)],
  ["lightstrip", ({ lighting_effect }) => lighting_effect !== undefined],
  ["bulb", (info, type) => /BULB/i.test(type) || info.hue !== undefined || info.color_temp !== undefined],
  ["dimmer", ({ brightness }) => brightness !== undefined],
  ["plug", () => true],
];
const WITHOUT_SWITCH: ReadonlySet<DeviceKind> = new Set(["hub", "strip", "sensor"]);

/** @throws `unsupported` for a device that has nothing to read or to switch */
export function kindOf(device: Device, info: SmartInfo, children: readonly SmartInfo[]): DeviceKind {
  const type = info.type ?? device.deviceType;
  const hasOutlets = children.some((child) => !isSensor(child));
  const kind = KINDS.find(([, matches]) => matches(info, type, hasOutlets))?.[0];
  // What does not tell whether it is on must not be taken for off.
  if (kind && (!isSensor(info) || WITHOUT_SWITCH.has(kind))) return kind;
  throw new PlatformError(
    "unsupported",
    "This device cannot be controlled: it is neither a plug nor a light nor a hub.",
  );
}

function parseLight(info: SmartInfo): Partial<DeviceState> {
  const { brightness, hue, saturation, color_temp: colorTemp, lighting_effect: own } = info;
  const range = colorTempRangeOf(info);
  const effect = playingEffect(info);
  // While an effect plays, its own brightness is seen.
  const shown = typeof effect === "string" ? (own?.brightness ?? brightness) : brightness;
  return {
    ...(shown === undefined ? {} : { brightness: shown }),
    ...(hue === undefined ? {} : { hue }),
    ...(saturation === undefined ? {} : { saturation: isPlainWhite(info) ? 0 : saturation }),
    // 0 means that the light shows a colour.
    ...(hasColorTemp(info) && colorTemp ? { colorTemp } : {}),
    ...(range ? { colorTempRange: range } : {}),
    ...(effect === undefined ? {} : { effect }),
  };
}
