import { PlatformError } from "../../../core/errors";
import type { Outlet } from "../../device";
import {
  addPeriods,
  resolveRange,
  startOf,
  type HistoryQuery,
  type HistoryRange,
  type HistoryRow,
} from "../../history";
import { formatWallTime, type WallTime } from "../../zoned-time";
import type { Send } from "../device-protocol";
import { forOutlets } from "./commands";
import { buildClockCommand, parseClock } from "./device-clock";
import { round } from "./energy";
import { buildStatisticsCommand, parseStatistics, type Counted, type StatisticPeriod } from "./statistics";

/** Where a device counts, and what its clock is called. */
interface HistoryModules {
  meter: string;
  runtime: string;
  time: string;
}

/** A strip has one small processor: with more it stops responding. */
const MAX_CONCURRENT_REQUESTS = 2;

/**
 * Reads what a device, one outlet of it, or all of them together have counted: one request for each month of days, or year
 * of months, and outlet. What was not counted is left out.
 * @param outlets undefined = the device itself
 * @param nowMs milliseconds since 1970, from the clock of this machine
 * @throws `unsupported` by hour; `input` for a range that is empty or too long
 */
export async function readHistory(
  query: HistoryQuery,
  outlets: readonly (Outlet | undefined)[],
  modules: HistoryModules,
  send: Send,
  nowMs: number,
): Promise<HistoryRow[]> {
  if (query.by === "hour")
    throw new PlatformError("unsupported", "This device does not count by hour. It counts by day and by month.");
  const by: StatisticPeriod = query.by;
  const { now, zone } = parseClock(await send(buildClockCommand(modules.time), "read"), modules.time, nowMs);
  const range = resolveRange(query, now, zone);
  const requests = datesToAsk(range).flatMap((date) => outlets.map((outlet) => ({ date, outlet })));
  const total = new Map<WallTime, Counted>();
  for (let next = 0; next < requests.length; next += MAX_CONCURRENT_REQUESTS) {
    const group = requests.slice(next, next + MAX_CONCURRENT_REQUESTS);
    const counted = await Promise.all(
      group.map(async ({ date, outlet }) => {
        const command = forOutlets([outlet], buildStatisticsCommand(modules, by, date));
        return parseStatistics(await send(command, "read"), modules, by, date);
      }),
    );
    for (const one of counted) addTo(total, one);
  }
  return [...total]
    .filter(([start]) => start >= range.from && start <= range.to)
    .toSorted(([a], [b]) => a - b)
    .map(([start, counted]) => ({ start: formatWallTime(start, zone), ...counted }));
}

/** A day in each of the months, or years, that a range touches. */
function datesToAsk({ by, from, to }: HistoryRange): WallTime[] {
  const months = by === "month" ? 12 : 1;
  // The first of the month, or of the year.
  const first = addPeriods("month", startOf("month", from), by === "month" ? -new Date(from).getUTCMonth() : 0);
  const dates: WallTime[] = [];
  for (let date = first; date <= to; date = addPeriods("month", date, months)) dates.push(date);
  return dates;
}

// The minutes of several outlets together would say nothing.
function addTo(total: Map<WallTime, Counted>, counted: ReadonlyMap<WallTime, Counted>): void {
  for (const [start, one] of counted) {
    const sum = total.get(start);
    total.set(
      start,
      sum ? { energyKwh: round(sum.energyKwh + one.energyKwh) } : { ...one, energyKwh: round(one.energyKwh) },
    );
  }
}
