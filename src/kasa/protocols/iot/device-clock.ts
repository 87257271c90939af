import { z } from "zod";
import { fixedZone, MINUTE_MS, namedZone, toWallTime, type WallTime, type Zone } from "../../zoned-time";
import type { DeviceCommand } from "./device-command";
import { optionalResult, type DeviceResponse } from "./device-response";
import { timeZoneName } from "./time-zones";

/** The clock of a device. */
export interface DeviceClock {
  now: WallTime;
  zone: Zone;
}

const Time = z.looseObject({
  year: z.int().min(1970).max(9999),
  month: z.int().min(1).max(12),
  mday: z.int().min(1).max(31),
  hour: z.int().min(0).max(23),
  min: z.int().min(0).max(59),
});

/** No zone is further from UTC. */
const MAX_OFFSET_MINUTES = 14 * 60;

/** @param module see `Family.modules` */
export function buildClockCommand(module: string): DeviceCommand {
  return { [module]: { get_time: {}, get_timezone: {} } };
}

/** The time that a device shows; undefined if the response has none. */
export function parseDeviceTime(response: DeviceResponse, module: string): WallTime | undefined {
  const { data } = Time.safeParse(optionalResult(response, module, "get_time"));
  return data && Date.UTC(data.year, data.month - 1, data.mday, data.hour, data.min);
}

/**
 * Parses the response to `buildClockCommand`. A device without a time zone has the one that its time suggests.
 * @param nowMs milliseconds since 1970, from the clock of this machine
 */
export function parseClock(response: DeviceResponse, module: string, nowMs: number): DeviceClock {
  const wall = parseDeviceTime(response, module);
  const { index } = Object(optionalResult(response, module, "get_timezone")) as { index?: unknown };
  const name = typeof index === "number" ? timeZoneName(index) : undefined;
  const zone = (name === undefined ? undefined : namedZone(name)) ?? zoneOf(wall ?? nowMs, nowMs);
  return { now: wall ?? toWallTime(nowMs, zone), zone };
}

// Zones are whole quarters of an hour away from UTC. A clock that has not been set yet says nothing.
function zoneOf(wall: WallTime, nowMs: number): Zone {
  const minutes = Math.round((wall - nowMs) / MINUTE_MS / 15) * 15;
  return fixedZone(Math.abs(minutes) <= MAX_OFFSET_MINUTES ? minutes : 0);
}
