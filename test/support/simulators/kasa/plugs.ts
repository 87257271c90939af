import type { DeviceClock } from "./clock";
import { CloudDevice, formatMac, LOCATION, Timers, type Product } from "./devices";
import {
  isWithin,
  reboot,
  rename,
  setLed,
  setRelays,
  type Json,
  type Method,
  type Methods,
  type Result,
} from "./firmware";
import { Meter } from "./meters";

/** A relay, and since when it has been closed. */
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

/** A plug or wall switch. */
export class Plug extends CloudDevice {
  readonly meter: Meter | undefined;
  readonly timers = new Timers(this.clock, this);
  ledOff = false;
  readonly #relay = new Relay();

  /** @param units of the energy meter; undefined = there is none */
  constructor(product: Product, alias: string, units?: "milli" | "whole") {
    super(product, alias);
    this.meter = units && new Meter(units, () => this.on);
    this.modules = {
      ...this.plugModules(),
      ...this.timers.modules,
      ...(this.meter && { emeter: this.meter.methods }),
      system: {
        get_sysinfo: () => this.sysinfo(),
        set_relay_state: ({ state }) => setRelays(state, [this]),
        set_led_off: ({ off }) => setLed(off, this),
        set_dev_alias: (args) => rename(args["alias"], [this]),
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

  override tick(): void {
    this.timers.countdown.tick();
  }

  protected sysinfo(): Json {
    return {
      ...this.identity(),
      ...(this.meter?.units === "whole" ? this.#oldFields() : this.#newFields()),
      mac: formatMac(this.mac),
      dev_name: this.product.deviceName,
      icon_hash: "",
      relay_state: Number(this.on),
      on_time: this.#relay.onTime,
      active_mode: this.timers.activeMode,
      feature: this.meter ? "TIM:ENE" : "TIM",
      updating: 0,
      led_off: Number(this.ledOff),
    };
  }

  #newFields(): Json {
    return { ...LOCATION, mic_type: this.product.deviceType, next_action: { type: -1 }, status: "new" };
  }

  // The generation that measures in whole units names its type and location differently, too.
  #oldFields(): Json {
    const [latitude, longitude] = [LOCATION.latitude_i / 10_000, LOCATION.longitude_i / 10_000];
    return { type: this.product.deviceType, fwId: "0".repeat(32), latitude, longitude };
  }
}

/** A wall dimmer: setting the level does not switch it on, a transition does (kasa.md section 5). */
export class Dimmer extends Plug {
  brightness = 60;
  /** In milliseconds, but for the threshold and the rate. */
  readonly parameters = {
    bulb_type: 1,
    minThreshold: 5,
    rampRate: 25,
    fadeOnTime: 800,
    fadeOffTime: 900,
    gentleOnTime: 3000,
    gentleOffTime: 10_000,
  };

  constructor(product: Product, alias: string) {
    super(product, alias);
    // It refuses energy in the method, where a plug without a meter refuses the whole module.
    this.modules["emeter"] = {
      get_realtime: () => "module",
      get_daystat: () => "module",
      get_monthstat: () => "module",
    };
    this.modules["smartlife.iot.dimmer"] = {
      set_brightness: ({ brightness }) => this.#store(brightness),
      set_dimmer_transition: ({ brightness }) => this.#transition(brightness),
      set_switch_state: ({ state }) => setRelays(state, [this]),
      get_dimmer_parameters: () => ({ ...this.parameters }),
      set_fade_on_time: ({ fadeTime }) => this.#setParameter("fadeOnTime", fadeTime),
      set_fade_off_time: ({ fadeTime }) => this.#setParameter("fadeOffTime", fadeTime),
      set_gentle_on_time: ({ duration }) => this.#setParameter("gentleOnTime", duration),
      set_gentle_off_time: ({ duration }) => this.#setParameter("gentleOffTime", duration),
      get_default_behavior: () => ({ soft_on: { mode: "last_status" }, hard_on: { mode: "last_status" } }),
    };
  }

  #setParameter(name: keyof Dimmer["parameters"], ms: unknown): Result {
    if (!isWithin(ms, 0, 3_600_000)) return "argument";
    this.parameters[name] = ms;
    return {};
  }

  #store(brightness: unknown): Result {
    if (!isWithin(brightness, 1, 100)) return "argument";
    this.brightness = brightness;
    return {};
  }

