import { isPlainObject } from "../../../core/encoding";

type Keys = Record<string, unknown>;

/** What an older device knows of a command, in its own words (kasa.md section 5). */
const UNKNOWN = { err_code: -2, err_msg: "not offered by the second cloud" };

/** What a command of an older device comes to in the words of shadows. */
interface IotTranslation {
  desired: Keys;
  /** The device's response, once it has reported. */
  toResponse: (reported: Keys) => Keys;
}

/**
 * Translates a command of an older device: on and off, the light of bulbs, the level of dimmers, and the sysinfo.
 * @param identity the fields of its sysinfo that no shadow holds
 */
export function translateIotCommand(command: object, identity: Keys, isBulb: boolean): IotTranslation {
  const desired: Keys = {};
  // An outlet of a strip has no shadow in common with its strip.
  const isForOutlet = "context" in command;
  const entries = Object.entries(command).filter(([module]) => module !== "context");
  for (const [, methods] of entries)
    for (const [method, args] of Object.entries(Object(methods) as Keys))
      if (!isForOutlet) Object.assign(desired, METHODS[method]?.(isPlainObject(args) ? args : {}));
  const toResult = (method: string, reported: Keys): Keys => {
    if (isForOutlet) return UNKNOWN;
    if (method === "get_sysinfo") return { ...identity, ...toSysinfo(reported, isBulb), err_code: 0 };
    if (!Object.hasOwn(METHODS, method)) return UNKNOWN;
    return { ...(method === "transition_light_state" && toLightState(reported)), err_code: 0 };
  };
  return {
    desired,
    toResponse: (reported) =>
      Object.fromEntries(
        entries.map(([module, methods]) => [
          module,
          Object.fromEntries(
            Object.keys(Object(methods) as Keys).map((method) => [method, toResult(method, reported)]),
          ),
        ]),
      ),
  };
}

const METHODS: Readonly<Record<string, (args: Keys) => Keys>> = {
  set_relay_state: ({ state }) => ({ on: state === 1 }),
  set_brightness: ({ brightness }) => ({ brightness }),
  transition_light_state: ({ on_off: on, brightness, hue, saturation, color_temp }) =>
    defined({ on: on === undefined ? undefined : on === 1, brightness, hue, saturation, color_temp }),
};

function toSysinfo(reported: Keys, isBulb: boolean): Keys {
  const { on, brightness, hue, color_temp } = reported;
  if (!isBulb) return defined({ relay_state: Number(on === true), brightness });
  const can = { is_dimmable: brightness, is_color: hue, is_variable_color_temp: color_temp };
  const flags = Object.entries(can).map(([name, value]) => [name, Number(value !== undefined)]);
  return { ...Object.fromEntries(flags), light_state: toLightState(reported) };
}

function toLightState({ on, brightness, hue, saturation, color_temp }: Keys): Keys {
  return { on_off: Number(on === true), ...defined({ brightness, hue, saturation, color_temp }) };
}

function defined(values: Keys): Keys {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
