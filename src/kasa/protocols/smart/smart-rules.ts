import { isPlainObject } from "../../../core/encoding";
import { isPlatformError } from "../../../core/errors";
import { toId } from "../../../core/scalar";
import type { Countdown, CountdownSetting } from "../../countdown";
import { formatTimeOfDay, WEEK_DAYS, type Schedule, type ScheduledSwitch, type ScheduleRule } from "../../schedule";
import type { Send } from "../device-protocol";
import { fetchSmartList, sendSmartRequest } from "./smart-request";

type Rule = Record<string, unknown>;

/** The countdown that runs; null = none. @param outletId undefined = of the device itself */
export async function readSmartCountdown(send: Send, outletId: string | undefined): Promise<Countdown | null> {
  const { rule_list: list } = await sendSmartRequest({ method: "get_countdown_rules" }, "read", send, outletId);
  const rules = Array.isArray(list) ? list.filter(isPlainObject) : [];
  const rule = rules.find(({ enable, remain }) => enable === true && remain !== 0);
  const seconds = rule?.["remain"] ?? rule?.["delay"];
  return rule && typeof seconds === "number" ? { remainingS: seconds, on: isOn(rule) === true } : null;
}

/** @param setting null = none shall run */
export async function setSmartCountdown(
  setting: CountdownSetting | null,
  send: Send,
  outletId: string | undefined,
): Promise<void> {
  // There is place for one countdown (kasa-local.md section 8).
  const removal = { method: "remove_countdown_rules", params: { remove_all: true } };
  await sendSmartRequest(removal, "write", send, outletId);
  if (!setting) return;
  const params = { enable: true, delay: setting.afterS, desired_states: { on: setting.on } };
  await sendSmartRequest({ method: "add_countdown_rule", params }, "write", send, outletId);
}

export async function readSmartSchedule(send: Send, outletId: string | undefined): Promise<Schedule> {
  const rules = await fetchRules(send, outletId);
  const away = await readAwayMode(send, outletId);
  return {
    enabled: rules.some(({ enable }) => enable === true),
    rules: rules.map(parseRule),
    ...(away ? { away } : {}),
  };
}

/** Enables all rules, or none of them: there is no switch for all at once. */
export async function enableSmartSchedule(enable: boolean, send: Send, outletId: string | undefined): Promise<void> {
  for (const rule of await fetchRules(send, outletId))
    if (rule["enable"] !== enable)
      await sendSmartRequest({ method: "edit_schedule_rule", params: { ...rule, enable } }, "write", send, outletId);
}

async function fetchRules(send: Send, outletId: string | undefined): Promise<Rule[]> {
  return (await fetchSmartList("get_schedule_rules", "rule_list", send, outletId)).filter(isPlainObject);
}

async function readAwayMode(send: Send, outletId: string | undefined): Promise<Schedule["away"]> {
  try {
    const rules = await sendSmartRequest({ method: "get_antitheft_rules" }, "read", send, outletId);
    const { enable, rule_list: list } = rules;
    return { enabled: enable === true, rules: Array.isArray(list) ? list.length : 0 };
  } catch (error) {
    if (isPlatformError(error, "unsupported", "input", "rejected")) return undefined;
    throw error;
  }
}

function parseRule(rule: Rule): ScheduleRule {
  const { id, enable, mode, week_day, year, month, day } = rule;
  const bits = typeof week_day === "number" ? week_day : 0;
  // A rule for one day often has a date of 1970, and means the next time.
  const isDated = typeof year === "number" && year > 2000;
  const date = isDated ? { date: [year, month, day].map((part) => toId(part).padStart(2, "0")).join("-") } : {};
  const until = rule["e_action"] === "none" ? undefined : parseEnd(rule);
  return {
    id: toId(id),
    enabled: enable === true,
    ...parseStart(rule),
    ...(mode === "once" ? date : { days: WEEK_DAYS.filter((_, index) => (bits >> index) % 2 === 1) }),
    ...(until ? { until } : {}),
  };
}

function parseStart(rule: Rule): ScheduledSwitch {
  const { s_type, s_min, time_offset } = rule;
  return { ...timeOf(s_type, s_min, time_offset), on: isOn(rule) };
}

function parseEnd({ e_type, e_min, e_action }: Rule): ScheduledSwitch | undefined {
  if (e_action !== "on" && e_action !== "off") return undefined;
  return { ...timeOf(e_type, e_min, 0), on: e_action === "on" };
}

function timeOf(type: unknown, minutes: unknown, offset: unknown): { at: string; offsetMin?: number } {
  if (type !== "sunrise" && type !== "sunset")
    return { at: typeof minutes === "number" ? formatTimeOfDay(minutes) : "" };
  return { at: type, ...(typeof offset === "number" && offset !== 0 ? { offsetMin: offset } : {}) };
}

function isOn({ desired_states: states, s_action: action }: Rule): boolean | null {
  const on = isPlainObject(states) ? states["on"] : undefined;
  if (typeof on === "boolean") return on;
  return action === "on" ? true : action === "off" ? false : null;
}
