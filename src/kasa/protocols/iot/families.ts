import { inputError, PlatformError } from "../../../core/errors";
import type { Sysinfo } from "../../cloud/schemas";
import type { DeviceSetting, ResolvedSetting } from "../../devices/device-setting";

export type DeviceKind = "plug" | "strip" | "dimmer" | "bulb" | "lightstrip" | "camera" | "other";

/** What a device is told: module → method → arguments, as its own firmware reads it. */
export type DeviceCommand = Record<string, Record<string, object>>;

/** A family of devices: how it is known, what it can be told, and in which words. */
export interface Family {
  kind: DeviceKind;
  /** Whether a sysinfo is of this family: by its keys, never by the model's name alone. */
  matches: (sysinfo: Sysinfo, listed: DeviceKind) => boolean;
  /** What of a setting this very device takes. */
  supports: (sysinfo: Sysinfo) => (keyof DeviceSetting)[];
  /** A setting in the device's own words. */
  toCommand: (setting: ResolvedSetting, sysinfo: Sysinfo) => DeviceCommand;
  /** The module that reboots it. */
  system: string;
  /** The module that meters, where this very device meters. */
  meter: (sysinfo: Sysinfo) => string | undefined;
}

const BULB_SERVICE = { module: "smartlife.iot.smartbulb.lightingservice", method: "transition_light_state" };
// A light strip answers the bulbs' service with -2001 (kasa.md section 5).
const LIGHT_STRIP_SERVICE = { module: "smartlife.iot.lightStrip", method: "set_light_state" };
const LIGHT = {
  supports: lightTakes,
  system: "smartlife.iot.common.system",
  meter: () => "smartlife.iot.common.emeter",
};
const PLUG = { system: "system", meter: plugMeter };

const isLong = ({ length, lighting_effect_state }: Sysinfo): boolean =>
  length !== undefined || lighting_effect_state !== undefined;

/** The families, the most particular first: the first whose keys a device has is its own. */
const FAMILIES: readonly Family[] = [
  {
    kind: "strip",
    matches: ({ children }) => children !== undefined,
    supports: () => ["on", "led"],
    toCommand: relayWords,
    ...PLUG,
  },
  {
    kind: "lightstrip",
    matches: (info, listed) => info.light_state !== undefined && (isLong(info) || listed === "lightstrip"),
    toCommand: lightWords(LIGHT_STRIP_SERVICE),
    ...LIGHT,
  },
  {
    kind: "bulb",
    matches: ({ light_state }) => light_state !== undefined,
    toCommand: lightWords(BULB_SERVICE),
    ...LIGHT,
  },
  {
    kind: "dimmer",
    matches: ({ relay_state, brightness }) => relay_state !== undefined && brightness !== undefined,
    supports: () => ["on", "brightness", "transitionMs", "led"],
    toCommand: dimmerWords,
    ...PLUG,
  },
  {
    kind: "plug",
    matches: ({ relay_state }) => relay_state !== undefined,
    supports: () => ["on", "led"],
    toCommand: relayWords,
    ...PLUG,
  },
];

/**
 * The family of a device.
 * @param listed what the cloud's list takes it for: some light strips look like bulbs by their keys
 * @throws `unsupported` for one that has neither relay nor light
 */
export function detectFamily(sysinfo: Sysinfo, listed: DeviceKind): Family {
  const family = FAMILIES.find(({ matches }) => matches(sysinfo, listed));
  if (family) return family;
  throw new PlatformError("unsupported", "This device cannot be read or driven: it is neither a plug nor a light.");
}

/**
 * Refuses what a device cannot do.
 * @throws `unsupported`, naming what it can
 */
export function checkSupported(setting: DeviceSetting, can: readonly (keyof DeviceSetting)[], what: string): void {
  const cannot = (Object.keys(setting) as (keyof DeviceSetting)[]).filter((name) => !can.includes(name));
  if (cannot.length === 0) return;
  throw new PlatformError("unsupported", `This ${what} has no ${cannot.join(", no ")}. It takes: ${can.join(", ")}.`);
}

function relayWords({ on, led }: Readonly<{ on?: boolean | undefined; led?: boolean | undefined }>): DeviceCommand {
  return {
    system: {
      ...(on === undefined ? {} : { set_relay_state: { state: Number(on) } }),
      ...ledWords(led),
    },
  };
}

function ledWords(led: boolean | undefined): Record<string, object> {
  return led === undefined ? {} : { set_led_off: { off: Number(!led) } };
}

// set_brightness alone only stores the level: switching on goes beside it. A transition does both (kasa.md section 5).
function dimmerWords({ on, brightness, transitionMs, led }: ResolvedSetting, sysinfo: Sysinfo): DeviceCommand {
  const lit = on ?? (brightness === undefined ? undefined : true);
  if (transitionMs !== undefined) {
    if (lit === undefined)
      throw inputError('"value.transitionMs" needs something to change beside it: on or brightness.');
    // A fade to 0 would switch it off, so a stored 0 does not count as a level.
    const level = lit ? (brightness ?? (sysinfo.brightness || 100)) : 0;
    const transition = { brightness: level, mode: "gentle_on_off", duration: transitionMs };
    return {
      "smartlife.iot.dimmer": { set_dimmer_transition: transition },
      system: ledWords(led),
    };
  }
  return {
    ...(brightness === undefined ? {} : { "smartlife.iot.dimmer": { set_brightness: { brightness } } }),
    ...relayWords({ on: lit, led }),
  };
}

function lightTakes({ is_dimmable, is_color, is_variable_color_temp }: Sysinfo): (keyof DeviceSetting)[] {
  const takes: (keyof DeviceSetting)[] = ["on", "transitionMs"];
  if (is_dimmable !== 0) takes.push("brightness");
  if (is_color === 1) takes.push("hue", "saturation");
  if (is_variable_color_temp === 1) takes.push("colorTemp");
  return takes;
}

function lightWords({ module, method }: { module: string; method: string }): Family["toCommand"] {
  return ({ on, brightness, hue, saturation, colorTemp, transitionMs }) => {
    const colour = hue !== undefined || saturation !== undefined;
    const attributes = {
      ...(brightness === undefined ? {} : { brightness }),
      ...(hue === undefined ? {} : { hue }),
      ...(saturation === undefined ? {} : { saturation }),
      // A colour temperature would win over the colour: 0 takes it away (kasa.md section 5).
      ...(colour ? { color_temp: 0 } : colorTemp === undefined ? {} : { color_temp: colorTemp }),
    };
    const plain = Object.keys(attributes).length === 0;
    if (plain && on === undefined) throw inputError('"value.transitionMs" needs something to change beside it.');
    const state = {
      on_off: Number(on ?? true),
      ...attributes,
      ...(transitionMs === undefined ? {} : { transition_period: transitionMs }),
      ignore_default: plain ? 0 : 1,
    };
    return { [module]: { [method]: state } };
  };
}

function plugMeter({ feature }: Sysinfo): string | undefined {
  return typeof feature === "string" && feature.includes("ENE") ? "emeter" : undefined;
}
