import type { LightPreset } from "../../device";
import { BUILT_IN_EFFECTS } from "./built-in-effects";
import type { Sysinfo } from "./sysinfo";

type PreferredState = NonNullable<Sysinfo["preferred_state"]>[number];

/** What the owner of a light or dimmer has stored in it, in the order of the app; undefined if there is nothing. */
export function parsePresets(sysinfo: Sysinfo): LightPreset[] | undefined {
  const states = sysinfo.preferred_state ?? [];
  if (states.length === 0) return undefined;
  return states.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)).map((state) => parsePreset(state, sysinfo));
}

function parsePreset(state: PreferredState, { is_color, is_variable_color_temp }: Sysinfo): LightPreset {
  const { brightness, hue, saturation, color_temp, id } = state;
  const level = brightness === undefined ? {} : { brightness };
  // A preset with an id is an effect.
  if (id !== undefined) return { effect: BUILT_IN_EFFECTS.find((effect) => effect.id === id)?.name ?? id, ...level };
  // As in the state of a light, a colour temperature overrides the colour.
  if (color_temp) return { ...level, ...(is_variable_color_temp === 1 ? { colorTemp: color_temp } : {}) };
  return { ...level, ...(is_color === 1 && hue !== undefined && saturation !== undefined ? { hue, saturation } : {}) };
}
