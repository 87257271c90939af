import { randomBytes } from "node:crypto";

export type Json = Record<string, unknown>;

/** Why a firmware declines. */
export type Refusal = "module" | "method" | "argument" | "full" | "entry";

export type Result = Json | Refusal;

/** A firmware's method: the fields of its answer, or why it declines. `outlets` are the child ids it is meant for. */
export type Method = (args: Json, outlets: unknown[]) => Result;
export type Methods = Record<string, Method>;
export type Firmware = Record<Refusal, [code: number, message: string]>;

export const PLUG_FIRMWARE: Firmware = {
  module: [-1, "module not support"],
  method: [-2, "member not support"],
  argument: [-3, "invalid argument"],
  full: [-10, "table is full"],
  entry: [-14, "entry not exist"],
};
export const LIGHT_FIRMWARE: Firmware = {
  ...PLUG_FIRMWARE,
  module: [-2001, "Module not support"],
  method: [-2000, "Method not support"],
  argument: [-10000, "Invalid input argument"],
};

/** Whose devices these are. */
export const OWNER = "owner@example.com";

/** A table of rules that holds so many, and no more. */
export function ruleTable(size: number): Methods {
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

export const CLOCK: Methods = {
  get_time: () => {
    const now = new Date();
    const [year, month, mday] = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
    return { year, month, mday, hour: now.getHours(), min: now.getMinutes(), sec: now.getSeconds() };
  },
  get_timezone: () => ({ index: 38 }),
};

/** What the device knows of its cloud: the account's e-mail among it, which a client must not show. */
export const CLOUD_LINK: Methods = {
  get_info: () => ({ username: OWNER, server: "devs.example.com", binded: 1, cld_connection: 1 }),
};

export function switchTo(state: unknown, switches: { on: boolean }[] | undefined): Result {
  if (!switches) return "entry";
  if (!isWithin(state, 0, 1)) return "argument";
  for (const one of switches) one.on = state === 1;
  return {};
}

export function setLed(off: unknown, device: { ledOff: boolean }): Result {
  if (!isWithin(off, 0, 1)) return "argument";
  device.ledOff = off === 1;
  return {};
}

export function rename(alias: unknown, named: { alias: string }[] | undefined): Result {
  if (!named) return "entry";
  if (typeof alias !== "string" || alias === "") return "argument";
  for (const one of named) one.alias = alias;
  return {};
}

export const reboot: Method = ({ delay }) => (Number.isInteger(delay) ? {} : "argument");

export const isWithin = (value: unknown, lowest: number, highest: number): value is number =>
  Number.isInteger(value) && Number(value) >= lowest && Number(value) <= highest;

export const own = <T>(record: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

export const each = (record: unknown, make: (name: string, value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, make(name, value)]));

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
