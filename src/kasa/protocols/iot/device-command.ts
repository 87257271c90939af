import type { DeviceSetting } from "../../device-setting";

/** A command to a device: module → method → arguments. */
export type DeviceCommand = Record<string, Record<string, object>>;

/** What can be set. */
export type Property = Exclude<keyof DeviceSetting, "restore" | "outlets">;
