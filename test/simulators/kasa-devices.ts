import { createHash, randomBytes } from "node:crypto";

export type Json = Record<string, unknown>;

/** Why a firmware declines. */
type Refusal = "module" | "method" | "argument" | "full" | "entry";
type Result = Json | Refusal;

/** A firmware's method: the fields of its answer, or why it declines. `outlets` are the child ids it is meant for. */
type Method = (args: Json, outlets: unknown[]) => Result;
type Methods = Record<string, Method>;
type Firmware = Record<Refusal, [code: number, message: string]>;

const PLUG_FIRMWARE: Firmware = {
  module: [-1, "module not support"],
  method: [-2, "member not support"],
  argument: [-3, "invalid argument"],
  full: [-10, "table is full"],
  entry: [-14, "entry not exist"],
};
const LIGHT_FIRMWARE: Firmware = {
  ...PLUG_FIRMWARE,
  module: [-2001, "Module not support"],
  method: [-2000, "Method not support"],
  argument: [-10000, "Invalid input argument"],
};

/** Whose devices these are. */
export const OWNER = "owner@example.com";

const SOFTWARE = "1.0.7 Build 230214 Rel.091733";
const LOCATION = { latitude_i: 123456, longitude_i: -654321 };

/** What is printed on a product's box. */
type Product = ReturnType<typeof product>;

function product(deviceType: string, deviceModel: string, deviceName: string, deviceHwVer: string) {
  return { deviceType, deviceModel, deviceName, deviceHwVer };
}

export const PRODUCTS = {
  HS103: product("IOT.SMARTPLUGSWITCH", "HS103(US)", "Small Plug", "5.0"),
  HS110: product("IOT.SMARTPLUGSWITCH", "HS110(EU)", "Plug with Energy Meter", "1.0"),
  KP115: product("IOT.SMARTPLUGSWITCH", "KP115(EU)", "Small Plug with Energy Meter", "1.0"),
  HS220: product("IOT.SMARTPLUGSWITCH", "HS220(US)", "Wall Dimmer", "3.0"),
  HS300: product("IOT.SMARTPLUGSWITCH", "HS300(US)", "Six-outlet Power Strip", "2.0"),
  KL120: product("IOT.SMARTBULB", "KL120(US)", "Tunable White Bulb", "1.0"),
  KL130: product("IOT.SMARTBULB", "KL130(EU)", "Colour Bulb", "1.0"),
  KL430: product("IOT.SMARTBULB", "KL430(EU)", "Colour Light Strip", "2.0"),
  KC100: product("IOT.IPCAMERA", "KC100(US)", "Indoor Camera", "1.0"),
  P105: product("SMART.TAPOPLUG", "P105", "Tapo Plug", "1.0.0"),
};

/** A device of the account: how the cloud lists it, and how its own firmware answers. */
export class CloudDevice {
  /** Made from product and alias, so that it is the same after a restart. */
  readonly deviceId: string;
  readonly mac: string;
  /** Every request object that reached the device, in order. */
  readonly commands: Json[] = [];
  online = true;
  /** Other than 0: each method answers this `err_code`, and does nothing. */
  failWith = 0;
  /** The cloud hands out `responseData` as an object, as it does for some devices. */
  answersObjects = false;
  /** Where the cloud sends clients for this device; the simulator itself unless set. */
  appServerUrl: string | undefined;
  rssi = -51;
  protected readonly firmware: Firmware = PLUG_FIRMWARE;
  protected modules: Record<string, Methods> = {};

  constructor(
    readonly product: Product,
    public alias: string,
  ) {
    this.deviceId = digest(`device ${product.deviceModel} ${alias}`, 40);
    this.mac = digest(`mac ${this.deviceId}`, 12);
  }

  /** The cloud lists `SMART.*` devices, but cannot drive them. */
  get isListedOnly(): boolean {
    return this.product.deviceType.startsWith("SMART.");
  }

  /** The entry in the cloud's device list; Tapo devices come in base64 and never online (kasa.md section 0). */
  listed(serverUrl: string): Json {
    return {
      ...this.product,
      ...factoryIds(this.product),
      role: 0,
      fwVer: SOFTWARE,
      fwId: "0".repeat(32),
      appServerUrl: this.appServerUrl ?? serverUrl,
      deviceRegion: "eu-west-1",
      isSameRegion: true,
      deviceId: this.deviceId,
      deviceMac: this.mac,
      alias: this.isListedOnly ? Buffer.from(this.alias).toString("base64") : this.alias,
      status: Number(this.online && !this.isListedOnly),
    };
  }

