import { z } from "zod";
import { failFastArray } from "../../array-schemas";

const LightState = z.looseObject({
  on_off: z.number().optional(),
  brightness: z.number().optional(),
  hue: z.number().optional(),
  saturation: z.number().optional(),
  color_temp: z.number().optional(),
});

/** Beside the effect that was set last, it tells whether that one plays. */
const LightingEffectState = z.looseObject({
  enable: z.number().optional(),
  id: z.string().optional().catch(undefined),
  name: z.string().optional(),
  brightness: z.number().optional(),
});

/** What the app stores for a light: a level, a colour, or, where it has an id, an effect. */
const PreferredState = LightState.extend({ index: z.number().optional(), id: z.string().optional() });

/**
 * The result of `get_sysinfo`. The keys that it has determine the family of the device (kasa.md section 5).
 * An invalid value in an informative field must not invalidate the rest.
 */
export const Sysinfo = z.looseObject({
  alias: z.string().optional().catch(undefined),
  deviceId: z.string().optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  rssi: z.number().optional().catch(undefined),
  led_off: z.number().optional().catch(undefined),
  relay_state: z.number().optional(),
  on_time: z.number().optional().catch(undefined),
  /** The plug of a range extender, which has no relay_state. */
  plug: z.looseObject({ relay_status: z.string() }).optional().catch(undefined),
  brightness: z.number().optional(),
  children: failFastArray(
    z.looseObject({ id: z.string(), alias: z.string().optional().catch(undefined), state: z.number().optional() }),
  ).optional(),
  is_color: z.number().optional(),
  is_variable_color_temp: z.number().optional(),
  // What does not tell whether it is on must not be taken for off.
  light_state: LightState.extend({ on_off: z.number(), dft_on_state: LightState.optional() }).optional(),
  length: z.number().optional(),
  lighting_effect_state: LightingEffectState.optional().catch({}),
  preferred_state: failFastArray(PreferredState).optional().catch(undefined),
  /** Such as `schedule`. */
  active_mode: z.string().optional().catch(undefined),
});
export type Sysinfo = z.infer<typeof Sysinfo>;
