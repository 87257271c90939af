import { inputError } from "../core/errors";
import { isBlank, parseOptions } from "./optional-value";
import { DAY_MS, HOUR_MS, MINUTE_MS, toWallTime, type WallTime, type Zone } from "./zoned-time";

type Period = "hour" | "day" | "month";

/** What a message asks of the history of a device. */
export interface HistoryQuery {
  by: Period;
  from?: Moment;
  to?: Moment;
}

/** A moment in the whole world, or what the clock of the device shows. */
type Moment = { ms: number } | { wall: WallTime };

/** The first and the last period that are asked for, each as its beginning. */
export interface HistoryRange {
  by: Period;
  from: WallTime;
  to: WallTime;
}

/** What a device counted in one period. */
export interface HistoryRow {
  /** The beginning of the period, in ISO 8601 with the offset of the device's time zone. */
  start: string;
  /** Kilowatt-hours. */
  energyKwh: number;
  /** Minutes for which it was on; left out if the device does not count them, and for several outlets together. */
  runtimeMin?: number;
}

/** How many periods are read without `from`, and how many at most. */
const PERIODS: Readonly<Record<Period, readonly [usual: number, most: number]>> = {
  hour: [24, 8 * 24],
  day: [30, 366],
  month: [12, 120],
};

const EXAMPLE = '{"by": "day", "from": "2026-11-01", "to": "2026-11-30"}';
const DATE = /^(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?)?$/;
/** The year 9999. */
const MAX_TIME_MS = 253_402_300_799_999;

/**
 * Parses the value of a message.
 * @param value blank = by day; "hour", "day" or "month", or an object or JSON with `by`, `from` and `to`
 * @throws `input`, naming what is allowed
 */
export function parseHistoryQuery(value: unknown): HistoryQuery {
  if (value === null || isBlank(value)) return { by: "day" };
  if (isPeriod(value)) return { by: value };
  const { by = "day", from, to } = parseOptions(value, ["by", "from", "to"], EXAMPLE);
  if (!isPeriod(by)) throw inputError('"value.by" must be hour, day or month.');
  return {
    by,
    ...(from === undefined ? {} : { from: parseMoment(from, "from", by) }),
    ...(to === undefined ? {} : { to: parseMoment(to, "to", by) }),
  };
}

/**
 * The range that a query means for a device.
 * @param now what the device's clock shows
 * @throws `input` for a range that is empty or too long
 */
export function resolveRange({ by, from, to }: HistoryQuery, now: WallTime, zone: Zone): HistoryRange {
  const [usual, most] = PERIODS[by];
  const last = startOf(by, to ? resolveMoment(to, zone) : now);
  const first = from ? startOf(by, resolveMoment(from, zone)) : addPeriods(by, last, 1 - usual);
  if (first > last) throw inputError('"value.from" must be before "value.to".');
  if (addPeriods(by, first, most) <= last)
    throw inputError(`"value" asks for more than ${most} ${by}s: choose a later "from".`);
  // What is yet to come need not be asked for.
  return { by, from: first, to: Math.min(last, startOf(by, now)) };
}

/** The beginning of the period that a time is in. */
export function startOf(by: Period, wall: WallTime): WallTime {
  if (by !== "month") return wall - modulo(wall, by === "day" ? DAY_MS : HOUR_MS);
  const date = new Date(wall);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** @param start of a period */
export function addPeriods(by: Period, start: WallTime, count: number): WallTime {
  if (by !== "month") return start + count * (by === "day" ? DAY_MS : HOUR_MS);
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count);
}

function isPeriod(value: unknown): value is Period {
  return typeof value === "string" && Object.hasOwn(PERIODS, value);
}

function resolveMoment(moment: Moment, zone: Zone): WallTime {
  return "wall" in moment ? moment.wall : toWallTime(moment.ms, zone);
}

function parseMoment(value: unknown, name: string, by: Period): Moment {
  const ms = value instanceof Date ? value.getTime() : value;
  if (typeof ms === "number" && ms >= 0 && ms <= MAX_TIME_MS) return { ms };
  const moment = typeof value === "string" ? parseDate(value, by) : undefined;
  if (moment) return moment;
  const monthExample = by === "month" ? '"2026-11", ' : "";
  throw inputError(
    `"value.${name}" must be a date or a time: ${monthExample}"2026-11-30", "2026-11-30T18:00:00+01:00", or milliseconds.`,
  );
}

function parseDate(text: string, by: Period): Moment | undefined {
  const [whole, year, month, day, hours = 0, minutes = 0, offset] = DATE.exec(text.trim()) ?? [];
  if (whole === undefined || (day === undefined && by !== "month")) return undefined;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1));
  // The 31st of a shorter month would be a day of the next one.
  const isDate = new Date(midnight).toISOString().startsWith(`${year}-${month}-${day ?? "01"}`);
  if (!isDate || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  if (offset === undefined) return { wall: midnight + Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS };
  const ms = Date.parse(whole.replace(" ", "T"));
  return Number.isNaN(ms) ? undefined : { ms };
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;
