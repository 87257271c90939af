import { inputError } from "../core/errors";
import { isBlank, parseOptions } from "./optional-value";

/** A countdown that a device shall start: it switches itself, whether or not anybody is there by then. */
export interface CountdownSetting {
  /** Seconds. */
  afterS: number;
  /** What it switches to. */
  on: boolean;
}

/** A countdown that runs. */
export interface Countdown {
  /** Seconds until the device switches itself. */
  remainingS: number;
  on: boolean;
}

/** A day: the apps offer no more. */
const MAX_COUNTDOWN_S = 86_400;
const EXAMPLE = '{"afterS": 600, "on": false}, or null to end the countdown';
const SWITCHED: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ["on", true],
  ["off", false],
]);

/**
 * Parses the value of a message.
 * @param value an object or JSON with `afterS` and `on`; null ends the countdown; blank reads it
 * @returns undefined = it is only read
 * @throws `input`, naming what is allowed
 */
export function parseCountdown(value: unknown): CountdownSetting | null | undefined {
  if (isBlank(value)) return undefined;
  if (value === null || value === "null") return null;
  const { afterS, on } = parseOptions(value, ["afterS", "on"], EXAMPLE);
  const seconds = typeof afterS === "string" && /^\s*\d{1,9}\s*$/.test(afterS) ? Number(afterS) : afterS;
  if (typeof seconds !== "number" || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_COUNTDOWN_S)
    throw inputError(`"value.afterS" must be a whole number of seconds from 1 to ${MAX_COUNTDOWN_S}.`);
  const isOn = SWITCHED.get(on);
  if (isOn === undefined) throw inputError('"value.on" must be true or false: what the device switches to.');
  return { afterS: seconds, on: isOn };
}
