/** A command to a device: module → method → arguments. */
export type DeviceCommand = Record<string, Record<string, object>>;
