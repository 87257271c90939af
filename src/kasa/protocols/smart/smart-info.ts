import { z } from "zod";

const number = z.number().optional().catch(undefined);
const text = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

/** The effect of a light strip, in part: the strip keeps the rest to itself. */
const LightingEffect = z.looseObject({ enable: number, id: text, name: text, brightness: number });

/**
 * The result of `get_device_info`, and each entry of `get_child_device_list` (kasa-local.md section 8). The keys that it has
 * tell what the device is. An invalid value in an informative field must not invalidate the rest.
 */
export const SmartInfo = z.looseObject({
  device_id: text,
  /** Such as `SMART.TAPOPLUG`. */
  type: text,
  /** Of a child, such as `subg.trigger.contact-sensor`. */
  category: text,
  fw_ver: text,
  nickname: text,
  rssi: number,
  on_time: number,
  device_on: z.boolean().optional(),
  brightness: z.number().optional(),
  hue: z.number().optional(),
  saturation: z.number().optional(),
  color_temp: z.number().optional(),
  /** Of a fan, from 1. */
  fan_speed_level: number,
  color_temp_range: z.tuple([z.number(), z.number()]).optional().catch(undefined),
  /** Of a light strip. */
  lighting_effect: LightingEffect.optional().catch({}),
  /** Of a bulb. */
  dynamic_light_effect_enable: flag,
  dynamic_light_effect_id: text,
  /** Of a light with segments. */
  segment_effect: z.unknown().optional(),
  /** The number of an outlet, from 1. */
  position: number,
  /** Of what is connected to a hub. */
  status: text,
  at_low_battery: flag,
  /** The same of a switch. */
  is_low: flag,
  battery_percentage: number,
  current_temp: number,
  temp_unit: text,
  current_humidity: number,
  target_temp: number,
  /** Of a thermostat, such as `heating`. */
  trv_states: z.array(z.unknown()).optional().catch(undefined),
  open: flag,
  detected: flag,
  water_leak_status: text,
  in_alarm: flag,
  /** What `get_trigger_logs` of a button returns, which is asked for beside its info. */
  logs: z.array(z.unknown()).optional().catch(undefined),
});
export type SmartInfo = z.infer<typeof SmartInfo>;