  /** Carries out a request: all its modules and methods, answered together. */
  answer(request: Json): Json {
    this.commands.push(request);
    const { context, ...modules } = request;
    const ids = isRecord(context) ? context["child_ids"] : undefined;
    return each(modules, (name, calls) => this.#module(name, calls, Array.isArray(ids) ? ids : []));
  }

  #module(name: string, calls: unknown, outlets: unknown[]): Json {
    const methods = own(this.modules, name);
    if (!methods) return this.#declined("module");
    return each(calls, (method, args) => this.#call(own(methods, method), args, outlets));
  }

  #call(method: Method | undefined, args: unknown, outlets: unknown[]): Json {
    if (this.failWith !== 0) return { err_code: this.failWith, err_msg: "made to fail" };
    const result = method ? method(isRecord(args) ? args : {}, outlets) : "method";
    return typeof result === "string" ? this.#declined(result) : { ...result, err_code: 0 };
  }

  #declined(refusal: Refusal): Json {
    const [err_code, err_msg] = this.firmware[refusal];
    return { err_code, err_msg };
  }

  /** What every family tells of itself. */
  protected identity(): Json {
    const { alias, deviceId, rssi } = this;
    const { deviceModel, deviceHwVer } = this.product;
    const ids = { deviceId, ...factoryIds(this.product) };
    return { sw_ver: SOFTWARE, hw_ver: deviceHwVer, model: deviceModel, ...ids, alias, rssi };
  }

  /** The modules that plugs and strips have in common. */
  protected plugModules(): Record<string, Methods> {
    return {
      time: CLOCK,
      cnCloud: CLOUD_LINK,
      netif: { get_stainfo: () => ({ ssid: "Harbour", key_type: 3, rssi: this.rssi }) },
      schedule: { ...ruleTable(32), ...statistics("time", recentDays), get_next_action: () => ({ type: -1 }) },
      count_down: ruleTable(1),
    };
  }
}

/** A switched contact, and since when it has been closed. */
class Relay {
  #closedAt: number | undefined;

  get on(): boolean {
    return this.#closedAt !== undefined;
  }

  set on(on: boolean) {
    this.#closedAt = on ? (this.#closedAt ?? Date.now()) : undefined;
  }

  get onTime(): number {
    return this.#closedAt === undefined ? 0 : Math.floor((Date.now() - this.#closedAt) / 1000);
  }
}

/** Which of the firmwares' ways to report energy a meter has. */
type Units = "milli" | "whole" | "bulb" | "lightstrip";

/** An energy meter. The same model can have either kind of units (kasa.md section 5). */
export class Meter {
  watts = 12.4;
  volts = 230.6;
  totalWh = 8412;
  days = recentDays();
  readonly methods: Methods;

  constructor(
    readonly units: Units,
    readonly isFlowing: () => boolean,
    slot?: number,
  ) {
    const [field, scale] = units === "whole" ? ["energy", 1000] : ["energy_wh", 1];
    this.methods = {
      ...statistics(field, () => this.days, scale),
      get_realtime: () => ({ ...(slot !== undefined && { slot_id: slot }), ...this.#realtime() }),
      erase_emeter_stat: () => this.#erase(),
    };
  }

  #realtime(): Json {
    const watts = this.isFlowing() ? this.watts : 0;
    const amperes = watts / this.volts;
    const [power_mw, total_wh] = [Math.round(watts * 1000), this.totalWh];
    switch (this.units) {
      case "bulb":
        return { power_mw };
      case "lightstrip":
        return { power_mw, total_wh };
      case "whole":
        return { voltage: this.volts, current: amperes, power: watts, total: this.totalWh / 1000 };
      default:
        return {
          voltage_mv: Math.round(this.volts * 1000),
          current_ma: Math.round(amperes * 1000),
          power_mw,
          total_wh,
        };
    }
  }

  #erase(): Result {
    this.totalWh = 0;
    this.days = [];
    return {};
  }
}

/** A plug or wall switch; with units it has a meter. */
export class Plug extends CloudDevice {
  readonly meter: Meter | undefined;
  ledOff = false;
  readonly #relay = new Relay();

  constructor(product: Product, alias: string, units?: "milli" | "whole") {
    super(product, alias);
    this.meter = units && new Meter(units, () => this.on);
    this.modules = {
      ...this.plugModules(),
      ...(this.meter && { emeter: this.meter.methods }),
      system: {
        get_sysinfo: () => this.sysinfo(),
        set_relay_state: ({ state }) => switchTo(state, [this]),
        set_led_off: ({ off }) => setLed(off, this),
        set_dev_alias: ({ alias }) => rename(alias, [this]),
        reboot,
      },
    };
  }

