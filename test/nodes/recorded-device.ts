import { CloudDevice, describeProduct } from "../support/simulators/kasa/devices";
import { isRecord, mapEntries, type Json } from "../support/simulators/kasa/firmware";

/** The record at the end of a path of names; an empty one if there is none. */
export const section = (value: unknown, ...path: string[]): Json =>
  path.reduce<Json>((inner, name) => (isRecord(inner[name]) ? inner[name] : {}), isRecord(value) ? value : {});

const LIGHT_FIELDS = ["brightness", "hue", "saturation", "color_temp"];

/** A device that starts with the state that a real one reported, and can be set. */
export class RecordedDevice extends CloudDevice {
  readonly sysinfo: Json;
  readonly isLight: boolean;
  /** The module and the method that set its light. */
  readonly lightMethod: string;

  constructor(readonly recording: Json) {
    const sysinfo = structuredClone(section(recording, "system", "get_sysinfo"));
    const { mic_type, type, model, hw_ver, dev_name, description } = sysinfo as Record<string, string>;
    super(
      describeProduct(mic_type ?? type ?? "", model ?? "", dev_name ?? description ?? "", hw_ver ?? ""),
      `${model} ${hw_ver}`,
    );
    this.sysinfo = Object.assign(sysinfo, { alias: this.alias, deviceId: this.deviceId });
    this.isLight = "light_state" in sysinfo;
    this.lightMethod =
      "length" in sysinfo
        ? "smartlife.iot.lightStrip set_light_state"
        : "smartlife.iot.smartbulb.lightingservice transition_light_state";
  }

  get children(): Json[] {
    return (this.sysinfo["children"] ?? []) as Json[];
  }

  get light(): Json {
    return section(this.sysinfo, "light_state");
  }

  get on(): boolean {
    const states = [this.sysinfo["relay_state"], this.light["on_off"], ...this.children.map(({ state }) => state)];
    return states.includes(1);
  }

  get meter(): Json {
    return section(this.recording, this.isLight ? "smartlife.iot.common.emeter" : "emeter", "get_realtime");
  }

  /** The settings that it accepts beside on and off. */
  get accepts(): string[] {
    const { sysinfo, isLight } = this;
    return [
      ...("led_off" in sysinfo ? ["led"] : []),
      ...(sysinfo["is_dimmable"] === 1 || "brightness" in sysinfo ? ["brightness"] : []),
      ...(sysinfo["is_color"] === 1 ? ["hue", "saturation"] : []),
      ...(sysinfo["is_variable_color_temp"] === 1 ? ["colorTemp"] : []),
      ...(isLight || "brightness" in sysinfo ? ["transitionMs"] : []),
    ];
  }

  override respond(request: Json): Json {
    this.commands.push(request);
    const { context, ...modules } = request;
    const ids = section(context)["child_ids"];
    return mapEntries(modules, (module, calls) => {
      const refusal = section(this.recording, module);
      if ("err_code" in refusal) return refusal;
      return mapEntries(calls, (method, args) => this.#call(module, method, section({ args }, "args"), ids));
    });
  }

  #call(module: string, method: string, args: Json, ids: unknown): unknown {
    if (method === "get_sysinfo") return this.sysinfo;
    const isSet = this.#set(`${module} ${method}`, args, ids);
    if (isSet) return { err_code: 0 };
    return (
      section(this.recording, module)[method] ?? {
        err_code: this.isLight ? -2000 : -2,
        err_msg: "not in the recording",
      }
    );
  }

  #set(command: string, args: Json, ids: unknown): boolean {
    const { sysinfo, children } = this;
    const assign = (key: string): boolean => {
      if (key in sysinfo) sysinfo[key] = Object.values(args)[0];
      return key in sysinfo;
    };
    switch (command) {
      case "system set_relay_state":
        if (children.length === 0) return assign("relay_state");
        for (const child of children)
          if (!ids || (ids as unknown[]).includes(child["id"])) child["state"] = args["state"];
        return true;
      case "system set_led_off":
        return assign("led_off");
      case "system reboot":
        return !this.isLight;
      case "smartlife.iot.common.system reboot":
        return this.isLight;
      case "smartlife.iot.dimmer set_brightness":
        return assign("brightness");
      case "smartlife.iot.dimmer set_dimmer_transition":
        sysinfo["relay_state"] = Number(args["brightness"] !== 0);
        return args["brightness"] === 0 || assign("brightness");
      default:
        return this.isLight && command === this.lightMethod && this.#setLight(args);
    }
  }

  // The fields are flat while the light is on; while it is off, they are one level deeper.
  #setLight({ on_off, ignore_default, ...requested }: Json): boolean {
    const effect = section(this.sysinfo, "lighting_effect_state");
    if (effect["enable"] === 1) {
      if ("hue" in requested && "saturation" in requested) effect["enable"] = 0;
      else if ("brightness" in requested) effect["brightness"] = requested["brightness"];
    }
    const { dft_on_state, on_off: before, ...flat } = this.light;
    const fields = { ...flat, ...section({ dft_on_state }, "dft_on_state") };
    for (const name of LIGHT_FIELDS) if (ignore_default === 1 && name in requested) fields[name] = requested[name];
    const isOn = (on_off ?? before) === 1;
    this.sysinfo["light_state"] = isOn ? { on_off: 1, ...fields } : { on_off: 0, dft_on_state: fields };
    return true;
  }
}
