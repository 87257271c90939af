import { CloudDevice, LOCATION, Timers, type Product } from "./devices";
import {
  CLOUD_METHODS,
  isWithin,
  LIGHT_FIRMWARE,
  reboot,
  rename,
  type FirmwareError,
  type Json,
  type Method,
  type Methods,
  type Result,
} from "./firmware";
import { Meter } from "./meters";

/** The colour temperatures of a light, and whether it has colours. */
interface LightCapabilities {
  kelvin: [lowest: number, highest: number];
  colour: boolean;
}

const mapNames = <T>(record: Record<string, T>, map: (name: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [map(name), value]));

const LIGHT_FIELDS = ["brightness", "hue", "saturation", "color_temp"];

/** A bulb. Its modules have longer names than those of a plug, and its firmware has other error codes. */
export class Bulb extends CloudDevice {
  on = false;
  /** How long the last change took, in milliseconds. */
  fadeMs = 0;
  readonly light = { mode: "normal", hue: 0, saturation: 0, color_temp: 2700, brightness: 80 };
  readonly meter: Meter;
  readonly timers = new Timers(this.clock, this);
  /** What the app stores in it. */
  presets: Json[] = [{ index: 0, hue: 0, saturation: 0, color_temp: 3000, brightness: 90 }];
  protected override readonly firmware = LIGHT_FIRMWARE;

  constructor(
    product: Product,
    alias: string,
    readonly capabilities: LightCapabilities,
    units: "bulb" | "lightstrip" = "bulb",
  ) {
    super(product, alias);
    this.meter = new Meter(units, () => this.on);
    const get_sysinfo: Method = () => this.sysinfo();
    this.modules = {
      system: { get_sysinfo },
      "smartlife.iot.common.system": { get_sysinfo, set_dev_alias: (args) => rename(args["alias"], [this]), reboot },
      "smartlife.iot.common.cloud": CLOUD_METHODS,
      "smartlife.iot.common.timesetting": this.clock.methods,
      ...mapNames(this.timers.modules, (name) => `smartlife.iot.common.${name}`),
      "smartlife.iot.common.emeter": this.meter.methods,
      ...this.lighting(),
    };
  }

  override tick(): void {
    this.timers.countdown.tick();
  }

  protected lighting(): Record<string, Methods> {
    const transition_light_state: Method = (changes) => this.change(changes) ?? this.lightState();
    const get_light_state: Method = () => this.lightState();
    const service = { get_light_state, transition_light_state, ...this.settings() };
    return { "smartlife.iot.smartbulb.lightingservice": service };
  }

  /** What a light service has beside the light itself. */
  protected settings(): Methods {
    const last = { mode: "last_status" };
    return {
      get_default_behavior: () => ({ soft_on: last, hard_on: last }),
      get_light_details: () => ({ lamp_beam_angle: 150, min_voltage: 220, max_voltage: 240, wattage: 10 }),
      set_preferred_state: (preset) => {
        const place = this.presets.findIndex(({ index }) => index === preset["index"]);
        if (place < 0) return "argument";
        this.presets[place] = { ...this.presets[place], ...preset };
        return {};
      },
    };
  }

  /** Flat while on; while off, the settings are one level deeper. */
  protected lightState(): Json {
    return this.on ? { on_off: 1, ...this.light } : { on_off: 0, dft_on_state: { ...this.light } };
  }

  /** Applies changes, or returns an error without changing anything. */
  protected change({ on_off, ignore_default, transition_period = 0, ...changes }: Json): FirmwareError | undefined {
    const fields = Object.fromEntries(Object.entries(changes).filter(([name]) => LIGHT_FIELDS.includes(name)));
    if (!this.#supports(fields) || !(on_off === undefined || isWithin(on_off, 0, 1))) return "argument";
    // Without ignore_default, switching on restores the last settings and ignores new ones (kasa.md section 5).
    if (on_off !== 1 || ignore_default !== 0) Object.assign(this.light, fields);
    // A colour temperature overrides the colour.
    if (this.light.color_temp > 0) Object.assign(this.light, { hue: 0, saturation: 0 });
    if (on_off !== undefined) this.on = on_off === 1;
    this.fadeMs = Number(transition_period);
    return undefined;
  }

  #supports({ color_temp = 0, brightness = 0, hue = 0, saturation = 0 }: Json): boolean {
    const { kelvin, colour } = this.capabilities;
    const isColourValid = colour
      ? isWithin(hue, 0, 360) && isWithin(saturation, 0, 100)
      : hue === 0 && saturation === 0;
    return isColourValid && isWithin(brightness, 0, 100) && (color_temp === 0 || isWithin(color_temp, ...kelvin));
  }

  protected sysinfo(): Json {
    return {
      ...this.identity(),
      mic_type: this.product.deviceType,
      mic_mac: this.mac,
      description: this.product.deviceName,
      is_dimmable: 1,
      is_color: Number(this.capabilities.colour),
      is_variable_color_temp: 1,
      light_state: this.lightState(),
      preferred_state: this.presets,
      active_mode: this.timers.activeMode,
      dev_state: "normal",
      is_factory: false,
      disco_ver: "1.0",
      ctrl_protocols: { name: "Linkie", version: "1.0" },
    };
  }
}

/** A light strip: a bulb with its own module, and with effects. */
export class LightStrip extends Bulb {
  effect: Effect = { enable: 1, name: "Tide", custom: 0, id: "tide0000000000000000000000000001", brightness: 70 };

  constructor(product: Product, alias: string, shades: LightCapabilities) {
    super(product, alias, shades, "lightstrip");
    this.presets = [];
  }

  protected override lighting(): Record<string, Methods> {
    return {
      "smartlife.iot.lightStrip": {
        get_light_state: () => this.lightState(),
        set_light_state: (changes) => this.#set(changes),
        ...this.settings(),
      },
      "smartlife.iot.lighting_effect": {
        get_lighting_effect: () => ({ ...this.effect }),
        set_lighting_effect: (effect) => this.#setEffect(effect),
      },
    };
  }

  // Its response is shorter than a bulb's: a client has to ask for the rest.
  #set({ transition, ...changes }: Json): Result {
    const { brightness, ...others } = changes;
    // While an effect plays, a brightness is that of the effect (kasa.md section 5).
    const dimsEffect = this.effect.enable === 1 && isWithin(brightness, 1, 100) && !endsEffect(changes);
    const error = this.change({ ...(dimsEffect ? others : changes), transition_period: transition });
    if (error) return error;
    if (dimsEffect) this.effect.brightness = brightness;
    if (endsEffect(changes)) this.effect.enable = 0;
    return { on_off: Number(this.on), mode: this.light.mode };
  }

  #setEffect({ enable, name, id, custom, brightness = 100 }: Json): Result {
    const isComplete = typeof name === "string" && typeof id === "string" && isWithin(custom, 0, 1);
    if (!isComplete || !isWithin(enable, 0, 1) || !isWithin(brightness, 0, 100)) return "argument";
    this.effect = { enable, name, custom, id, brightness };
    return {};
  }

  protected override sysinfo(): Json {
    const ownFields = { length: 16, lighting_effect_state: { ...this.effect }, LEF: 1 };
    return { ...super.sysinfo(), ...LOCATION, ...ownFields, status: "new" };
  }
}

interface Effect {
  enable: number;
  name: string;
  custom: number;
  id: string;
  brightness: number;
}

// A colour ends an effect, a colour temperature by itself does not (kasa.md section 5).
const endsEffect = (changes: Json): boolean => "hue" in changes && "saturation" in changes;
