import { isRecord, isWithin, type Json } from "../../kasa/firmware";
import { SmartError, WRONG_PARAMS, type SmartMethod, type SmartUnit } from "./unit";

/** A second countdown. */
const COUNTDOWN_CONFLICT = -1902;
const SCHEDULE_FULL = -1802;
const MAX_RULES = 32;
const PAGE_SIZE = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What a device does by itself, and what it has counted. */
export class SmartTimers {
  /** Milliseconds since 1970. */
  now: () => number = () => Date.now();
  /** The zone that its owner has set, and the minutes that its clock is ahead of UTC in winter, and at a moment. */
  zone = { region: "Etc/UTC", difference: 0, offset: (_ms: number): number => 0 };
  /** Watt-hours by the beginning of the hour, in milliseconds by the clock of the device. */
  readonly hours = new Map<number, number>();
  readonly rules: Json[] = [];
  away: Json = { enable: false, rule_list: [], antitheft_rule_max_count: 1 };
  #countdown: (Json & { endsAt: number }) | undefined;
  #count = 0;
  readonly methods: Record<string, SmartMethod>;

  constructor(readonly unit: SmartUnit) {
    this.methods = {
      get_device_time: () => this.#time(),
      get_countdown_rules: () => this.#countdownRules(),
      add_countdown_rule: (params) => this.#startCountdown(params),
      remove_countdown_rules: ({ remove_all }) => {
        if (remove_all !== true) throw new SmartError(WRONG_PARAMS);
        this.#countdown = undefined;
        return undefined;
      },
      get_schedule_rules: ({ start_index: start }) => {
        if (!isWithin(start, 0, MAX_RULES)) throw new SmartError(WRONG_PARAMS);
        const rule_list = this.rules.slice(start, start + PAGE_SIZE);
        return {
          enable: this.rules.length > 0,
          rule_list,
          schedule_rule_max_count: MAX_RULES,
          start_index: start,
          sum: this.rules.length,
        };
      },
      add_schedule_rule: (rule) => {
        if (this.rules.length >= MAX_RULES) throw new SmartError(SCHEDULE_FULL);
        const id = `S${++this.#count}`;
        this.rules.push({ ...rule, id });
        return { id };
      },
      edit_schedule_rule: (rule) => {
        const index = this.rules.findIndex(({ id }) => id === rule["id"]);
        if (index < 0 || typeof rule["enable"] !== "boolean" || !isRecord(rule["desired_states"]))
          throw new SmartError(WRONG_PARAMS);
        this.rules[index] = { ...rule };
        return undefined;
      },
      get_antitheft_rules: () => ({ ...this.away }),
      get_energy_data: (params) => this.#energy(params),
    };
    Object.assign(unit.methods, this.methods);
    Object.assign(unit.components, { countdown: 2, schedule: 2, antitheft: 1 });
  }

  #time(): Json {
    const { region, difference } = this.zone;
    return { region, time_diff: difference, timestamp: Math.floor(this.now() / 1000) };
  }

  // The rule goes when its time has come.
  #countdownRules(): Json {
    if (this.#countdown && this.now() >= this.#countdown.endsAt) {
      const { on } = this.#countdown["desired_states"] as { on: boolean };
      this.unit.on = on;
      this.#countdown = undefined;
    }
    const { endsAt = 0, ...rule } = this.#countdown ?? {};
    const running = this.#countdown ? [{ ...rule, remain: Math.ceil((endsAt - this.now()) / 1000) }] : [];
    return { countdown_rule_max_count: 1, enable: running.length > 0, rule_list: running };
  }

  #startCountdown({ enable, delay, desired_states: states }: Json): Json {
    if (this.#countdown) throw new SmartError(COUNTDOWN_CONFLICT);
    const isValid =
      enable === true && isWithin(delay, 1, 86_400) && isRecord(states) && typeof states["on"] === "boolean";
    if (!isValid) throw new SmartError(WRONG_PARAMS);
    const id = `C${++this.#count}`;
    this.#countdown = { id, enable, delay, desired_states: states, endsAt: this.now() + delay * 1000 };
    return { id };
  }

  #energy({ start_timestamp: start, end_timestamp: end, interval }: Json): Json {
    if (!isWithin(start, 0, 1e11) || !isWithin(end, start, 1e11)) throw new SmartError(WRONG_PARAMS);
    const [first, last] = [start, end].map((seconds) => seconds * 1000 + this.zone.offset(seconds * 1000) * 60_000);
    const data = this.#data(Number(first), Number(last), interval);
    if (!data) throw new SmartError(WRONG_PARAMS);
    return {
      local_time: new Date(this.now()).toISOString(),
      data,
      start_timestamp: start,
      end_timestamp: end,
      interval,
    };
  }

  // Whatever is asked for, hours begin at midnight, days with a quarter, and months with January; what is to come is 0.
  #data(first: number, last: number, interval: unknown): number[] | undefined {
    const at = new Date(first);
    const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
    const sums = (starts: readonly number[]): number[] =>
      starts.slice(0, -1).map((from, index) => this.#sum(from, starts[index + 1] ?? from));
    const midnight = first - (first % DAY_MS);
    if (interval === 60) {
      const days = Math.floor((last - midnight) / DAY_MS) + 1;
      return days > 8 ? undefined : sums(Array.from({ length: days * 24 + 1 }, (_, hour) => midnight + hour * HOUR_MS));
    }
    if (interval === 1440) {
      if (day !== 1 || month % 3 !== 0) return undefined;
      const length = (Date.UTC(year, month + 3) - Date.UTC(year, month)) / DAY_MS + 1;
      return sums(Array.from({ length }, (_, index) => Date.UTC(year, month, 1 + index)));
    }
    if (interval !== 43_200 || day !== 1 || month !== 0) return undefined;
    return sums(Array.from({ length: 13 }, (_, index) => Date.UTC(year, index)));
  }

  #sum(from: number, to: number): number {
    return [...this.hours].reduce((sum, [hour, wh]) => sum + (hour >= from && hour < to ? wh : 0), 0);
  }
}

/** The settings that are stored in a light, in pages of four, or the levels that are stored in a dimmer. */
export function presetMethods(unit: SmartUnit, stored: readonly (Json | number)[]): void {
  let presets = stored;
  Object.assign(unit.components, { preset: typeof presets[0] === "number" ? 1 : 3 });
  unit.methods["get_preset_rules"] = ({ start_index: start }) => {
    if (typeof presets[0] === "number") {
      // Dimmers know no pages.
      if (start !== undefined) throw new SmartError(WRONG_PARAMS);
      return { brightness: [...presets] };
    }
    if (!isWithin(start, 0, presets.length)) throw new SmartError(WRONG_PARAMS);
    return { start_index: start, sum: presets.length, states: presets.slice(start, start + 4) };
  };
  // A dimmer takes all of its levels at once, a light one of its states.
  unit.methods["set_preset_rules"] = ({ brightness: levels }) => {
    const isLevels = Array.isArray(levels) && levels.every((level) => isWithin(level, 1, 100));
    if (typeof presets[0] !== "number" || !isLevels) throw new SmartError(WRONG_PARAMS);
    presets = levels;
    return undefined;
  };
  unit.methods["edit_preset_rules"] = ({ index, state }) => {
    if (!isWithin(index, 0, presets.length - 1) || typeof presets[0] === "number" || !isRecord(state))
      throw new SmartError(WRONG_PARAMS);
    presets = presets.with(index, state);
    return undefined;
  };
}
