import { isRecord, isWithin, type Json } from "../../kasa/firmware";
import { SmartError, UNKNOWN_METHOD, WRONG_PARAMS, type SmartMethod, type SmartUnit } from "./unit";

/** A meter; each firmware has some of its methods. */
export interface SmartMeter {
  powerMw: number;
  voltageMv: number;
  currentMa: number;
  todayWh: number;
  monthWh: number;
}

/** @param has `usage`: today and month; `emeter`: voltage and current as well; `bare`: as `emeter`, but no power in the usage */
export function meterMethods(meter: SmartMeter, has: "usage" | "emeter" | "bare"): Record<string, SmartMethod> {
  const usage = (): Json => ({
    today_runtime: 12,
    month_runtime: 815,
    today_energy: meter.todayWh,
    month_energy: meter.monthWh,
    local_time: "2026-11-29 12:00:00",
    electricity_charge: [0, 0, 0],
    ...(has === "bare" ? {} : { current_power: meter.powerMw }),
  });
  const emeter = (): Json => {
    if (has === "usage") throw new SmartError(UNKNOWN_METHOD);
    const { powerMw, voltageMv, currentMa } = meter;
    return { power_mw: powerMw, voltage_mv: voltageMv, current_ma: currentMa, energy_wh: meter.monthWh };
  };
  // In whole watts, unlike the other two.
  const power = (): Json => ({ current_power: Math.floor(meter.powerMw / 1000) });
  const gain = (): Json => {
    if (has === "usage") throw new SmartError(UNKNOWN_METHOD);
    return { vgain: 124_300, igain: 11_299 };
  };
  return {
    get_energy_usage: usage,
    get_emeter_data: emeter,
    get_current_power: power,
    get_emeter_vgain_igain: gain,
  };
}

export function ledMethods(): Record<string, SmartMethod> {
  const led: Json = {
    led_rule: "always",
    led_status: true,
    night_mode: {
      start_time: 1140,
      end_time: 420,
      night_mode_type: "sunrise_sunset",
      sunrise_offset: 0,
      sunset_offset: 0,
    },
  };
  return {
    get_led_info: () => ({ ...led }),
    set_led_info: (params) => {
      const isRule = ["always", "never", "night_mode", "auto", "toggle"].includes(String(params["led_rule"]));
      if (!isRule || !isRecord(params["night_mode"])) throw new SmartError(WRONG_PARAMS);
      Object.assign(led, params);
      return undefined;
    },
  };
}

/** The effects of a bulb: two rules, one of which may play. */
export function bulbEffectMethods({ info }: SmartUnit): Record<string, SmartMethod> {
  const rules = ["L1", "L2"].map((id) => ({
    id,
    change_mode: "bln",
    change_time: 2000,
    scene_name: "",
    // Brightness, hue, saturation, colour temperature.
    color_status_list: [
      [100, 20, 60, 0],
      [100, 200, 60, 0],
    ],
  }));
  return {
    get_dynamic_light_effect_rules: () => ({
      enable: info["dynamic_light_effect_enable"],
      max_count: 2,
      rule_list: rules,
      start_index: 0,
      sum: 2,
    }),
    edit_dynamic_light_effect_rule: (rule) => {
      const place = rules.findIndex(({ id }) => id === rule["id"]);
      if (place < 0 || !Array.isArray(rule["color_status_list"])) throw new SmartError(WRONG_PARAMS);
      Object.assign(rules[place] as Json, rule);
      return undefined;
    },
    set_dynamic_light_effect_rule_enable: ({ enable, id }) => {
      const isKnown = rules.some((rule) => rule.id === id);
      if (typeof enable !== "boolean" || (enable && !isKnown)) throw new SmartError(WRONG_PARAMS);
      info["dynamic_light_effect_enable"] = enable;
      if (enable) info["dynamic_light_effect_id"] = id;
      else delete info["dynamic_light_effect_id"];
      return undefined;
    },
  };
}

/** What an effect must tell about itself, so that a light strip can play it. */
const EFFECT_KEYS = [
  "name",
  "id",
  "brightness",
  "custom",
  "type",
  "segments",
  "expansion_strategy",
  "duration",
  "transition",
];
/** What the strip tells about the one that it was given last. */
const TOLD_KEYS = ["name", "id", "brightness", "custom", "display_colors"];

/** The effects of a light strip: it keeps the one that it was given last. */
export function stripEffectMethods({ info }: SmartUnit): Record<string, SmartMethod> {
  const told = info["lighting_effect"] as Json;
  let effect: Json = { ...told };
  return {
    get_lighting_effect: () => effect,
    set_lighting_effect: (params) => {
      const { enable, brightness, bAdjusted } = params;
      const isPlaying = told["enable"] === 1;
      if (bAdjusted === true && isPlaying && isWithin(brightness, 1, 100)) told["brightness"] = brightness;
      else if (enable === 0) told["enable"] = 0;
      else if (enable === 1 && EFFECT_KEYS.every((key) => key in params)) {
        effect = { ...params };
        Object.assign(told, Object.fromEntries(TOLD_KEYS.map((key) => [key, params[key] ?? []])), { enable: 1 });
        info["device_on"] = true;
      } else throw new SmartError(WRONG_PARAMS);
      return undefined;
    },
  };
}

const TONES = ["Doorbell Ring 1", "Phone Ring", "Alarm 1", "Dripping Tap"];
const VOLUMES = ["mute", "low", "normal", "high"];

/** The alarm of a hub. */
export function alarmMethods({ info }: SmartUnit): Record<string, SmartMethod> {
  const alarm: Json = { type: "Alarm 1", volume: "normal", duration: 10 };
  const check = (type: unknown, volume: unknown): void => {
    const isKnown =
      TONES.includes(String(type ?? alarm["type"])) && VOLUMES.includes(String(volume ?? alarm["volume"]));
    if (!isKnown) throw new SmartError(WRONG_PARAMS);
  };
  const sound = (isSounding: boolean): undefined => {
    Object.assign(info, { in_alarm: isSounding, in_alarm_source: isSounding ? "hub" : "" });
    return undefined;
  };
  return {
    get_support_alarm_type_list: () => ({ alarm_type_list: [...TONES] }),
    get_alarm_configure: () => ({ ...alarm }),
    set_alarm_configure: (params) => {
      check(params["type"], params["volume"]);
      Object.assign(alarm, params);
      return undefined;
    },
    play_alarm: (params) => {
      check(params["alarm_type"], params["alarm_volume"]);
      return sound(true);
    },
    stop_alarm: () => sound(false),
  };
}

/** The log of a button or a sensor of a hub, the newest entry first. */
export class TriggerLog {
  readonly entries: Json[] = [];

  add(event: string, atMs: number): void {
    const id = this.entries.length + 1;
    this.entries.unshift({ id, eventId: `event-${id}`, event, timestamp: Math.floor(atMs / 1000) });
  }

  methods(): Record<string, SmartMethod> {
    return {
      get_trigger_logs: ({ page_size: size = 20, start_id: start }) => {
        if (!isWithin(start, 0, Number.MAX_SAFE_INTEGER) || !isWithin(size, 1, 20)) throw new SmartError(WRONG_PARAMS);
        const logs = this.entries.filter(({ id }) => start === 0 || Number(id) <= start).slice(0, size);
        return { logs, start_id: Number(logs[0]?.["id"] ?? 0), sum: this.entries.length };
      },
    };
  }
}
