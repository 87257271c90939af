import { randomBytes } from "node:crypto";
import type { DeviceClock } from "./clock";
import { isWithin, type Json, type Methods } from "./firmware";

/** Rules by which a device switches itself, or pretends that somebody is at home. */
export class RuleTable {
  enabled: boolean;
  readonly rules = new Map<unknown, Json>();
  readonly methods: Methods;

  constructor(size: number, enabled = true) {
    this.enabled = enabled;
    this.methods = {
      get_rules: () => ({ enable: Number(this.enabled), rule_list: [...this.rules.values()] }),
      add_rule: (rule) => {
        if (this.rules.size >= size) return "full";
        const id = randomBytes(16).toString("hex").toUpperCase();
        this.rules.set(id, { ...rule, id });
        return { id };
      },
      edit_rule: (rule) => {
        if (!this.rules.has(rule["id"])) return "entry";
        this.rules.set(rule["id"], { ...rule });
        return {};
      },
      delete_rule: ({ id }) => (this.rules.delete(id) ? {} : "entry"),
      delete_all_rules: () => {
        this.rules.clear();
        return {};
      },
      set_overall_enable: ({ enable }) => {
        if (!isWithin(enable, 0, 1)) return "argument";
        this.enabled = enable === 1;
        return {};
      },
      get_next_action: () => ({ type: -1 }),
    };
  }

  get isActive(): boolean {
    return this.enabled && this.rules.size > 0;
  }
}

/** The countdown of a relay: one rule, which stays, disabled, when its time has come. */
export class CountdownTable {
  #rule: { id: string; enable: number; name: unknown; delay: number; act: number; endsAt: number } | undefined;
  readonly methods: Methods;
  readonly #clock: DeviceClock;
  readonly #relay: { on: boolean };

  constructor(clock: DeviceClock, relay: { on: boolean }) {
    this.#clock = clock;
    this.#relay = relay;
    this.methods = {
      get_rules: () => {
        if (!this.#rule) return { rule_list: [] };
        const { endsAt, ...rule } = this.#rule;
        const remain = rule.enable === 1 ? Math.ceil((endsAt - clock.now()) / 1000) : 0;
        return { rule_list: [{ ...rule, remain }] };
      },
      add_rule: ({ enable, delay, act, name }) => {
        if (this.#rule) return "full";
        if (!isWithin(enable, 0, 1) || !isWithin(delay, 1, 86_400) || !isWithin(act, 0, 1)) return "argument";
        const id = randomBytes(16).toString("hex").toUpperCase();
        this.#rule = { id, enable, name, delay, act, endsAt: clock.now() + delay * 1000 };
        return { id };
      },
      delete_all_rules: () => {
        this.#rule = undefined;
        return {};
      },
    };
  }

  get isActive(): boolean {
    return this.#rule?.enable === 1;
  }

  /** Switches the relay if it is time. */
  tick(): void {
    if (this.#rule?.enable !== 1 || this.#clock.now() < this.#rule.endsAt) return;
    this.#rule.enable = 0;
    this.#relay.on = this.#rule.act === 1;
  }
}

/** A rule for every day, in the words of the firmware. */
export function dailyRule(minutes: number, on: boolean, more: Json = {}): Json {
  return {
    name: "daily",
    enable: 1,
    wday: [1, 1, 1, 1, 1, 1, 1],
    stime_opt: 0,
    smin: minutes,
    sact: Number(on),
    etime_opt: -1,
    emin: 0,
    eact: -1,
    repeat: 1,
    year: 0,
    month: 0,
    day: 0,
    ...more,
  };
}
