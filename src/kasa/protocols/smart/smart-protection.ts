import type { DeviceState } from "../../device";
import type { SmartInfo } from "./smart-info";

/** What a device has done, or will do, to protect itself or its owner (kasa-local.md section 8); empty if there is nothing. */
export function parseProtection(info: SmartInfo): Pick<DeviceState, "overheated" | "overloaded" | "autoOffS"> {
  const { overheated, auto_off_status: autoOff, auto_off_remain_time: autoOffS } = info;
  const isAbnormal = (name: string): boolean => typeof info[name] === "string" && info[name] !== "normal";
  return {
    ...(overheated === true || isAbnormal("overheat_status") ? { overheated: true } : {}),
    ...(isAbnormal("power_protection_status") || isAbnormal("overcurrent_status") ? { overloaded: true } : {}),
    ...(autoOff === "on" && typeof autoOffS === "number" && autoOffS > 0 ? { autoOffS } : {}),
  };
}
