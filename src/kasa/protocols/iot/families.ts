import { inputError, PlatformError } from "../../../core/errors";
import type { Device, DeviceKind } from "../../device";
import type { DeviceSetting, ResolvedSetting } from "../../device-setting";
import type { Sysinfo } from "./sysinfo";

/** A command to a device: module → method → arguments. */
export type DeviceCommand = Record<string, Record<string, object>>;

type Property = keyof DeviceSetting;

/** A family of devices: how to detect it, what can be set, and with which commands. */
export interface Family {
  kind: DeviceKind;
  /**
   * Whether a device belongs to the family. The keys of its sysinfo decide, never the model alone.
   * @param listed the kind that the cloud's list suggests
   */
  matches: (sysinfo: Sysinfo, listed: DeviceKind) => boolean;
  /** The properties of a setting that this device has. */
  supports: (sysinfo: Sysinfo) => Property[];
  toCommand: (setting: ResolvedSetting, sysinfo: Sysinfo) => DeviceCommand;
  /** The module that restarts the device. */
  system: string;
  /** The module of the energy meter; undefined if this device has none. */
  meter: (sysinfo: Sysinfo) => string | undefined;
}

const BULB_SERVICE = { module: "smartlife.iot.smartbulb.lightingservice", method: "transition_light_state" };
// A light strip responds to the service of bulbs with -2001 (kasa.md section 5).
const LIGHT_STRIP_SERVICE = { module: "smartlife.iot.lightStrip", method: "set_light_state" };
const LIGHT = {
  supports: lightProperties,
  system: "smartlife.iot.common.system",
  meter: () => "smartlife.iot.common.emeter",
};
const PLUG = { system: "system", meter: plugMeter };

const hasLightStripKeys = ({ length, lighting_effect_state }: Sysinfo): boolean =>
  length !== undefined || lighting_effect_state !== undefined;

/** The most specific family comes first: the first one that matches is taken. */
const FAMILIES: readonly Family[] = [
  {
    kind: "strip",
    matches: ({ children }) => children !== undefined,
    supports: () => ["on", "led"],
    toCommand: relayCommand,
    ...PLUG,
  },
  {
    kind: "lightstrip",
    matches: (sysinfo, listed) =>
      sysinfo.light_state !== undefined && (hasLightStripKeys(sysinfo) || listed === "lightstrip"),
    toCommand: lightCommand(LIGHT_STRIP_SERVICE),
    ...LIGHT,
  },
  {
    kind: "bulb",
    matches: ({ light_state }) => light_state !== undefined,
    toCommand: lightCommand(BULB_SERVICE),
    ...LIGHT,
  },
  {
    kind: "dimmer",
    matches: ({ relay_state, brightness }) => relay_state !== undefined && brightness !== undefined,
    supports: () => ["on", "brightness", "transitionMs", "led"],
    toCommand: dimmerCommand,
    ...PLUG,
  },
  {
    kind: "plug",
    matches: ({ relay_state }) => relay_state !== undefined,
    supports: () => ["on", "led"],
    toCommand: relayCommand,
    ...PLUG,
  },
];

/**
 * The family of a device.
 * @param listed the kind that the cloud's list suggests: some light strips have the keys of a bulb
 * @throws `unsupported` for a device that has neither a relay nor a light
 */
export function detectFamily(sysinfo: Sysinfo, listed: DeviceKind): Family {
  const family = FAMILIES.find(({ matches }) => matches(sysinfo, listed));
  if (family) return family;
  throw new PlatformError("unsupported", "This device cannot be controlled: it is neither a plug nor a light.");
}

/** @throws `unsupported`, naming the properties that can be set */
export function checkSupported(setting: DeviceSetting, supported: readonly Property[], kind: string): void {
  const unsupported = (Object.keys(setting) as Property[]).filter((name) => !supported.includes(name));
  if (unsupported.length === 0) return;
  throw new PlatformError(
    "unsupported",
    `This ${kind} has no ${unsupported.join(", no ")}. It has: ${supported.join(", ")}.`,
  );
}

/**
 * Refuses what no plug or switch has, without a request. Device types that are not known here may have anything.
 * @throws `unsupported`
 */
export function checkSupportedByType(setting: DeviceSetting, { deviceType, kind }: Device): void {
  if (!/PLUG|SWITCH/i.test(deviceType)) return;
  checkSupported(setting, ["on", "brightness", "transitionMs", "led"], kind);
}

type RelaySetting = Readonly<{ on?: boolean | undefined; led?: boolean | undefined }>;

function relayCommand({ on, led }: RelaySetting): DeviceCommand {
  return {
    system: {
      ...(on === undefined ? {} : { set_relay_state: { state: Number(on) } }),
      ...ledMethods(led),
    },
  };
}

function ledMethods(led: boolean | undefined): Record<string, object> {
  return led === undefined ? {} : { set_led_off: { off: Number(!led) } };
}

// set_brightness only stores the level: the relay is switched beside it. A transition does both (kasa.md section 5).
function dimmerCommand({ on, brightness, transitionMs, led }: ResolvedSetting, sysinfo: Sysinfo): DeviceCommand {
  const switchedOn = on ?? (brightness === undefined ? undefined : true);
  if (transitionMs !== undefined) {
    if (switchedOn === undefined)
      throw inputError('"value.transitionMs" needs something to change beside it: on or brightness.');
    // A transition to 0 would switch it off, so a stored level of 0 is ignored.
    const level = switchedOn ? (brightness ?? (sysinfo.brightness || 100)) : 0;
    const transition = { brightness: level, mode: "gentle_on_off", duration: transitionMs };
    return {
      "smartlife.iot.dimmer": { set_dimmer_transition: transition },
      system: ledMethods(led),
    };
  }
  return {
    ...(brightness === undefined ? {} : { "smartlife.iot.dimmer": { set_brightness: { brightness } } }),
    ...relayCommand({ on: switchedOn, led }),
  };
}

function lightProperties({ is_dimmable, is_color, is_variable_color_temp }: Sysinfo): Property[] {
  const properties: Property[] = ["on", "transitionMs"];
  if (is_dimmable !== 0) properties.push("brightness");
  if (is_color === 1) properties.push("hue", "saturation");
  if (is_variable_color_temp === 1) properties.push("colorTemp");
  return properties;
}

function lightCommand({ module, method }: { module: string; method: string }): Family["toCommand"] {
  return ({ on, brightness, hue, saturation, colorTemp, transitionMs }) => {
    const hasColour = hue !== undefined || saturation !== undefined;
    const attributes = {
      ...(brightness === undefined ? {} : { brightness }),
      ...(hue === undefined ? {} : { hue }),
      ...(saturation === undefined ? {} : { saturation }),
      // A colour temperature overrides the colour, so it is set to 0 (kasa.md section 5).
      ...(hasColour ? { color_temp: 0 } : colorTemp === undefined ? {} : { color_temp: colorTemp }),
    };
    const isSwitchOnly = Object.keys(attributes).length === 0;
    if (isSwitchOnly && on === undefined) throw inputError('"value.transitionMs" needs something to change beside it.');
    const state = {
      on_off: Number(on ?? true),
      ...attributes,
      ...(transitionMs === undefined ? {} : { transition_period: transitionMs }),
      ignore_default: isSwitchOnly ? 0 : 1,
    };
    return { [module]: { [method]: state } };
  };
}

function plugMeter({ feature }: Sysinfo): string | undefined {
  return typeof feature === "string" && feature.includes("ENE") ? "emeter" : undefined;
}
