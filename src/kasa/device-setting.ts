import { inputError } from "../core/errors";
import type { LightPreset } from "./device";

/** A new state for a device; properties that are left out stay as they are. */
export interface DeviceSetting {
  /** null = as it is, although a brightness alone switches on. */
  on?: boolean | "toggle" | null;
  /** 1–100; 0 = off. */
  brightness?: number;
  /** 1–4, of a fan; 0 = off. */
  fanSpeed?: number;
  /** 0–360. */
  hue?: number;
  /** 0–100. */
  saturation?: number;
  /** Kelvin. */
  colorTemp?: number;
  /** Duration of the change. */
  transitionMs?: number;
  /** The name of an effect; null ends the one that plays. */
  effect?: string | null;
  /** One of the presets that the state tells, from 0. */
  preset?: number;
  /** The indicator LED. */
  led?: boolean;
  /** Whether it is a state that was read before: what the device does not have is passed over. */
  restore?: true;
  /** The outlets in a state, which are put back one by one. */
  outlets?: readonly OutletSetting[];
}

export interface OutletSetting {
  id: string;
  on: boolean;
}

/** A setting in which everything has been resolved that depends on the present state. */
export type ResolvedSetting = Omit<DeviceSetting, "on" | "preset" | "restore" | "outlets"> & {
  on?: boolean | null | undefined;
};

/** The bounds of each numeric property; a device may have narrower ones. */
const BOUNDS = {
  brightness: [0, 100],
  fanSpeed: [0, 4],
  hue: [0, 360],
  saturation: [0, 100],
  colorTemp: [1000, 12_000],
  transitionMs: [0, 3_600_000],
  preset: [0, 99],
} as const;

/** What else a state holds. */
const STATE_ONLY: ReadonlySet<string> = new Set([
  "deviceId",
  "alias",
  "kind",
  "outlets",
  "rssi",
  "colorTempRange",
  "onTimeS",
  "sensors",
  "presets",
  "away",
  "overheated",
  "overloaded",
  "autoOffS",
  "countdown",
]);

const SWITCH_VALUES: ReadonlyMap<unknown, boolean | "toggle"> = new Map<unknown, boolean | "toggle">([
  [true, true],
  [false, false],
  [1, true],
  [0, false],
  ["1", true],
  ["0", false],
  ["true", true],
  ["false", false],
  ["on", true],
  ["off", false],
  ["toggle", "toggle"],
]);

const MAX_EFFECT_LENGTH = 100;

/**
 * Parses the value of a message.
 * @param value true/false, 1/0, "on"/"off"/"toggle", an object or JSON of one, or a state that was read before
 * @throws `input`, naming what is allowed
 */
export function parseSetting(value: unknown): DeviceSetting {
  const on = parseSwitch(value);
  if (on !== undefined) return { on };
  const object = typeof value === "string" ? parseJsonObject(value) : value;
  if (typeof object !== "object" || object === null || Array.isArray(object) || Buffer.isBuffer(object)) {
    throw inputError(
      '"value" must be true, false, "on", "off", "toggle", or an object such as {"on": true, "brightness": 40}.',
    );
  }
  const setting: DeviceSetting = {};
  for (const [name, property] of Object.entries(object)) {
    if (property !== undefined && !STATE_ONLY.has(name))
      Object.assign(setting, { [name]: parseProperty(name, property) });
  }
  if (Object.keys(setting).length === 0) throw inputError('"value" is empty: say what to set, such as {"on": true}.');
  checkLevelOnly(setting);
  if ("deviceId" in object) return toRestore(setting, object);
  checkContradictions(setting);
  return setting;
}

/**
 * @param isOn whether the device, or the outlet, is on now
 * @param presets that the device has
 * @throws `input` for a preset that it does not have
 */
export function resolveSetting(
  setting: DeviceSetting,
  isOn: boolean,
  presets: readonly LightPreset[] = [],
): ResolvedSetting {
  const { preset, restore: _, outlets: __, ...given } = setting;
  const { on, ...rest } = preset === undefined ? given : { ...findPreset(presets, preset), ...given };
  const off = (["brightness", "fanSpeed"] as const).filter((name) => rest[name] === 0);
  for (const name of off) delete rest[name];
  if (off.length > 0) return { ...rest, on: false };
  if (on === undefined) return rest;
  // What is on need not be kept off.
  return { ...rest, on: on === "toggle" ? !isOn : on === null && isOn ? true : on };
}

