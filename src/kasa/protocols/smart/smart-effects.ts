import { inputError } from "../../../core/errors";
import type { ResolvedSetting } from "../../device-setting";
import type { Send } from "../device-protocol";
import { LIGHT_STRIP_EFFECTS } from "./light-strip-effects";
import type { SmartInfo } from "./smart-info";
import { askIfSupported, type SmartRequest } from "./smart-request";

/** The effects of bulbs by their ids (kasa-local.md section 8). */
const BULB_EFFECTS: Readonly<Record<string, string>> = { L1: "Party", L2: "Relax" };

const STRIP_EFFECT_NAMES: readonly string[] = LIGHT_STRIP_EFFECTS.map(({ name }) => name);

/** The name of the effect that a light plays; null = none, undefined = it has no effects. */
export function playingEffect(info: SmartInfo): string | null | undefined {
  const { lighting_effect: own, dynamic_light_effect_enable: isPlaying, dynamic_light_effect_id: id = "" } = info;
  // One without an id is what the strip shows while it is set up (kasa-local.md section 8).
  if (own) return own.enable === 1 && own.id !== "" ? (own.name ?? "") : null;
  if (!hasBulbEffects(info)) return undefined;
  return isPlaying ? (BULB_EFFECTS[id] ?? id) : null;
}

// Bulbs with segments report the key as well, but do not have the two effects (kasa-local.md section 8).
function hasBulbEffects({ dynamic_light_effect_enable: isPlaying, segment_effect: segments }: SmartInfo): boolean {
  return isPlaying !== undefined && segments === undefined;
}

/** The names of the effects of a light; undefined if it has none. */
export function smartEffectNames(info: SmartInfo): string[] | undefined {
  const { lighting_effect: last } = info;
  if (!last) return hasBulbEffects(info) ? Object.values(BULB_EFFECTS) : undefined;
  const isOwn = last.id && last.name && !STRIP_EFFECT_NAMES.includes(last.name);
  return isOwn && last.name ? [...STRIP_EFFECT_NAMES, last.name] : [...STRIP_EFFECT_NAMES];
}

/**
 * The info of a light, with the whole of its owner's effect if that is to be started: the strip tells of the one that it
 * played last.
 */
export async function withOwnEffect({ effect }: ResolvedSetting, info: SmartInfo, send: Send): Promise<SmartInfo> {
  const { lighting_effect: last } = info;
  if (typeof effect !== "string" || !last?.id || !isSameName(last.name ?? "", effect)) return info;
  const whole = LIGHT_STRIP_EFFECTS.some(({ name }) => isSameName(name, effect))
    ? undefined
    : await askIfSupported("get_lighting_effect", send);
  return whole ? { ...info, lighting_effect: { ...whole, ...last } } : info;
}

/**
 * The request that starts, dims or ends an effect, as a setting wants it.
 * @returns undefined if the setting has nothing to do with effects
 * @throws `input` for an effect that the light does not have, naming those that it has
 */
export function toEffectRequest(setting: ResolvedSetting, info: SmartInfo): SmartRequest | undefined {
  const { effect, brightness, hue, saturation, colorTemp } = setting;
  const isStrip = info.lighting_effect !== undefined;
  if (typeof effect === "string") return isStrip ? startStripEffect(effect, brightness, info) : startBulbEffect(effect);
  if (typeof playingEffect(info) !== "string") return undefined;
  // A colour is not seen before the effect has ended.
  const ends = effect === null || [hue, saturation, colorTemp].some((value) => value !== undefined);
  if (ends) return isStrip ? stripRequest({ ...info.lighting_effect, enable: 0 }) : bulbRequest(false);
  return isStrip && brightness !== undefined ? stripRequest({ brightness, bAdjusted: true }, info) : undefined;
}

function startStripEffect(name: string, brightness: number | undefined, info: SmartInfo): SmartRequest {
  const { lighting_effect: last } = info;
  const effect =
    LIGHT_STRIP_EFFECTS.find((one) => isSameName(one.name, name)) ??
    (last?.["type"] !== undefined && isSameName(last.name ?? "", name) ? last : undefined);
  if (!effect) throw unknownEffectError(name, STRIP_EFFECT_NAMES);
  return stripRequest({ ...effect, ...(brightness === undefined ? {} : { brightness }), enable: 1 });
}

function startBulbEffect(name: string): SmartRequest {
  const [id] = Object.entries(BULB_EFFECTS).find((entry) => entry.some((one) => isSameName(one, name))) ?? [];
  if (id === undefined) throw unknownEffectError(name, Object.values(BULB_EFFECTS));
  return bulbRequest(true, id);
}

// The strip wants the whole effect, also to end it; to dim the one that plays, the level alone (kasa-local.md section 8).
function stripRequest(params: Readonly<Record<string, unknown>>, { lighting_effect }: SmartInfo = {}): SmartRequest {
  const { enable, name, brightness } = { ...lighting_effect, ...params };
  return {
    method: "set_lighting_effect",
    params,
    reported: { lighting_effect: { ...lighting_effect, enable, name, brightness } },
  };
}

function bulbRequest(enable: boolean, id?: string): SmartRequest {
  const reported = {
    dynamic_light_effect_enable: enable,
    ...(id === undefined ? {} : { dynamic_light_effect_id: id }),
  };
  return {
    method: "set_dynamic_light_effect_rule_enable",
    params: { enable, ...(id === undefined ? {} : { id }) },
    reported,
  };
}

const isSameName = (one: string, other: string): boolean => one.trim().toLowerCase() === other.trim().toLowerCase();

function unknownEffectError(name: string, names: readonly string[]): Error {
  return inputError(`There is no effect "${name.slice(0, 40)}". There are: ${names.join(", ")}.`);
}
