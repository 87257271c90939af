export type Json = Record<string, unknown>;

/** Why a firmware refuses a command. */
export type FirmwareError = "module" | "method" | "argument" | "full" | "entry";

export type Result = Json | FirmwareError;

/** A method of a firmware. @param outlets the child ids that it is addressed to @returns the fields of its result, or an error */
export type Method = (args: Json, outlets: unknown[]) => Result;
export type Methods = Record<string, Method>;
export type FirmwareErrors = Record<FirmwareError, [code: number, message: string]>;

export const PLUG_FIRMWARE: FirmwareErrors = {
  module: [-1, "module not support"],
  method: [-2, "member not support"],
  argument: [-3, "invalid argument"],
  full: [-10, "table is full"],
  entry: [-14, "entry not exist"],
};
export const LIGHT_FIRMWARE: FirmwareErrors = {
  ...PLUG_FIRMWARE,
  module: [-2001, "Module not support"],
  method: [-2000, "Method not support"],
  argument: [-10000, "Invalid input argument"],
};

/** The account that owns the devices. */
export const OWNER = "owner@example.com";

/** The device's connection to the cloud. Its result contains the account's e-mail address, which a client must not show. */
export const CLOUD_METHODS: Methods = {
  get_info: () => ({
    username: OWNER,
    server: "devs.example.com",
    binded: 1,
    cld_connection: 1,
    illegalType: 0,
    stopConnect: 0,
    tcspStatus: 1,
    tcspInfo: "",
    fwDlPage: "",
    fwNotifyType: -1,
  }),
  get_intl_fw_list: () => ({ fw_list: [] }),
};

/** @param relays undefined if one of the outlets does not exist */
export function setRelays(state: unknown, relays: { on: boolean }[] | undefined): Result {
  if (!relays) return "entry";
  if (!isWithin(state, 0, 1)) return "argument";
  for (const relay of relays) relay.on = state === 1;
  return {};
}

export function setLed(off: unknown, device: { ledOff: boolean }): Result {
  if (!isWithin(off, 0, 1)) return "argument";
  device.ledOff = off === 1;
  return {};
}

export function rename(alias: unknown, items: { alias: string }[] | undefined): Result {
  if (!items) return "entry";
  if (typeof alias !== "string" || alias === "") return "argument";
  for (const item of items) item.alias = alias;
  return {};
}

export const reboot: Method = ({ delay }) => (Number.isInteger(delay) ? {} : "argument");

export const isWithin = (value: unknown, lowest: number, highest: number): value is number =>
  Number.isInteger(value) && Number(value) >= lowest && Number(value) <= highest;

export const getOwn = <T>(record: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

export const mapEntries = (record: unknown, map: (name: string, value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, map(name, value)]));

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
