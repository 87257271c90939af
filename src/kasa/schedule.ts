import { inputError } from "../core/errors";
import { isBlank, parseOptions } from "./optional-value";

/** The rules by which a device switches itself. */
export interface Schedule {
  /** Whether any rule is carried out at all. */
  enabled: boolean;
  rules: ScheduleRule[];
  /** The away mode, which switches at random as if somebody were at home; left out if the device has none. */
  away?: { enabled: boolean; rules: number };
}

export interface ScheduleRule extends ScheduledSwitch {
  id: string;
  name?: string;
  enabled: boolean;
  /** The days of the week on which it is carried out, such as `mon`; left out for a rule for one day only. */
  days?: string[];
  /** The one day of a rule that is not repeated, such as `2026-12-24`. */
  date?: string;
  /** When it ends, for a rule with two times. */
  until?: ScheduledSwitch;
}

export interface ScheduledSwitch {
  /** The time of the day in the device's time zone, such as `07:30`, or `sunrise` or `sunset`. */
  at: string;
  /** Minutes after sunrise or sunset; negative = before. */
  offsetMin?: number;
  /** What the device switches to; null = something else, which depends on the device. */
  on: boolean | null;
}

/** The days of a week, as devices count them. */
export const WEEK_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const SWITCHED: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ["true", true],
  ["false", false],
]);

/**
 * Parses the value of a message.
 * @param value an object or JSON with `enabled`; blank reads the rules
 * @returns whether the rules shall be carried out; undefined = they are only read
 * @throws `input`, naming what is allowed
 */
export function parseScheduleChange(value: unknown): boolean | undefined {
  if (value === null || isBlank(value)) return undefined;
  const { enabled } = parseOptions(value, ["enabled"], '{"enabled": false}');
  const isEnabled = SWITCHED.get(enabled);
  if (isEnabled === undefined) throw inputError('"value.enabled" must be true or false.');
  return isEnabled;
}

/** @param minutes after midnight */
export function formatTimeOfDay(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
