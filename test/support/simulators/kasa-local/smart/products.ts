import { CloudDevice, describeProduct } from "../../kasa/devices";
import type { Json } from "../../kasa/firmware";
import type { LanProduct } from "../device";
import type { LanTransport } from "../types";
import {
  alarmMethods,
  bulbEffectMethods,
  ledMethods,
  meterMethods,
  stripEffectMethods,
  TriggerLog,
  type SmartMeter,
} from "./abilities";
import { addSettings } from "./settings";
import { presetMethods } from "./timers";
import { SmartUnit } from "./unit";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const COMPONENTS = { device: 2, firmware: 2, time: 1, wireless: 1, account: 1, cloud_connect: 1, default_states: 1 };
const PLUG_COMPONENTS = { ...COMPONENTS, led: 1, auto_off: 2 };
const LIGHT_COMPONENTS = { ...COMPONENTS, brightness: 1, on_off_gradually: 2 };

/** A SMART device with its firmware. */
export interface SmartProduct extends LanProduct {
  smart: SmartUnit;
}

function product(
  transport: LanTransport,
  [type, model, alias]: readonly [type: string, model: string, alias: string],
  own: Json,
  components: Readonly<Record<string, number>>,
): SmartProduct {
  const identity = new CloudDevice(describeProduct(type, model, "Tapo device", "1.0"), alias);
  return { identity, transport, smart: unitOf(identity, own, components) };
}

