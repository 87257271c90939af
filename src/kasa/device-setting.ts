import { inputError } from "../core/errors";

/** A new state for a device; properties that are left out stay as they are. */
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
  /** Duration of the change. */
  transitionMs?: number;
  /** The indicator LED. */
  led?: boolean;
}

/** A setting in which `toggle` has been resolved. */
export type ResolvedSetting = Omit<DeviceSetting, "on"> & { on?: boolean };

/** The bounds of each numeric property; a device may have narrower ones. */
const BOUNDS = {
  brightness: [1, 100],
  hue: [0, 360],
  saturation: [0, 100],
  colorTemp: [1000, 12_000],
  transitionMs: [0, 3_600_000],
} as const;

const SWITCH_VALUES: ReadonlyMap<unknown, boolean | "toggle"> = new Map<unknown, boolean | "toggle">([
  [true, true],
  [false, false],
  [1, true],
  [0, false],
  ["on", true],
  ["off", false],
  ["toggle", "toggle"],
]);

/**
 * Parses the value of a message.
 * @param value true/false, 1/0, "on"/"off"/"toggle", or an object
 * @throws `input`, naming what is allowed
 */
export function parseSetting(value: unknown): DeviceSetting {
  const on = parseSwitch(value);
  if (on !== undefined) return { on };
  if (typeof value !== "object" || value === null || Array.isArray(value) || Buffer.isBuffer(value)) {
    throw inputError(
      '"value" must be true, false, "on", "off", "toggle", or an object such as {"on": true, "brightness": 40}.',
    );
  }
  const setting: DeviceSetting = {};
  for (const [name, property] of Object.entries(value)) {
    if (property !== undefined) Object.assign(setting, { [name]: parseProperty(name, property) });
  }
  if (Object.keys(setting).length === 0) throw inputError('"value" is empty: say what to set, such as {"on": true}.');
  if (setting.colorTemp !== undefined && (setting.hue !== undefined || setting.saturation !== undefined)) {
    throw inputError('"value" asks for a colour and a colour temperature at once: choose one.');
  }
  return setting;
}

/** @param isOn whether the device, or the outlet, is on now */
export function resolveToggle({ on, ...rest }: DeviceSetting, isOn: boolean): ResolvedSetting {
  if (on === undefined) return rest;
  return { ...rest, on: on === "toggle" ? !isOn : on };
}

function parseSwitch(value: unknown): boolean | "toggle" | undefined {
  return SWITCH_VALUES.get(typeof value === "string" ? value.trim().toLowerCase() : value);
}

function parseProperty(name: string, value: unknown): boolean | number | "toggle" {
  if (name === "on" || name === "led") {
    const on = parseSwitch(value);
    if (on === undefined || (name === "led" && on === "toggle"))
      throw inputError(`"value.${name}" must be true or false.`);
    return on;
  }
  if (!Object.hasOwn(BOUNDS, name)) {
    throw inputError(`"value" may hold on, ${Object.keys(BOUNDS).join(", ")} and led, but not "${name.slice(0, 40)}".`);
  }
  const [lowest, highest] = BOUNDS[name as keyof typeof BOUNDS];
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw inputError(`"value.${name}" must be a whole number from ${lowest} to ${highest}.`);
}
