import { isPlainObject } from "../../../core/encoding";
import { isPlatformError, PlatformError } from "../../../core/errors";
import type { LightPreset } from "../../device";
import type { Send } from "../device-protocol";
import { sendSmartRequest } from "./smart-request";

type Result = Readonly<Record<string, unknown>>;

/** More than any app offers. */
const MAX_PRESETS = 32;

/**
 * Reads what the owner of a light or dimmer has stored in it. Lights have states, in pages with some firmwares; dimmers have
 * levels alone (kasa-local.md section 8).
 */
export async function readSmartPresets(send: Send, outletId: string | undefined): Promise<LightPreset[]> {
  const presets: LightPreset[] = [];
  for (;;) {
    const result = await fetchPage(presets.length, send, outletId);
    const { brightness: levels, states = levels, sum } = result;
    if (!Array.isArray(states) || states.length === 0) return presets;
    presets.push(...states.slice(0, MAX_PRESETS - presets.length).map(parsePreset));
    if (typeof sum !== "number" || presets.length >= Math.min(sum, MAX_PRESETS)) return presets;
  }
}

/** The presets of a light or dimmer whose state is known all the same if they cannot be read. */
export async function readPresetsIfAny(send: Send): Promise<LightPreset[]> {
  try {
    return await readSmartPresets(send, undefined);
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === "cancelled") throw error;
    return [];
  }
}

// Only newer firmwares accept a start_index.
async function fetchPage(start: number, send: Send, outletId: string | undefined): Promise<Result> {
  const method = "get_preset_rules";
  try {
    return await sendSmartRequest({ method, params: { start_index: start } }, "read", send, outletId);
  } catch (error) {
    if (start > 0 || !isPlatformError(error, "input", "unsupported", "rejected")) throw error;
    return sendSmartRequest({ method }, "read", send, outletId);
  }
}

function parsePreset(state: unknown): LightPreset {
  if (typeof state === "number") return { brightness: state };
  const { lighting_effect: effect, ...light } = isPlainObject(state) ? state : {};
  const { brightness, name } = (isPlainObject(effect) ? effect : light) as { brightness?: unknown; name?: unknown };
  const level = typeof brightness === "number" ? { brightness } : {};
  if (typeof name === "string") return { effect: name, ...level };
  const { color_temp: colorTemp, hue, saturation } = light;
  if (typeof colorTemp === "number" && colorTemp > 0) return { ...level, colorTemp };
  return { ...level, ...(typeof hue === "number" && typeof saturation === "number" ? { hue, saturation } : {}) };
}
