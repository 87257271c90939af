import { isRecord, isWithin, type Json } from "../../kasa/firmware";
import { SmartError, WRONG_PARAMS, type SmartMethod, type SmartUnit } from "./unit";

type SmartMethods = Record<string, SmartMethod>;

/** What an owner sets up in the app, by the component that stands for it; each keeps what it was told. */
const SETTINGS: Readonly<Record<string, (unit: SmartUnit) => SmartMethods>> = {
  cloud_connect: () => ({ get_connect_cloud_state: () => ({ status: 0 }) }),
  firmware: ({ info }) => {
    const update: Json = { enable: false, random_range: 120, time: 180 };
    return {
      get_latest_fw: () => ({ fw_ver: info["fw_ver"], need_to_upgrade: false, fw_size: 0, release_note: "", type: 0 }),
      get_fw_download_state: () => ({ auto_upgrade: false, download_progress: 0, status: 0, reboot_time: 5 }),
      get_auto_update_info: () => ({ ...update }),
      set_auto_update_info: (params) => keep(update, params, typeof params["enable"] === "boolean"),
    };
  },
  auto_off: ({ info }) => {
    Object.assign(info, { auto_off_status: "off", auto_off_remain_time: 0 });
    const config: Json = { enable: false, delay_min: 120 };
    return {
      get_auto_off_config: () => ({ ...config }),
      set_auto_off_config: (params) => {
        keep(config, params, typeof params["enable"] === "boolean" && isWithin(params["delay_min"], 1, 1440));
        const isRunning = config["enable"] === true && info["device_on"] === true;
        info["auto_off_status"] = isRunning ? "on" : "off";
        info["auto_off_remain_time"] = isRunning ? Number(config["delay_min"]) * 60 : 0;
        return undefined;
      },
    };
  },
  on_off_gradually: () => {
    const fades: Json = { on_state: fade(), off_state: fade() };
    const isFade = (value: unknown): boolean =>
      isRecord(value) && typeof value["enable"] === "boolean" && isWithin(value["duration"], 0, 60);
    return {
      get_on_off_gradually_info: () => structuredClone(fades),
      // One of both in a request.
      set_on_off_gradually_info: (params) => {
        const [[name, value] = ["", undefined], ...others] = Object.entries(params);
        return keep(fades, { [name]: value }, name in fades && isFade(value) && others.length === 0);
      },
    };
  },
};

const fade = (): Json => ({ enable: true, duration: 1, max_duration: 60 });

function keep(setting: Json, params: Json, isValid: boolean): undefined {
  if (!isValid) throw new SmartError(WRONG_PARAMS);
  for (const [name, value] of Object.entries(params))
    setting[name] = isRecord(value) ? { ...(setting[name] as Json), ...value } : value;
  return undefined;
}

/** Gives a unit the methods of its components, also those that only other clients ask for. */
export function addSettings(unit: SmartUnit): void {
  for (const [component, methodsOf] of Object.entries(SETTINGS))
    if (component in unit.components) Object.assign(unit.methods, methodsOf(unit));
}