  get on(): boolean {
    return this.#relay.on;
  }

  set on(on: boolean) {
    this.#relay.on = on;
  }

  protected sysinfo(): Json {
    return {
      ...this.identity(),
      ...(this.meter?.units === "whole" ? this.#oldNames() : this.#newNames()),
      mac: colons(this.mac),
      dev_name: this.product.deviceName,
      icon_hash: "",
      relay_state: Number(this.on),
      on_time: this.#relay.onTime,
      active_mode: "none",
      feature: this.meter ? "TIM:ENE" : "TIM",
      updating: 0,
      led_off: Number(this.ledOff),
    };
  }

  #newNames(): Json {
    return { ...LOCATION, mic_type: this.product.deviceType, next_action: { type: -1 }, status: "new" };
  }

  // The generation that measures in whole units has other names for its type and its place, too.
  #oldNames(): Json {
    const [latitude, longitude] = [LOCATION.latitude_i / 10_000, LOCATION.longitude_i / 10_000];
    return { type: this.product.deviceType, fwId: "0".repeat(32), latitude, longitude };
  }
}

/** A wall dimmer: setting the level does not turn it on, a transition does (kasa.md section 5). */
export class Dimmer extends Plug {
  brightness = 60;

  constructor(product: Product, alias: string) {
    super(product, alias);
    // It declines energy in the method, where a plain plug declines the whole module.
    this.modules["emeter"] = {
      get_realtime: () => "module",
      get_daystat: () => "module",
      get_monthstat: () => "module",
    };
    this.modules["smartlife.iot.dimmer"] = {
      set_brightness: ({ brightness }) => this.#store(brightness),
      set_dimmer_transition: ({ brightness }) => this.#fade(brightness),
      set_switch_state: ({ state }) => switchTo(state, [this]),
      get_dimmer_parameters: () => ({ minThreshold: 5, fadeOnTime: 800, fadeOffTime: 900, rampRate: 25 }),
      get_default_behavior: () => ({ soft_on: { mode: "last_status" }, hard_on: { mode: "last_status" } }),
    };
  }

  #store(brightness: unknown): Result {
    if (!isWithin(brightness, 1, 100)) return "argument";
    this.brightness = brightness;
    return {};
  }

  #fade(brightness: unknown): Result {
    if (brightness !== 0 && this.#store(brightness) === "argument") return "argument";
    return switchTo(Number(brightness !== 0), [this]);
  }

  protected override sysinfo(): Json {
    const preferred_state = [90, 65, 40, 15].map((brightness, index) => ({ index, brightness }));
    return { ...super.sysinfo(), brightness: this.brightness, preferred_state };
  }
}

/** One outlet of a strip. */
export class Outlet extends Relay {
  readonly meter: Meter;

  constructor(
    readonly id: string,
    public alias: string,
    slot: number,
  ) {
    super();
    this.meter = new Meter("milli", () => this.on, slot);
  }

  listed(): Json {
    const { id, alias, on, onTime } = this;
    return { id, alias, state: Number(on), on_time: onTime, next_action: { type: -1 } };
  }
}

/** A power strip. Requests name outlets in `context.child_ids`; without it, all are meant. */
export class Strip extends CloudDevice {
  readonly outlets: Outlet[];
  ledOff = false;

  constructor(product: Product, alias: string, outlets: string[]) {
    super(product, alias);
    this.outlets = outlets.map((name, slot) => new Outlet(this.deviceId + String(slot).padStart(2, "0"), name, slot));
    this.modules = {
      ...this.plugModules(),
      emeter: this.#meters(),
      system: {
        get_sysinfo: () => this.#sysinfo(),
        set_relay_state: ({ state }, ids) => switchTo(state, this.#addressed(ids)),
        set_dev_alias: ({ alias }, ids) => rename(alias, ids.length > 0 ? this.#addressed(ids) : [this]),
        set_led_off: ({ off }) => setLed(off, this),
        reboot,
      },
    };
  }

  // Of several outlets, only the first is measured.
  #meters(): Methods {
    const first = (ids: unknown[]): Outlet | undefined => this.#addressed(ids)?.[0];
    const names = Object.keys(this.outlets[0]?.meter.methods ?? {});
    const method =
      (name: string): Method =>
      (args, ids) =>
        first(ids)?.meter.methods[name]?.(args, ids) ?? "entry";
    return Object.fromEntries(names.map((name) => [name, method(name)]));
  }

  #addressed(ids: unknown[]): Outlet[] | undefined {
    const chosen = this.outlets.filter(({ id }) => ids.length === 0 || ids.includes(id));
    return ids.every((id) => chosen.some((outlet) => outlet.id === id)) ? chosen : undefined;
  }