  #transition(brightness: unknown): Result {
    if (brightness !== 0 && this.#store(brightness) === "argument") return "argument";
    return setRelays(Number(brightness !== 0), [this]);
  }

  protected override sysinfo(): Json {
    const preferred_state = [90, 65, 40, 15].map((brightness, index) => ({ index, brightness }));
    return { ...super.sysinfo(), brightness: this.brightness, preferred_state };
  }
}

/** One outlet of a strip. */
export class Outlet extends Relay {
  readonly meter: Meter;
  readonly timers: Timers;

  constructor(
    readonly id: string,
    public alias: string,
    slot: number,
    clock: DeviceClock,
  ) {
    super();
    this.timers = new Timers(clock, this);
    this.meter = new Meter("milli", () => this.on, slot);
  }

  toChildEntry(): Json {
    const { id, alias, on, onTime } = this;
    return { id, alias, state: Number(on), on_time: onTime, next_action: { type: -1 } };
  }
}

/** A power strip. Requests name outlets in `context.child_ids`; without it, they are addressed to all of them. */
export class Strip extends CloudDevice {
  readonly outlets: Outlet[];
  ledOff = false;

  constructor(product: Product, alias: string, outlets: string[]) {
    super(product, alias);
    const idOf = (slot: number): string => this.deviceId + String(slot).padStart(2, "0");
    this.outlets = outlets.map((name, slot) => new Outlet(idOf(slot), name, slot, this.clock));
    this.modules = {
      ...this.plugModules(),
      emeter: this.#ofFirst(({ meter }) => meter.methods),
      schedule: this.#ofFirst(({ timers }) => timers.modules.schedule),
      count_down: this.#ofFirst(({ timers }) => timers.modules.count_down),
      anti_theft: this.#ofFirst(({ timers }) => timers.modules.anti_theft),
      system: {
        get_sysinfo: () => this.#sysinfo(),
        set_relay_state: ({ state }, ids) => setRelays(state, this.#addressed(ids)),
        set_dev_alias: (args, ids) => rename(args["alias"], ids.length > 0 ? this.#addressed(ids) : [this]),
        set_led_off: ({ off }) => setLed(off, this),
        reboot,
      },
    };
  }

  override tick(): void {
    for (const { timers } of this.outlets) timers.countdown.tick();
  }

  // If several outlets are addressed, only the first is read, and has the rules.
  #ofFirst(methodsOf: (outlet: Outlet) => Methods): Methods {
    const [any] = this.outlets;
    const method =
      (name: string): Method =>
      (args, ids) => {
        const outlet = this.#addressed(ids)?.[0];
        return outlet ? (methodsOf(outlet)[name]?.(args, ids) ?? "method") : "entry";
      };
    return Object.fromEntries(Object.keys(any ? methodsOf(any) : {}).map((name) => [name, method(name)]));
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
      mac: formatMac(this.mac),
      feature: "TIM:ENE",
      updating: 0,
      status: "new",
      led_off: Number(this.ledOff),
      child_num: this.outlets.length,
      children: this.outlets.map((outlet) => outlet.toChildEntry()),
    };
  }
}

/** A range extender with a plug, which no known command switches. */
export class RangeExtender extends CloudDevice {
  on = true;

  constructor(product: Product, alias: string) {
    super(product, alias);
    this.modules = {
      system: { get_sysinfo: () => ({ ...this.identity(), plug: { relay_status: this.on ? "ON" : "OFF" } }) },
    };
  }
}
