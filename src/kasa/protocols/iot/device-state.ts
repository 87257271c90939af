import type { Device, DeviceState, Outlet } from "../../device";
import { colorTempRange } from "./colour-temperature";
import { playingEffect } from "./effects";
import { detectFamily } from "./families";
import { parsePresets } from "./presets";
import type { Sysinfo } from "./sysinfo";

/**
 * Derives the state of a device from its sysinfo.
 * @throws `unsupported` for a device that has neither a relay nor a light
 */
export function parseDeviceState(device: Device, sysinfo: Sysinfo): DeviceState {
  const { rssi, led_off, on_time, active_mode } = sysinfo;
  const presets = parsePresets(sysinfo);
  return {
    deviceId: device.deviceId,
    alias: sysinfo.alias ?? device.alias,
    kind: detectFamily(sysinfo, device.kind).kind,
    ...parsePower(device.deviceId, sysinfo),
    ...(presets ? { presets } : {}),
    ...(active_mode === "anti_theft" ? { away: true } : {}),
    ...(rssi === undefined ? {} : { rssi }),
    ...(led_off === undefined ? {} : { led: led_off === 0 }),
    ...(on_time === undefined || sysinfo.children ? {} : { onTimeS: on_time }),
  };
}

/** The outlets of a strip; undefined for any other device. */
export function parseOutlets(deviceId: string, { children }: Sysinfo): Outlet[] | undefined {
  return children?.map((child) => parseOutlet(deviceId, child));
}

/** The sysinfo of a strip, as it is after one of its outlets has been switched. */
export function withOutlet(sysinfo: Sysinfo, { id }: Outlet, on: boolean | undefined): Sysinfo {
  const children = sysinfo.children?.map((child) => (id.endsWith(child.id) ? { ...child, state: Number(on) } : child));
  return { ...sysinfo, children };
}

type Power = Omit<DeviceState, "deviceId" | "alias" | "kind">;

function parsePower(deviceId: string, sysinfo: Sysinfo): Power {
  const { light_state: light, relay_state: relay, plug, brightness } = sysinfo;
  const outlets = parseOutlets(deviceId, sysinfo);
  if (outlets) return { on: outlets.some(({ on }) => on), outlets };
  if (light) return { on: light.on_off === 1, ...parseLight(sysinfo) };
  if (relay === undefined && plug) return { on: /^on$/i.test(plug.relay_status) };
  return { on: relay === 1, ...(brightness === undefined ? {} : { brightness }) };
}

type Child = NonNullable<Sysinfo["children"]>[number];

// Some firmwares give an outlet's two digits alone; commands need the device's id in front of them (kasa.md section 5).
function parseOutlet(deviceId: string, { id, alias, state }: Child): Outlet {
  return { id: id.length <= 2 ? deviceId + id : id, alias: alias ?? "", on: state === 1 };
}

// A bulb that is off has its settings one level deeper (kasa.md section 5); in one that is on, those may be outdated.
function parseLight(sysinfo: Sysinfo): Partial<DeviceState> {
  const { light_state, is_color, is_variable_color_temp } = sysinfo;
  const { brightness, hue, saturation, color_temp } = { ...light_state?.dft_on_state, ...light_state };
  const range = colorTempRange(sysinfo);
  const effect = playingEffect(sysinfo);
  // While an effect plays, its own brightness is seen.
  const shown = typeof effect === "string" ? (sysinfo.lighting_effect_state?.brightness ?? brightness) : brightness;
  return {
    ...(shown === undefined ? {} : { brightness: shown }),
    ...(is_color === 1 && hue !== undefined ? { hue } : {}),
    ...(is_color === 1 && saturation !== undefined ? { saturation } : {}),
    // 0 means that the light shows a colour.
    ...(is_variable_color_temp === 1 && color_temp ? { colorTemp: color_temp } : {}),
    ...(range ? { colorTempRange: range } : {}),
    ...(effect === undefined ? {} : { effect }),
  };
}