/** What every device reports, and what this one adds to it. */
export function unitOf(
  identity: CloudDevice,
  own: Json,
  components: Readonly<Record<string, number>> = PLUG_COMPONENTS,
): SmartUnit {
  const { deviceId, alias, mac, product: listed } = identity;
  const info = {
    device_id: deviceId,
    fw_ver: "1.2.3 Build 240617 Rel.153525",
    hw_ver: listed.deviceHwVer,
    type: listed.deviceType,
    model: listed.deviceModel.replace(/\(.*/, ""),
    mac: mac.match(/../g)?.join("-"),
    nickname: base64(alias),
    ssid: base64("Harbour"),
    latitude: 123456,
    longitude: -654321,
    region: "Europe/Berlin",
    time_diff: 60,
    rssi: -45,
    signal_level: 3,
    overheated: false,
    ...own,
  };
  const unit = new SmartUnit(info, { ...components });
  if ("led" in components) Object.assign(unit.methods, ledMethods());
  addSettings(unit);
  return unit;
}

export function smartPlug(alias: string, transport: LanTransport = "klap2", model = "P100(EU)"): SmartProduct {
  return product(transport, ["SMART.TAPOPLUG", model, alias], { device_on: false, on_time: 0 }, PLUG_COMPONENTS);
}

interface MeterPlugOptions {
  transport?: LanTransport;
  has?: "usage" | "emeter";
  model?: string;
}

export function smartMeterPlug(
  alias: string,
  { transport = "klap2", has = "emeter", model = "P110M(EU)" }: MeterPlugOptions = {},
): SmartProduct & { meter: SmartMeter } {
  const meter = { powerMw: 46_812, voltageMv: 231_400, currentMa: 202, todayWh: 310, monthWh: 6266 };
  const components = { ...PLUG_COMPONENTS, energy_monitoring: 2 };
  const made = product(transport, ["SMART.TAPOPLUG", model, alias], { device_on: true, on_time: 1621 }, components);
  Object.assign(made.smart.methods, meterMethods(meter, has));
  return { ...made, meter };
}

export function smartDimmer(alias: string, transport: LanTransport = "aes2"): SmartProduct {
  const own = { device_on: false, brightness: 46, on_time: 0 };
  const components = { ...LIGHT_COMPONENTS, led: 1 };
  const made = product(transport, ["SMART.TAPOSWITCH", "S500D(US)", alias], own, components);
  presetMethods(made.smart, [100, 75, 50, 25, 1]);
  return made;
}

export function smartBulb(alias: string, transport: LanTransport = "klap2"): SmartProduct {
  const own = {
    device_on: true,
    brightness: 100,
    hue: 0,
    saturation: 100,
    color_temp: 2700,
    color_temp_range: [2500, 6500],
    dynamic_light_effect_enable: false,
  };
  const components = { ...LIGHT_COMPONENTS, color: 1, color_temperature: 1, light_effect: 1 };
  const made = product(transport, ["SMART.TAPOBULB", "L530E(EU)", alias], own, components);
  Object.assign(made.smart.methods, bulbEffectMethods(made.smart));
  return made;
}

/** @param kelvin `[9000, 9000]` for a strip without white */
export function smartLightStrip(alias: string, kelvin = [2500, 6500], transport: LanTransport = "klap2"): SmartProduct {
  const own = {
    device_on: true,
    brightness: 100,
    hue: 0,
    saturation: 100,
    color_temp: kelvin[0],
    color_temp_range: kelvin,
    lighting_effect: { brightness: 50, custom: 0, display_colors: [], enable: 0, id: "", name: "station" },
  };
  const components = {
    ...LIGHT_COMPONENTS,
    color: 1,
    color_temperature: 1,
    light_strip: 1,
    light_strip_lighting_effect: 2,
  };
  const made = product(transport, ["SMART.TAPOBULB", "L930-5(EU)", alias], own, components);
  Object.assign(made.smart.methods, stripEffectMethods(made.smart));
  return made;
}

/** A strip whose outlets have the ids of the strip and two digits, and are listed from the last to the first. */
export function smartPowerStrip(
  alias: string,
  outlets: readonly string[],
  { meters = [], transport = "klap2" }: { meters?: readonly SmartMeter[]; transport?: LanTransport } = {},
): SmartProduct {
  const model = meters.length > 0 ? "P304M(EU)" : "P300(EU)";
  const components = { device: 2, time: 1, led: 1, control_child: 2, child_device: 2 };
  const made = product(transport, ["SMART.TAPOPLUG", model, alias], {}, components);
  const units = outlets.map((name, index) => {
    const id = `${made.identity.deviceId}0${index}`;
    const own = {
      device_id: id,
      original_device_id: made.identity.deviceId,
      category: "plug.powerstrip.sub-plug",
      nickname: base64(name),
      position: index + 1,
      slot_number: outlets.length,
      device_on: false,
      on_time: 0,
    };
    const unit = unitOf(made.identity, own, { device: 2, time: 1, ...(meters[index] && { energy_monitoring: 2 }) });
    if (meters[index]) Object.assign(unit.methods, meterMethods(meters[index], "bare"));
    return unit;
  });
  made.smart.children.push(...units.toReversed());
  return made;
}

/** A wall switch for a fan with a light. It lists the components of both as its own, and has none of what they stand for. */
export function smartFanSwitch(alias: string, transport: LanTransport = "klap2"): SmartProduct {
  const parts = { device: 2, time: 1, schedule: 2, countdown: 2 };
  const light = { ...parts, antitheft: 1, brightness: 1, preset: 1, on_off_gradually: 2, dimmer_calibration: 1 };
  const fan = { ...parts, fan_control: 1 };
  const components = { ...light, ...fan, led: 1, child_device: 2, control_child: 1 };
  const made = product(transport, ["SMART.KASASWITCH", "KS240(US)", alias], {}, components);
  const unit = (digit: number, name: string, own: Json, has: Readonly<Record<string, number>>): SmartUnit =>
    unitOf(
      made.identity,
      {
        device_id: `${made.identity.deviceId}0${digit}`,
        original_device_id: made.identity.deviceId,
        category: `kasa.switch.outlet.sub-${name.toLowerCase()}`,
        nickname: base64(name),
        device_on: false,
        ...own,
      },
      has,
    );
  const dimmer = unit(0, "Dimmer", { brightness: 60, on_time: 0 }, light);
  presetMethods(dimmer, [100, 75, 50, 25, 1]);
  made.smart.children.push(unit(1, "Fan", { fan_speed_level: 2, fan_sleep_mode_on: false }, fan), dimmer);
  return made;
}

type SensorParts = readonly [category: string, readings: Json, components: Readonly<Record<string, number>>];

/** What is connected to a hub. */
export class HubSensor extends SmartUnit {
  readonly log = new TriggerLog();

  /** @param readings such as `{ open: false }`, with the components that they come from */
  constructor(hubId: string, index: number, name: string, [category, readings, components]: SensorParts) {
    const info = {
      device_id: `802D${index}${hubId}`.slice(0, 40),
      parent_device_id: hubId,
      type: category === "subg.trv" ? "SMART.KASAENERGY" : "SMART.TAPOSENSOR",
      category,
      nickname: base64(name),
      status: "online",
      at_low_battery: false,
      rssi: -54,
      signal_level: 3,
      report_interval: 16,
      ...readings,
    };
    super(info, { device: 2, trigger_log: 1, battery_detect: 1, ...components });
    Object.assign(this.methods, this.log.methods());
  }
}

/** The sensors by what they measure, with their categories. */
const SENSORS: Readonly<Record<string, SensorParts>> = {
  contact: ["subg.trigger.contact-sensor", { open: false }, {}],
  switch: [
    "subg.plugswitch.switch",
    { device_on: false, is_low: false, battery_percentage: 100, led_off: 0, position: 1, slot_number: 1 },
    { schedule: 1, countdown: 1 },
  ],
  motion: ["subg.trigger.motion-sensor", { detected: false }, { sensitivity: 1 }],
  temperature: [
    "subg.trigger.temp-hmdt-sensor",
    {
      current_temp: 21.5,
      current_temp_exception: 0,
      temp_unit: "celsius",
      current_humidity: 48,
      current_humidity_exception: 0,
      battery_percentage: 90,
    },
    { temperature: 1, humidity: 1 },
  ],
  leak: ["subg.trigger.water-leak-sensor", { water_leak_status: "normal", in_alarm: false }, { sensor_alarm: 1 }],
  button: ["subg.trigger.button", {}, {}],
  thermostat: [
    "subg.trv",
    {
      current_temp: 20,
      target_temp: 21,
      temp_unit: "celsius",
      min_control_temp: 5,
      max_control_temp: 30,
      temp_offset: 0,
      trv_states: ["heating"],
      frost_protection_on: false,
      child_protection: false,
      battery_percentage: 70,
    },
    { temperature: 1, temp_control: 1, frost_protection: 1, child_protection: 1 },
  ],
};

/** @param sensors name → kind, such as `{ "Back door": "contact" }` */
export function smartHub(
  alias: string,
  sensors: Readonly<Record<string, string>>,
  transport: LanTransport = "aes2",
): SmartProduct & { sensor: (name: string) => HubSensor } {
  const components = { device: 2, time: 1, led: 1, child_device: 1, control_child: 1, alarm: 1 };
  const silent = { in_alarm: false, in_alarm_source: "" };
  const made = product(transport, ["SMART.TAPOHUB", "H100(EU)", alias], silent, components);
  Object.assign(made.smart.methods, alarmMethods(made.smart));
  const units = Object.entries(sensors).map(([name, kind], index) => {
    const [category, readings, has] = SENSORS[kind] ?? ["subg.trigger.unknown", {}, {}];
    return new HubSensor(made.identity.deviceId, index, name, [category, { ...readings }, has]);
  });
  made.smart.children.push(...units);
  const sensor = (name: string): HubSensor => {
    const found = units.find(({ info }) => info["nickname"] === base64(name));
    if (!found) throw new Error(`no sensor ${name}`);
    return found;
  };
  return { ...made, sensor };
}
