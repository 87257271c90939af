import { inputError, PlatformError } from "../../../core/errors";
import type { Device, DeviceKind } from "../../device";
import type { DeviceSetting, ResolvedSetting } from "../../device-setting";
import { selectSupported, type Property } from "../supported";
import type { DeviceCommand } from "./device-command";
import {
  bulbCommands,
  lightProperties,
  lightStripCommands,
  lightStripProperties,
  presetProperty,
} from "./light-commands";
import type { Sysinfo } from "./sysinfo";

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
  /** Most often one. The device carries them out one after the other. */
  toCommands: (setting: ResolvedSetting, sysinfo: Sysinfo) => DeviceCommand[];
  /** The module that restarts the device. */
  system: string;
  /** The modules of its clock, of the rules by which it switches itself, and of its countdown and its away mode. */
  modules: Readonly<Record<"time" | "schedule" | "countdown" | "away", string>>;
  /** The module of the energy meter; undefined if this device has none. */
  meter: (sysinfo: Sysinfo) => string | undefined;
}

const LIGHT = {
  system: "smartlife.iot.common.system",
  meter: () => "smartlife.iot.common.emeter",
  modules: {
    time: "smartlife.iot.common.timesetting",
    schedule: "smartlife.iot.common.schedule",
    countdown: "smartlife.iot.common.count_down",
    away: "smartlife.iot.common.anti_theft",
  },
};
const PLUG = {
  system: "system",
  meter: plugMeter,
  modules: { time: "time", schedule: "schedule", countdown: "count_down", away: "anti_theft" },
};

const hasLightStripKeys = ({ length, lighting_effect_state }: Sysinfo): boolean =>
  length !== undefined || lighting_effect_state !== undefined;

/** The most specific family comes first: the first one that matches is taken. */
const FAMILIES: readonly Family[] = [
  {
    kind: "strip",
    matches: ({ children }) => children !== undefined,
    supports: () => ["on", "led"],
    toCommands: relayCommands,
    ...PLUG,
  },
  {
    kind: "lightstrip",
    matches: (sysinfo, listed) =>
      sysinfo.light_state !== undefined && (hasLightStripKeys(sysinfo) || listed === "lightstrip"),
    supports: lightStripProperties,
    toCommands: lightStripCommands,
    ...LIGHT,
  },
  {
    kind: "bulb",
    matches: ({ light_state }) => light_state !== undefined,
    supports: lightProperties,
    toCommands: bulbCommands,
    ...LIGHT,
  },
  {
    kind: "dimmer",
    matches: ({ relay_state, brightness }) => relay_state !== undefined && brightness !== undefined,
    supports: (sysinfo) => ["on", "brightness", "transitionMs", "led", ...presetProperty(sysinfo)],
    toCommands: dimmerCommands,
    ...PLUG,
  },
  {
    kind: "plug",
    matches: ({ relay_state }) => relay_state !== undefined,
    supports: () => ["on", "led"],
    toCommands: relayCommands,
    ...PLUG,
  },
  {
    // A range extender with a plug, whose command is not known.
    kind: "plug",
    matches: ({ plug }) => plug !== undefined,
    supports: () => [],
    toCommands: () => [],
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
  throw new PlatformError(
    "unsupported",
    listed === "camera"
      ? "This is a camera: it understands raw commands, but has no state that this package knows."
      : "This device cannot be controlled: it is neither a plug nor a light.",
  );
}

/**
 * Refuses what no plug or switch has, without a request. Device types that are not known here may have anything.
 * @throws `unsupported`
 */
export function checkSupportedByType(setting: DeviceSetting, { deviceType, kind }: Device): void {
  if (/PLUG|SWITCH/i.test(deviceType))
    selectSupported(setting, ["on", "brightness", "transitionMs", "preset", "led"], kind, false);
}

type RelaySetting = Readonly<{ on?: boolean | null | undefined; led?: boolean | undefined }>;

function relayCommands(setting: RelaySetting): DeviceCommand[] {
  return [relayCommand(setting)];
}

function relayCommand({ on, led }: RelaySetting): DeviceCommand {
  return {
    system: {
      ...(typeof on === "boolean" ? { set_relay_state: { state: Number(on) } } : {}),
      ...ledMethods(led),
    },
  };
}

function ledMethods(led: boolean | undefined): Record<string, object> {
  return led === undefined ? {} : { set_led_off: { off: Number(!led) } };
}

// set_brightness only stores the level: the relay is switched beside it. A transition does both (kasa.md section 5).
function dimmerCommands({ on, brightness, transitionMs, led }: ResolvedSetting, sysinfo: Sysinfo): DeviceCommand[] {
  // null leaves it as it is.
  const switchedOn = on === undefined && brightness !== undefined ? true : (on ?? undefined);
  if (transitionMs !== undefined) {
    if (switchedOn === undefined)
      throw inputError('"value.transitionMs" needs something to change beside it: on or brightness.');
    // A transition to 0 would switch it off, so a stored level of 0 is ignored.
    const level = switchedOn ? (brightness ?? (sysinfo.brightness || 100)) : 0;
    const transition = { brightness: level, mode: "gentle_on_off", duration: transitionMs };
    return [{ "smartlife.iot.dimmer": { set_dimmer_transition: transition }, system: ledMethods(led) }];
  }
  const level = {
    ...(brightness === undefined ? {} : { "smartlife.iot.dimmer": { set_brightness: { brightness } } }),
    ...relayCommand({ on: switchedOn, led }),
  };
  return [level];
}

function plugMeter({ feature }: Sysinfo): string | undefined {
  return typeof feature === "string" && feature.includes("ENE") ? "emeter" : undefined;
}
