import { isPlainObject } from "../../../core/encoding";
import type { Press, Sensor } from "../../device";
import { decodeNickname } from "../../nickname";
import type { SmartInfo } from "./smart-info";

/** What decides the kind of a sensor: the first key that it has, or its category. */
const KINDS: readonly [kind: Sensor["kind"], matches: (info: SmartInfo) => boolean][] = [
  ["contact", ({ open }) => open !== undefined],
  ["motion", ({ detected }) => detected !== undefined],
  ["leak", ({ water_leak_status }) => water_leak_status !== undefined],
  ["thermostat", ({ target_temp }) => target_temp !== undefined],
  ["temperature", ({ current_temp }) => current_temp !== undefined],
  ["button", isButton],
];

/** In milliseconds: the year 9999. */
const MAX_TIME_MS = 253_402_300_799_999;

/** Of thermometers that have no reading (kasa-local.md section 8). */
const NO_TEMPERATURE = -1000;

/** Parses what is connected to a hub, and is no switch. */
export function parseSensor(info: SmartInfo): Sensor {
  const { open, detected, water_leak_status: water, current_humidity: humidity } = info;
  const { at_low_battery: batteryLow, battery_percentage: battery } = info;
  const temperatureC = celsius(info.current_temp, info);
  const targetTemperatureC = celsius(info.target_temp, info);
  return {
    id: info.device_id ?? "",
    name: decodeNickname(info.nickname ?? ""),
    kind: KINDS.find(([, matches]) => matches(info))?.[0] ?? "other",
    online: info.status !== "offline",
    ...(temperatureC === undefined ? {} : { temperatureC }),
    ...(targetTemperatureC === undefined ? {} : { targetTemperatureC }),
    ...(info.trv_states ? { heating: info.trv_states.includes("heating") } : {}),
    ...(humidity === undefined ? {} : { humidity }),
    ...(open === undefined ? {} : { open }),
    ...(detected === undefined ? {} : { motion: detected }),
    ...(water === undefined ? {} : { leak: water === "water_leak" }),
    ...(batteryLow === undefined ? {} : { batteryLow }),
    ...(battery === undefined ? {} : { battery }),
    ...(info.logs ? { presses: info.logs.flatMap(parsePress) } : {}),
  };
}

/** Whether it reports nothing, but has a log of what was pressed. */
export function isButton({ category = "" }: SmartInfo): boolean {
  return category.includes("button");
}

function parsePress(entry: unknown): Press[] {
  const { id, event, timestamp } = isPlainObject(entry) ? entry : {};
  if (typeof id !== "number" || typeof event !== "string" || typeof timestamp !== "number") return [];
  const ms = timestamp * 1000;
  return ms >= 0 && ms <= MAX_TIME_MS ? [{ id, event, at: new Date(ms).toISOString() }] : [];
}

function celsius(temperature: number | undefined, { temp_unit: unit }: SmartInfo): number | undefined {
  if (temperature === undefined || temperature <= NO_TEMPERATURE) return undefined;
  return unit === "fahrenheit" ? Number((((temperature - 32) * 5) / 9).toFixed(1)) : temperature;
}
