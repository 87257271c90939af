import { inputError, PlatformError } from "../../../core/errors";
import type { ResolvedSetting } from "../../device-setting";
import type { Property } from "../supported";
import { playingEffect, toEffectRequest } from "./smart-effects";
import type { SmartInfo } from "./smart-info";
import type { SmartRequest } from "./smart-request";
import { colorTempRangeOf, hasColorTemp } from "./smart-state";

/** What can be set, by the keys that a device reports. */
export function smartProperties(info: SmartInfo): Property[] {
  const { device_on, brightness, hue, fan_speed_level } = info;
  return [
    ...(device_on === undefined ? [] : (["on"] as const)),
    ...(brightness === undefined ? [] : (["brightness"] as const)),
    ...(fan_speed_level === undefined ? [] : (["fanSpeed"] as const)),
    ...(hue === undefined ? [] : (["hue", "saturation"] as const)),
    ...(hasColorTemp(info) ? (["colorTemp"] as const) : []),
    ...(playingEffect(info) === undefined ? [] : (["effect"] as const)),
  ];
}

/**
 * Turns a setting into the parameters of `set_device_info`, which carries all of them at once. Effects and the LED have
 * methods of their own.
 * @throws `input` for a colour temperature that the light does not have
 */
export function toDeviceInfo(setting: ResolvedSetting, info: SmartInfo): Partial<SmartInfo> {
  const { on, brightness, fanSpeed, hue, saturation, colorTemp } = setting;
  checkColorTemp(colorTemp, info);
  if (on === null)
    throw new PlatformError(
      "unsupported",
      'This device switches on with its level: leave out "on", or set it when it is on.',
    );
  const hasColour = hue !== undefined || saturation !== undefined;
  const light = {
    ...(brightness === undefined ? {} : { brightness }),
    ...(fanSpeed === undefined ? {} : { fan_speed_level: fanSpeed }),
    // A colour temperature overrides the colour (kasa-local.md section 8). A saturation of 0 would show nothing of a hue.
    ...(hasColour ? { hue: hue ?? info.hue ?? 0, saturation: saturation ?? (info.saturation || 100) } : {}),
    ...(hasColour && info.color_temp !== undefined ? { color_temp: 0 } : {}),
    ...(colorTemp === undefined ? {} : { color_temp: colorTemp }),
  };
  // A level switches bulbs on; whether it does that with wall switches is not known (kasa-local.md section 8).
  const isOn = on ?? (Object.keys(light).length > 0 ? true : undefined);
  return isOn === undefined ? light : { device_on: isOn, ...light };
}

/** The requests of a setting, in their order; the LED is not among them. */
export function toSmartRequests(setting: ResolvedSetting, info: SmartInfo): SmartRequest[] {
  const effect = toEffectRequest(setting, info);
  const { brightness, on, ...others } = setting;
  const isStarting = typeof setting.effect === "string";
  // The level of an effect that starts or plays is its own.
  const isLevelOfEffect = brightness !== undefined && effect?.params["brightness"] === brightness;
  const isOn = on === undefined && (isStarting || isLevelOfEffect) ? true : on;
  const level = brightness === undefined || isLevelOfEffect ? {} : { brightness };
  const params = toDeviceInfo({ ...others, ...level, on: isOn }, info);
  const change = Object.keys(params).length > 0 ? { method: "set_device_info", params, reported: params } : undefined;
  // An effect that starts would switch on what is to be off.
  const requests = isStarting && isOn === true ? [change, effect] : [effect, change];
  return requests.filter((request) => request !== undefined);
}

function checkColorTemp(colorTemp: number | undefined, info: SmartInfo): void {
  const [lowest, highest] = colorTempRangeOf(info) ?? [0, Infinity];
  if (colorTemp === undefined || (colorTemp >= lowest && colorTemp <= highest)) return;
  throw inputError(`"value.colorTemp" must be from ${lowest} to ${highest} for this light.`);
}
