import { inputError, PlatformError } from "../../../core/errors";
import type { ResolvedSetting } from "../../device-setting";
import type { Property } from "../supported";
import type { DeviceCommand } from "./device-command";
import { buildEffectCommand, buildEffectEndCommand, playingEffect } from "./effects";
import type { Sysinfo } from "./sysinfo";

/** What differs between the services of bulbs and of light strips (kasa.md section 5). */
interface LightService {
  module: string;
  method: string;
  /** The field for the duration of a change, in milliseconds. */
  fade: string;
}

const BULB: LightService = {
  module: "smartlife.iot.smartbulb.lightingservice",
  method: "transition_light_state",
  fade: "transition_period",
};
// A light strip responds to the service of bulbs with -2001, and ignores their field for the fade (kasa.md section 5).
const LIGHT_STRIP: LightService = {
  module: "smartlife.iot.lightStrip",
  method: "set_light_state",
  fade: "transition",
};

export function lightProperties(sysinfo: Sysinfo): Property[] {
  const { is_dimmable, is_color, is_variable_color_temp } = sysinfo;
  const properties: Property[] = ["on", "transitionMs"];
  if (is_dimmable !== 0) properties.push("brightness");
  if (is_color === 1) properties.push("hue", "saturation");
  if (is_variable_color_temp === 1) properties.push("colorTemp");
  return [...properties, ...presetProperty(sysinfo)];
}

export function presetProperty(sysinfo: Sysinfo): "preset"[] {
  return sysinfo.preferred_state?.length ? ["preset"] : [];
}

export function lightStripProperties(sysinfo: Sysinfo): Property[] {
  return [...lightProperties(sysinfo), ...(sysinfo.lighting_effect_state ? (["effect"] as const) : [])];
}

export function bulbCommands(setting: ResolvedSetting): DeviceCommand[] {
  return [lightCommand(BULB, setting)];
}

/** A light strip: what it shows is either an effect, or what its light state says. */
export function lightStripCommands(setting: ResolvedSetting, sysinfo: Sysinfo): DeviceCommand[] {
  const { effect, brightness, ...rest } = setting;
  if (typeof effect === "string") {
    // Plain on or off does not end it.
    const switched = lightCommand(LIGHT_STRIP, { ...rest, on: rest.on === undefined ? true : rest.on });
    return [{ ...buildEffectCommand(effect, brightness, sysinfo), ...switched }];
  }
  const isPlaying = typeof playingEffect(sysinfo) === "string";
  const light = { ...rest, ...(brightness === undefined ? {} : { brightness }) };
  if (effect === null) {
    const isAlone = Object.values(light).every((value) => value === undefined);
    return [
      ...(isPlaying ? [buildEffectEndCommand(sysinfo)] : []),
      ...(isAlone ? [] : [lightCommand(LIGHT_STRIP, light)]),
    ];
  }
  if (!isPlaying) return [lightCommand(LIGHT_STRIP, light)];
  const { hue, saturation, colorTemp, on } = light;
  // A colour ends an effect, a colour temperature by itself does not (kasa.md section 5).
  if (colorTemp !== undefined) {
    return [lightCommand(LIGHT_STRIP, { on, hue: 0, saturation: 0 }), lightCommand(LIGHT_STRIP, light)];
  }
  if (hue === undefined && saturation === undefined) return [lightCommand(LIGHT_STRIP, light)];
  // Only both of them together are a colour; a saturation of 0 would show nothing of it.
  const { light_state: last } = sysinfo;
  const shown = { ...last?.dft_on_state, ...last };
  const colour = { hue: hue ?? shown.hue ?? 0, saturation: saturation ?? (shown.saturation || 100) };
  return [lightCommand(LIGHT_STRIP, { ...light, ...colour })];
}

function lightCommand({ module, method, fade }: LightService, setting: ResolvedSetting): DeviceCommand {
  const { on, brightness, hue, saturation, colorTemp, transitionMs } = setting;
  if (on === null)
    throw new PlatformError(
      "unsupported",
      'A light cannot store a level while it is off, as dimmers can: leave out "on".',
    );
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
    ...(transitionMs === undefined ? {} : { [fade]: transitionMs }),
    ignore_default: isSwitchOnly ? 0 : 1,
  };
  return { [module]: { [method]: state } };
}
