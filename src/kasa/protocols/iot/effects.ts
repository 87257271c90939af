import { inputError } from "../../../core/errors";
import { BUILT_IN_EFFECTS } from "./built-in-effects";
import type { DeviceCommand } from "./device-command";
import type { Sysinfo } from "./sysinfo";

/** The name of the effect that a light strip plays; null = none, undefined = it has no effects. */
export function playingEffect({ lighting_effect_state: state }: Sysinfo): string | null | undefined {
  if (!state) return undefined;
  // One without an id is what the strip shows while it is set up (kasa.md section 5).
  return state.enable === 1 && state.id !== "" ? (state.name ?? "") : null;
}

/** The names of the effects that a light strip can play: the built-in ones, and the one that it played last. */
export function effectNames({ lighting_effect_state: last }: Sysinfo): string[] | undefined {
  if (!last) return undefined;
  const names = BUILT_IN_EFFECTS.map(({ name }) => name);
  return last.name && last.id !== "" && !names.includes(last.name) ? [...names, last.name] : names;
}

/**
 * Starts an effect by its name, in upper or lower case: a built-in one, or the one that the strip played last.
 * @param brightness undefined = the one that the effect has
 * @throws `input`, naming the effects
 */
export function buildEffectCommand(name: string, brightness: number | undefined, sysinfo: Sysinfo): DeviceCommand {
  const normalized = name.trim().toLowerCase();
  const last = sysinfo.lighting_effect_state;
  const effect =
    BUILT_IN_EFFECTS.find((one) => one.name.toLowerCase() === normalized) ??
    (last?.id !== "" && last?.name?.trim().toLowerCase() === normalized ? last : undefined);
  if (!effect) {
    const names = effectNames(sysinfo) ?? [];
    throw inputError(`There is no effect "${name.slice(0, 40)}". There are: ${names.join(", ")}.`);
  }
  return effectCommand({ ...effect, ...(brightness === undefined ? {} : { brightness }), enable: 1 });
}

/** Ends the effect that a light strip plays. */
export function buildEffectEndCommand({ lighting_effect_state: state }: Sysinfo): DeviceCommand {
  const effect = BUILT_IN_EFFECTS.find(({ name }) => name === state?.name);
  return effectCommand({ ...effect, ...state, enable: 0 });
}

// The strip wants the whole effect, also to end it (kasa.md section 5).
function effectCommand(effect: object): DeviceCommand {
  return { "smartlife.iot.lighting_effect": { set_lighting_effect: effect } };
}
