import { CloudDevice, LOCATION, type Product } from "./devices";
import {
  CLOCK,
  CLOUD_LINK,
  isWithin,
  LIGHT_FIRMWARE,
  reboot,
  rename,
  ruleTable,
  type Json,
  type Method,
  type Methods,
  type Refusal,
  type Result,
} from "./firmware";
import { Meter, recentDays, statistics } from "./meters";

/** What a light can show. */
interface Shades {
  kelvin: [lowest: number, highest: number];
  colour: boolean;
}

const LIGHT_FIELDS = ["brightness", "hue", "saturation", "color_temp"];

/** A bulb. Its modules have longer names than a plug's, and its firmware other numbers. */
export class Bulb extends CloudDevice {
  on = false;
  readonly light = { mode: "normal", hue: 0, saturation: 0, color_temp: 2700, brightness: 80 };
  readonly meter: Meter;
  protected override readonly firmware = LIGHT_FIRMWARE;

  constructor(
    product: Product,
    alias: string,
    readonly shades: Shades,
    units: "bulb" | "lightstrip" = "bulb",
  ) {
    super(product, alias);
    this.meter = new Meter(units, () => this.on);
    const get_sysinfo: Method = () => this.sysinfo();
    this.modules = {
      system: { get_sysinfo },
      "smartlife.iot.common.system": { get_sysinfo, set_dev_alias: ({ alias }) => rename(alias, [this]), reboot },
      "smartlife.iot.common.cloud": CLOUD_LINK,
      "smartlife.iot.common.timesetting": CLOCK,
      "smartlife.iot.common.schedule": { ...ruleTable(32), ...statistics("time", recentDays) },
      "smartlife.iot.common.emeter": this.meter.methods,
      ...this.lighting(),
    };
  }

  protected lighting(): Record<string, Methods> {
    const transition_light_state: Method = (wanted) => this.change(wanted) ?? this.lightState();
    const get_light_state: Method = () => this.lightState();
    return { "smartlife.iot.smartbulb.lightingservice": { get_light_state, transition_light_state } };
  }

  /** Flat while on; while off, what it would show is packed away. */
  protected lightState(): Json {
    return this.on ? { on_off: 1, ...this.light } : { on_off: 0, dft_on_state: { ...this.light } };
  }

  /** Takes over what is wanted, or says that it cannot. */
  protected change({ on_off, ignore_default, ...wanted }: Json): Refusal | undefined {
    const given = Object.fromEntries(Object.entries(wanted).filter(([name]) => LIGHT_FIELDS.includes(name)));
    if (!this.#canShow(given) || !(on_off === undefined || isWithin(on_off, 0, 1))) return "argument";
    // Turned on with its defaults not ignored, it comes back as it was, whatever else is asked (kasa.md section 5).
    if (on_off !== 1 || ignore_default !== 0) Object.assign(this.light, given);
    // A colour temperature wins over a colour.
    if (this.light.color_temp > 0) Object.assign(this.light, { hue: 0, saturation: 0 });
    if (on_off !== undefined) this.on = on_off === 1;
    return undefined;
  }

  #canShow({ color_temp = 0, brightness = 0, hue = 0, saturation = 0 }: Json): boolean {
    const { kelvin, colour } = this.shades;
    const isColourFine = colour ? isWithin(hue, 0, 360) && isWithin(saturation, 0, 100) : hue === 0 && saturation === 0;
    return isColourFine && isWithin(brightness, 0, 100) && (color_temp === 0 || isWithin(color_temp, ...kelvin));
  }

  protected sysinfo(): Json {
    return {
      ...this.identity(),
      mic_type: this.product.deviceType,
      mic_mac: this.mac,
      description: this.product.deviceName,
      is_dimmable: 1,
      is_color: Number(this.shades.colour),
      is_variable_color_temp: 1,
      light_state: this.lightState(),
      preferred_state: [{ index: 0, hue: 0, saturation: 0, color_temp: 3000, brightness: 90 }],
      active_mode: "none",
      dev_state: "normal",
      is_factory: false,
      disco_ver: "1.0",
      ctrl_protocols: { name: "Linkie", version: "1.0" },
    };
  }
}

/** A strip of lights: a bulb with a module of its own, and effects that last until a colour is set. */
export class LightStrip extends Bulb {
  effect = { enable: 1, name: "Tide", custom: 0, id: "tide0000000000000000000000000001", brightness: 70 };

  constructor(product: Product, alias: string, shades: Shades) {
    super(product, alias, shades, "lightstrip");
  }

  protected override lighting(): Record<string, Methods> {
    const set_light_state: Method = (wanted) => this.#set(wanted);
    return { "smartlife.iot.lightStrip": { get_light_state: () => this.lightState(), set_light_state } };
  }

  // It answers less than a bulb does: whoever wants the rest has to ask.
  #set(wanted: Json): Result {
    const endsEffect = ["hue", "saturation", "color_temp"].some((name) => name in wanted);
    const refusal = this.change(wanted);
    if (endsEffect && !refusal) this.effect.enable = 0;
    return refusal ?? { on_off: Number(this.on), mode: this.light.mode };
  }

  protected override sysinfo(): Json {
    const strip = { length: 16, lighting_effect_state: { ...this.effect }, preferred_state: [], LEF: 1 };
    return { ...super.sysinfo(), ...LOCATION, ...strip, status: "new" };
  }
}
