import {
  addPeriods,
  resolveRange,
  startOf,
  type HistoryQuery,
  type HistoryRange,
  type HistoryRow,
} from "../../history";
import {
  fixedZone,
  formatWallTime,
  MINUTE_MS,
  namedZone,
  toWallTime,
  type WallTime,
  type Zone,
} from "../../zoned-time";
import type { Send } from "../device-protocol";
import { sendSmartRequest } from "./smart-request";

/** What the meter calls the periods, and how many of them one request may ask for at most (kasa-local.md section 8). */
const INTERVALS = {
  hour: { minutes: 60, most: 7 * 24 },
  day: { minutes: 1440, most: 92 },
  month: { minutes: 43_200, most: 12 },
};

/** One request: its first and last period. */
type Span = HistoryRange;

/**
 * Reads what a device, one outlet of it, or all of them together have counted.
 * @param outletIds undefined = the device itself
 * @param nowMs milliseconds since 1970, from the clock of this machine
 * @throws `input` for a range that is empty or too long; `unsupported` for a device that keeps no history
 */
export async function readSmartHistory(
  query: HistoryQuery,
  outletIds: readonly (string | undefined)[],
  send: Send,
  nowMs: number,
): Promise<HistoryRow[]> {
  const { now, zone } = await fetchClock(send, nowMs);
  const range = resolveRange(query, now, zone);
  const energyWh = new Map<WallTime, number>();
  for (const span of spansOf(range))
    for (const outletId of outletIds) {
      const { data } = await sendSmartRequest(toRequest(span, zone), "read", send, outletId);
      addTo(energyWh, span, data);
    }
  return [...energyWh]
    .filter(([start]) => start >= range.from && start <= range.to)
    .map(([start, wh]) => ({ start: formatWallTime(start, zone), energyKwh: wh / 1000 }));
}

async function fetchClock(send: Send, nowMs: number): Promise<{ now: WallTime; zone: Zone }> {
  const { timestamp, region, time_diff } = await sendSmartRequest({ method: "get_device_time" }, "read", send);
  const named = typeof region === "string" && region ? namedZone(region) : undefined;
  // Without a region there is the difference alone, which knows nothing of daylight saving time.
  const zone = named ?? fixedZone(typeof time_diff === "number" && Math.abs(time_diff) <= 14 * 60 ? time_diff : 0);
  const isValid = typeof timestamp === "number" && timestamp > 0 && timestamp < 1e11;
  return { now: toWallTime(isValid ? timestamp * 1000 : nowMs, zone), zone };
}

/** The requests of a range: hours from a midnight, days from the first of a quarter, months from January (kasa-local.md section 8). */
function spansOf({ by, from, to }: HistoryRange): Span[] {
  const spans: Span[] = [];
  for (let first = firstOf(by, from); first <= to;) {
    const next = by === "day" ? addPeriods("month", first, 3) : addPeriods(by, first, INTERVALS[by].most);
    spans.push({ by, from: first, to: addPeriods(by, next, -1) });
    first = next;
  }
  return spans;
}

function firstOf(by: HistoryRange["by"], wall: WallTime): WallTime {
  const month = new Date(wall).getUTCMonth();
  if (by === "hour") return startOf("day", wall);
  return addPeriods("month", startOf("month", wall), by === "day" ? -(month % 3) : -month);
}

function toRequest({ by, from, to }: Span, zone: Zone): { method: string; params: Record<string, unknown> } {
  // The last second: the first one of what follows would be another day for some firmwares.
  const params = {
    start_timestamp: toTimestamp(from, zone),
    end_timestamp: toTimestamp(addPeriods(by, to, 1), zone) - 1,
    interval: INTERVALS[by].minutes,
  };
  return { method: "get_energy_data", params };
}

function toTimestamp(wall: WallTime, zone: Zone): number {
  return Math.floor((wall - zone(wall - zone(wall) * MINUTE_MS) * MINUTE_MS) / 1000);
}

function addTo(energyWh: Map<WallTime, number>, { by, from, to }: Span, data: unknown): void {
  if (!Array.isArray(data)) return;
  for (const [index, wh] of data.slice(0, INTERVALS[by].most).entries()) {
    const start = addPeriods(by, from, index);
    if (typeof wh === "number" && wh >= 0 && start <= to) energyWh.set(start, (energyWh.get(start) ?? 0) + wh);
  }
}
