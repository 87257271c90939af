import { isPlainObject } from "../../../core/encoding";
import { toNumber } from "../../../core/scalar";
import { protocolError } from "../../../http/response";
import type { WallTime } from "../../zoned-time";
import type { DeviceCommand } from "./device-command";
import { optionalResult, parseMethodResult, type DeviceResponse } from "./device-response";

/** What a device counts: by day, asked for month by month, and by month, asked for year by year. */
export type StatisticPeriod = "day" | "month";

/** Where a device counts its energy and, most of them, for how long it was on. */
interface StatisticModules {
  meter: string;
  runtime: string;
}

/** What was counted in one period. */
export interface Counted {
  energyKwh: number;
  runtimeMin?: number;
}

const METHODS = {
  day: { method: "get_daystat", list: "day_list" },
  month: { method: "get_monthstat", list: "month_list" },
} as const;

/** @param date any day of the month, or of the year, whose days or months are asked for */
export function buildStatisticsCommand(
  { meter, runtime }: StatisticModules,
  by: StatisticPeriod,
  date: WallTime,
): DeviceCommand {
  const methods = statisticMethods(by, date);
  return { [meter]: methods, [runtime]: methods };
}

/** The method for a module, whatever it counts. */
export function statisticMethods(by: StatisticPeriod, date: WallTime): Record<string, object> {
  const { year, month } = dateParts(date);
  return { [METHODS[by].method]: by === "day" ? { year, month } : { year } };
}

/**
 * Parses the response to `buildStatisticsCommand`. What the device has not counted is left out.
 * @returns by the beginning of the day or the month
 * @throws what the `err_code` of the meter means; `protocol` if the response has no statistics
 */
export function parseStatistics(
  response: DeviceResponse,
  { meter, runtime }: StatisticModules,
  by: StatisticPeriod,
  date: WallTime,
): Map<WallTime, Counted> {
  const energy = parseEntries(parseMethodResult(response, meter, METHODS[by].method), by, date, energyOf);
  if (!energy) throw protocolError("The meter's statistics are missing from it.");
  const minutes = parseEntries(optionalResult(response, runtime, METHODS[by].method), by, date, runtimeOf);
  return new Map(
    [...energy].map(([start, energyKwh]) => {
      const runtimeMin = minutes?.get(start);
      return [start, { energyKwh, ...(runtimeMin === undefined ? {} : { runtimeMin }) }];
    }),
  );
}

/** The energy of the day or the month that a date is in, in kilowatt-hours; undefined if the device has not counted any. */
export function parseEnergyOf(
  response: DeviceResponse,
  meter: string,
  by: StatisticPeriod,
  date: WallTime,
): number | undefined {
  const { year, month, day } = dateParts(date);
  const start = Date.UTC(year, month - 1, by === "day" ? day : 1);
  return parseEntries(optionalResult(response, meter, METHODS[by].method), by, date, energyOf)?.get(start);
}

function parseEntries(
  result: unknown,
  by: StatisticPeriod,
  date: WallTime,
  valueOf: (entry: Record<string, unknown>) => unknown,
): Map<WallTime, number> | undefined {
  const list = isPlainObject(result) ? result[METHODS[by].list] : undefined;
  if (!Array.isArray(list)) return undefined;
  const asked = dateParts(date);
  const values = new Map<WallTime, number>();
  for (const entry of list as unknown[]) {
    if (!isPlainObject(entry)) continue;
    const { year = asked.year, month = asked.month, day } = entry;
    const [value, start] = [
      valueOf(entry),
      Date.UTC(asked.year, toNumber(month) - 1, by === "day" ? toNumber(day) : 1),
    ];
    // Some list other periods as well, or days that their month does not have.
    const isAsked = year === asked.year && (by === "month" || month === asked.month);
    const at = dateParts(start);
    const isDate = at.year === asked.year && at.month === month && (by === "month" || at.day === day);
    if (isAsked && isDate && typeof value === "number") values.set(start, value);
  }
  return values;
}

// The key tells the unit, also among devices of one model (kasa.md section 5).
function energyOf({ energy, energy_wh }: Record<string, unknown>): unknown {
  return typeof energy_wh === "number" ? energy_wh / 1000 : energy;
}

function runtimeOf({ time }: Record<string, unknown>): unknown {
  return time;
}

function dateParts(date: WallTime): { year: number; month: number; day: number } {
  const at = new Date(date);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}
