import { inputError } from "../../core/errors";

/** What a device shall be set to; what is left out stays as it is. */
export interface DeviceSetting {
  on?: boolean | "toggle";
  /** 1–100. */
  brightness?: number;
  /** 0–360. */
  hue?: number;
  /** 0–100. */
  saturation?: number;
  /** Kelvin. */
  colorTemp?: number;
  /** How long the change may take. */
  transitionMs?: number;
  /** The device's own little light. */
  led?: boolean;
}

/** A setting that toggles nothing any more. */
export type ResolvedSetting = Omit<DeviceSetting, "on"> & { on?: boolean };

/** The bounds of each number that a setting may hold; a device may know narrower ones. */
const BOUNDS = {
  brightness: [1, 100],
  hue: [0, 360],
  saturation: [0, 100],
  colorTemp: [1000, 12_000],
  transitionMs: [0, 3_600_000],
} as const;

const SWITCHES: ReadonlyMap<unknown, boolean | "toggle"> = new Map<unknown, boolean | "toggle">([
  [true, true],
  [false, false],
  [1, true],
  [0, false],
  ["on", true],
  ["off", false],
  ["toggle", "toggle"],
]);

/**
 * Reads what a message wants of a device.
 * @param value true/false, 1/0, "on"/"off"/"toggle", or an object
 * @throws `input`, naming what is allowed
 */
export function parseSetting(value: unknown): DeviceSetting {
  const on = readSwitch(value);
  if (on !== undefined) return { on };
  if (typeof value !== "object" || value === null || Array.isArray(value) || Buffer.isBuffer(value)) {
    throw inputError(
      '"value" must be true, false, "on", "off", "toggle", or an object such as {"on": true, "brightness": 40}.',
    );
  }
  const setting: DeviceSetting = {};
  for (const [name, given] of Object.entries(value)) {
    if (given !== undefined) Object.assign(setting, { [name]: readAttribute(name, given) });
  }
  if (Object.keys(setting).length === 0) throw inputError('"value" is empty: say what to set, such as {"on": true}.');
  if (setting.colorTemp !== undefined && (setting.hue !== undefined || setting.saturation !== undefined)) {
    throw inputError('"value" asks for a colour and a colour temperature at once: choose one.');
  }
  return setting;
}

function readSwitch(value: unknown): boolean | "toggle" | undefined {
  return SWITCHES.get(typeof value === "string" ? value.trim().toLowerCase() : value);
}

function readAttribute(name: string, given: unknown): boolean | number | "toggle" {
  if (name === "on" || name === "led") {
    const on = readSwitch(given);
    if (on === undefined || (name === "led" && on === "toggle"))
      throw inputError(`"value.${name}" must be true or false.`);
    return on;
  }
  if (!Object.hasOwn(BOUNDS, name)) {
    throw inputError(`"value" may hold on, ${Object.keys(BOUNDS).join(", ")} and led, but not "${name.slice(0, 40)}".`);
  }
  const [least, most] = BOUNDS[name as keyof typeof BOUNDS];
  if (typeof given === "number" && Number.isInteger(given) && given >= least && given <= most) return given;
  throw inputError(`"value.${name}" must be a whole number from ${least} to ${most}.`);
}