  #sysinfo(): Json {
    return {
      ...this.identity(),
      ...LOCATION,
      mic_type: this.product.deviceType,
      mac: colons(this.mac),
      feature: "TIM:ENE",
      updating: 0,
      status: "new",
      led_off: Number(this.ledOff),
      child_num: this.outlets.length,
      children: this.outlets.map((outlet) => outlet.listed()),
    };
  }
}

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

/** A day's share of a statistic. */
interface Day {
  year: number;
  month: number;
  day: number;
  amount: number;
}

function daysAgo(days: number): Day {
  const at = new Date();
  at.setDate(at.getDate() - days);
  return { year: at.getFullYear(), month: at.getMonth() + 1, day: at.getDate(), amount: 200 + 10 * at.getDate() };
}

const recentDays = (count = 60): Day[] => Array.from({ length: count }, (_, index) => daysAgo(count - 1 - index));

/** What was used, or for how long, by day and by month. */
function statistics(field: string, days: () => Day[], scale = 1): Methods {
  const of = (year: unknown, month?: unknown): Day[] =>
    days().filter((one) => one.year === year && (month === undefined || one.month === month));
  const total = (some: Day[]): number => some.reduce((sum, { amount }) => sum + amount, 0) / scale;
  const byDay: Method = ({ year, month }) => {
    if (!Number.isInteger(year) || !Number.isInteger(month)) return "argument";
    return { day_list: of(year, month).map((one) => ({ year, month, day: one.day, [field]: total([one]) })) };
  };
  const byMonth: Method = ({ year }) => {
    if (!Number.isInteger(year)) return "argument";
    const months = [...new Set(of(year).map(({ month }) => month))];
    return { month_list: months.map((month) => ({ year, month, [field]: total(of(year, month)) })) };
  };
  return { get_daystat: byDay, get_monthstat: byMonth };
}

/** A table of rules that holds so many, and no more. */
function ruleTable(size: number): Methods {
  const rules = new Map<unknown, Json>();
  return {
    get_rules: () => ({ enable: 1, rule_list: [...rules.values()] }),
    add_rule: (rule) => {
      if (rules.size >= size) return "full";
      const id = randomBytes(16).toString("hex").toUpperCase();
      rules.set(id, { ...rule, id });
      return { id };
    },
    delete_rule: ({ id }) => (rules.delete(id) ? {} : "entry"),
    delete_all_rules: () => {
      rules.clear();
      return {};
    },
  };
}

const CLOCK: Methods = {
  get_time: () => {
    const now = new Date();
    const [year, month, mday] = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
    return { year, month, mday, hour: now.getHours(), min: now.getMinutes(), sec: now.getSeconds() };
  },
  get_timezone: () => ({ index: 38 }),
};

/** What the device knows of its cloud: the account's e-mail among it, which a client must not show. */
const CLOUD_LINK: Methods = {
  get_info: () => ({ username: OWNER, server: "devs.example.com", binded: 1, cld_connection: 1 }),
};

function switchTo(state: unknown, switches: { on: boolean }[] | undefined): Result {
  if (!switches) return "entry";
  if (!isWithin(state, 0, 1)) return "argument";
  for (const one of switches) one.on = state === 1;
  return {};
}

function setLed(off: unknown, device: { ledOff: boolean }): Result {
  if (!isWithin(off, 0, 1)) return "argument";
  device.ledOff = off === 1;
  return {};
}

function rename(alias: unknown, named: { alias: string }[] | undefined): Result {
  if (!named) return "entry";
  if (typeof alias !== "string" || alias === "") return "argument";
  for (const one of named) one.alias = alias;
  return {};
}

const reboot: Method = ({ delay }) => (Number.isInteger(delay) ? {} : "argument");

const digest = (text: string, length: number): string =>
  createHash("sha256").update(text).digest("hex").toUpperCase().slice(0, length);

const factoryIds = ({ deviceModel }: Product): Json => ({
  hwId: digest(`hardware ${deviceModel}`, 32),
  oemId: digest(`maker ${deviceModel}`, 32),
});

const colons = (mac: string): string => mac.match(/../g)?.join(":") ?? mac;

const isWithin = (value: unknown, lowest: number, highest: number): value is number =>
  Number.isInteger(value) && Number(value) >= lowest && Number(value) <= highest;

const own = <T>(record: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const each = (record: unknown, make: (name: string, value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, make(name, value)]));

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
