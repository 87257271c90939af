import { isPlainObject } from "../../../core/encoding";
import { toId } from "../../../core/scalar";
import { protocolError } from "../../../http/response";
import type { Countdown, CountdownSetting } from "../../countdown";
import { formatTimeOfDay, WEEK_DAYS, type Schedule, type ScheduledSwitch, type ScheduleRule } from "../../schedule";
import type { DeviceCommand } from "./device-command";
import { optionalResult, parseMethodResult, type DeviceResponse } from "./device-response";

/** Rules of one module: whether they are carried out, and which there are. */
interface RuleTable {
  enabled: boolean;
  rules: Record<string, unknown>[];
}

const GET_RULES = { get_rules: {} };

/** @param setting null = none shall run */
export function buildCountdownCommand(module: string, setting: CountdownSetting | null): DeviceCommand {
  // There is place for one countdown (kasa.md section 5). In one request, so that the device is never without.
  const rule = setting && { enable: 1, delay: setting.afterS, act: Number(setting.on), name: "countdown" };
  return { [module]: { delete_all_rules: {}, ...(rule ? { add_rule: rule } : {}) } };
}

export function buildScheduleCommand(module: string, enabled: boolean): DeviceCommand {
  return { [module]: { set_overall_enable: { enable: Number(enabled) } } };
}

/** Reads the rules in the same request, after what else it does. */
export function withRules(command: DeviceCommand): DeviceCommand {
  return Object.fromEntries(Object.entries(command).map(([module, methods]) => [module, { ...methods, ...GET_RULES }]));
}

/**
 * The countdown that runs; null = none.
 * @throws what the `err_code` means; `protocol` if the response has no rules
 */
export function parseCountdownRules(response: DeviceResponse, module: string): Countdown | null {
  // One that has ended stays in the table, without being enabled.
  const rule = parseRules(response, module).rules.find(({ enable, remain }) => enable === 1 && remain !== 0);
  const seconds = rule?.["remain"] ?? rule?.["delay"];
  return rule && typeof seconds === "number" ? { remainingS: seconds, on: rule["act"] === 1 } : null;
}

/**
 * The rules of a schedule.
 * @throws what the `err_code` means; `protocol` if the response has no rules
 */
export function parseScheduleRules(response: DeviceResponse, module: string): Pick<Schedule, "enabled" | "rules"> {
  const { enabled, rules } = parseRules(response, module);
  return { enabled, rules: rules.map(parseScheduleRule) };
}

/** The away mode; undefined if the device has none. */
export function parseAwayMode(
  response: DeviceResponse,
  module: string,
): { enabled: boolean; rules: number } | undefined {
  if (!optionalResult(response, module, "get_rules")) return undefined;
  const { enabled, rules } = parseRules(response, module);
  return { enabled, rules: rules.length };
}

function parseRules(response: DeviceResponse, module: string): RuleTable {
  const table = parseMethodResult(response, module, "get_rules");
  const list = isPlainObject(table) ? table["rule_list"] : undefined;
  if (!isPlainObject(table) || !Array.isArray(list)) throw protocolError("It has no list of rules in it.");
  return { enabled: table["enable"] !== 0, rules: list.filter(isPlainObject) };
}

function parseScheduleRule(rule: Record<string, unknown>): ScheduleRule {
  const { id, name, enable, repeat, wday, year, month, day } = rule;
  const days = Array.isArray(wday) ? WEEK_DAYS.filter((_, index) => wday[index] === 1) : [];
  const date = [year, month, day].map((part) => toId(part).padStart(2, "0")).join("-");
  return {
    id: toId(id),
    ...(typeof name === "string" && name ? { name } : {}),
    enabled: enable === 1,
    ...(parseSwitch(rule, "s") ?? { at: "", on: null }),
    ...(repeat === 0 && year ? { date } : { days }),
    ...untilOf(parseSwitch(rule, "e")),
  };
}

const untilOf = (until: ScheduledSwitch | undefined): { until?: ScheduledSwitch } => (until ? { until } : {});

/** The beginning (`s`) or the end (`e`) of a rule; undefined = it has none. */
function parseSwitch(rule: Record<string, unknown>, prefix: "s" | "e"): ScheduledSwitch | undefined {
  const [option, minutes, offset, act] = ["time_opt", "min", "offset", "act"].map((name) => rule[prefix + name]);
  const light = rule[`${prefix}_light`];
  // Lights say what they shall be in place of on or off.
  const state = isPlainObject(light) ? light["on_off"] : act;
  const on = state === 1 ? true : state === 0 ? false : null;
  const sun = option === 1 ? "sunrise" : option === 2 ? "sunset" : undefined;
  if (sun) return { at: sun, ...(typeof offset === "number" && offset !== 0 ? { offsetMin: offset } : {}), on };
  if (option !== 0 || typeof minutes !== "number") return undefined;
  return { at: formatTimeOfDay(minutes), on };
}
