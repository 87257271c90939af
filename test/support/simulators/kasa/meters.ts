import type { Json, Method, Methods, Result } from "./firmware";

/** The field names and units in which a firmware reports energy. */
type Units = "milli" | "whole" | "bulb" | "lightstrip";

/** An energy meter. The same model may have either units (kasa.md section 5). */
export class Meter {
  watts = 12.4;
  volts = 230.6;
  totalWh = 8412;
  days = recentDays();
  readonly methods: Methods;

  constructor(
    readonly units: Units,
    readonly isOn: () => boolean,
    slot?: number,
  ) {
    const [field, scale] = units === "whole" ? ["energy", 1000] : ["energy_wh", 1];
    this.methods = {
      ...statistics(field, () => this.days, scale),
      get_realtime: () => ({ ...(slot !== undefined && { slot_id: slot }), ...this.#realtime() }),
      erase_emeter_stat: () => this.#erase(),
    };
  }

  #realtime(): Json {
    const watts = this.isOn() ? this.watts : 0;
    const amperes = watts / this.volts;
    const [power_mw, total_wh] = [Math.round(watts * 1000), this.totalWh];
    switch (this.units) {
      case "bulb":
        return { power_mw };
      case "lightstrip":
        return { power_mw, total_wh };
      case "whole":
        return { voltage: this.volts, current: amperes, power: watts, total: this.totalWh / 1000 };
      default:
        return {
          voltage_mv: Math.round(this.volts * 1000),
          current_ma: Math.round(amperes * 1000),
          power_mw,
          total_wh,
        };
    }
  }

  #erase(): Result {
    this.totalWh = 0;
    this.days = [];
    return {};
  }
}

/** One day of a statistic: the energy in watt-hours, or the running time in minutes. */
export interface Day {
  year: number;
  month: number;
  day: number;
  amount: number;
}

function daysAgo(days: number): Day {
  const at = new Date(Date.now() - days * 86_400_000);
  const day = at.getUTCDate();
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day, amount: 200 + 10 * day };
}

export const recentDays = (count = 60): Day[] =>
  Array.from({ length: count }, (_, index) => daysAgo(count - 1 - index));

/** The methods for energy or running time by day and by month. */
export function statistics(field: string, days: () => Day[], scale = 1): Methods {
  const daysIn = (year: unknown, month?: unknown): Day[] =>
    days().filter((one) => one.year === year && (month === undefined || one.month === month));
  const total = (list: Day[]): number => list.reduce((sum, { amount }) => sum + amount, 0) / scale;
  const byDay: Method = ({ year, month }) => {
    if (!Number.isInteger(year) || !Number.isInteger(month)) return "argument";
    return { day_list: daysIn(year, month).map((one) => ({ year, month, day: one.day, [field]: total([one]) })) };
  };
  const byMonth: Method = ({ year }) => {
    if (!Number.isInteger(year)) return "argument";
    const months = [...new Set(daysIn(year).map(({ month }) => month))];
    return { month_list: months.map((month) => ({ year, month, [field]: total(daysIn(year, month)) })) };
  };
  return { get_daystat: byDay, get_monthstat: byMonth };
}