function findPreset(presets: readonly LightPreset[], preset: number): LightPreset {
  const found = presets[preset];
  if (found) return found;
  throw inputError(
    `There is no preset ${preset}. There are those from 0 to ${presets.length - 1}, as the state tells.`,
  );
}

// A state tells the colour of a light beside its colour temperature, which is what it shows.
function toRestore(state: DeviceSetting, object: object): DeviceSetting {
  const setting: DeviceSetting = { ...state, restore: true };
  const { outlets } = object as { outlets?: unknown };
  if (Array.isArray(outlets)) setting.outlets = outlets.map(parseOutlet);
  // Some lights report a level of 0 although they are on.
  if (setting.brightness === 0 && setting.on === true) delete setting.brightness;
  if (typeof setting.effect === "string") delete setting.colorTemp;
  if (setting.colorTemp !== undefined || typeof setting.effect === "string") {
    delete setting.hue;
    delete setting.saturation;
  }
  return setting;
}

function checkContradictions(setting: DeviceSetting): void {
  const { brightness, hue, saturation, colorTemp, effect, preset } = setting;
  const hasColour = hue !== undefined || saturation !== undefined;
  if (colorTemp !== undefined && saturation === 0) {
    delete setting.hue;
    delete setting.saturation;
  } else if (colorTemp !== undefined && hasColour) {
    throw inputError('"value" asks for a colour and a colour temperature at once: choose one.');
  }
  if (typeof effect === "string" && (hasColour || colorTemp !== undefined)) {
    throw inputError('"value" asks for an effect and a colour at once: choose one.');
  }
  if (
    preset !== undefined &&
    (hasColour || colorTemp !== undefined || brightness !== undefined || effect !== undefined)
  )
    throw inputError('"value" asks for a preset and for what is stored in one at once: choose one.');
}

function checkLevelOnly({ on, brightness, transitionMs }: DeviceSetting): void {
  if (on !== null) return;
  if (!brightness)
    throw inputError('"value.on" must be true or false; null is for a brightness that is set without switching on.');
  if (transitionMs !== undefined)
    throw inputError('"value.transitionMs" would switch the device on: leave it out where "on" is null.');
}

function parseSwitch(value: unknown): boolean | "toggle" | undefined {
  return SWITCH_VALUES.get(typeof value === "string" ? value.trim().toLowerCase() : value);
}

function parseJsonObject(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw inputError('"value" is text, but not valid JSON.');
  }
}

function parseProperty(name: string, value: unknown): boolean | number | string | null {
  if (name === "on" || name === "led") {
    const on = name === "on" && value === null ? null : parseSwitch(value);
    if (on === undefined || (name === "led" && on === "toggle"))
      throw inputError(`"value.${name}" must be true or false.`);
    return on;
  }
  if (name === "effect") {
    if (value === null || (typeof value === "string" && value.trim() && value.length <= MAX_EFFECT_LENGTH))
      return value;
    throw inputError('"value.effect" must be the name of an effect, or null to end the one that plays.');
  }
  if (!Object.hasOwn(BOUNDS, name)) {
    throw inputError(
      `"value" may hold on, ${Object.keys(BOUNDS).join(", ")}, effect and led, but not "${name.slice(0, 40)}".`,
    );
  }
  const [lowest, highest] = BOUNDS[name as keyof typeof BOUNDS];
  // Text, as from MQTT or a dashboard.
  const number = typeof value === "string" && /^\s*-?\d{1,9}\s*$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= lowest && number <= highest) return number;
  throw inputError(`"value.${name}" must be a whole number from ${lowest} to ${highest}.`);
}

function parseOutlet(outlet: unknown): OutletSetting {
  const { id, on } = Object(outlet) as { id?: unknown; on?: unknown };
  const isOn = parseSwitch(on);
  if (typeof id === "string" && typeof isOn === "boolean") return { id, on: isOn };
  throw inputError('"value.outlets" must hold objects such as {"id": "…", "on": true}.');
}
