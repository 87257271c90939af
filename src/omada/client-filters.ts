import { inputError } from "../core/errors";
import { toMacAddress } from "../core/mac-address";
import { flattenParams } from "./path";

type Scalar = "boolean" | "integer" | "text" | "mac";

/** The filters of version 2 of the client list: what each takes, one or several (omada.md section 3). */
const V2_FILTERS: Readonly<Record<string, [type: Scalar, list?: "list"]>> = {
  wireless: ["boolean"],
  ipcNvr: ["boolean"],
  ipExist: ["boolean"],
  guest: ["boolean", "list"],
  radioId: ["integer", "list"],
  deviceMac: ["mac", "list"],
  device: ["text", "list"],
  deviceType: ["text", "list"],
  model: ["text"],
  vendor: ["text", "list"],
  ssid: ["text", "list"],
  network: ["text", "list"],
  vid: ["text"],
  timeStart: ["integer"],
  timeEnd: ["integer"],
  authStatus: ["integer", "list"],
  authType: ["text"],
  sourceTime: ["integer"],
  health: ["integer"],
};
/** Version 1 has a filter per kind of device, version 2 has one for all of them. */
const DEVICE_FILTERS = ["apMac", "switchMac", "gatewayMac"];
/** The last two select by the time at which a client was last seen, which is now for all clients that version 1 has. */
const HARMLESS_IN_V1 = new Set(["wireless", "radioId", ...DEVICE_FILTERS, "timeStart", "timeEnd"]);
const ONLINE = 1;

/**
 * A parameter that version 1 of the client list would ignore, and so return more clients than were asked for; undefined if
 * there is none. Filters that neither version is known to have are left to the controller.
 */
export function findV2OnlyParam(params: ReadonlyMap<string, unknown>): string | undefined {
  for (const [name, value] of flattenParams(params)) {
    if (name === "scope" && Number(value) !== ONLINE) return name;
    const filter = filterName(name);
    if (filter !== undefined && Object.hasOwn(V2_FILTERS, filter) && !HARMLESS_IN_V1.has(filter)) return name;
  }
  return undefined;
}

/**
 * Translates the query of version 1 of the client list to the body of version 2, which ignores what it does not know.
 * @throws `input` for a filter that version 2 cannot express
 */
export function toV2Params(params: ReadonlyMap<string, unknown>): Map<string, unknown> {
  // 1: the clients that are online, as in version 1.
  const body = new Map<string, unknown>([["scope", ONLINE]]);
  const devices = new Set<string>();
  let deviceFilter: string | undefined;
  for (const [name, value] of flattenParams(params)) {
    const filter = filterName(name);
    if (filter === undefined) {
      body.set(name, name === "scope" ? parseScalar(value, "integer", name) : value);
      continue;
    }
    const target = DEVICE_FILTERS.includes(filter) ? "deviceMac" : filter;
    const [type, list] = (Object.hasOwn(V2_FILTERS, target) && V2_FILTERS[target]) || throwUnknownFilter(name);
    const values = parseValues(value, type, list === "list", name);
    if (target !== "deviceMac") {
      body.set(`filters.${target}`, list ? values : values[0]);
      continue;
    }
    // Version 2 would return the clients of either device, version 1 only those of both.
    if (deviceFilter !== undefined && !isSameSet(devices, values)) throwContradiction(deviceFilter, name);
    deviceFilter = name;
    for (const mac of values) devices.add(mac as string);
    body.set("filters.deviceMac", [...devices]);
  }
  return body;
}

const filterName = (name: string): string | undefined => /^filters\.(.*)$/s.exec(name)?.[1];

const isSameSet = (set: ReadonlySet<unknown>, values: unknown[]): boolean =>
  set.size === new Set(values).size && values.every((value) => set.has(value));

function parseValues(value: unknown, type: Scalar, isList: boolean, name: string): unknown[] {
  // A name may contain a comma; version 1 joins several other values by it.
  const isJoined = isList && type !== "text" && typeof value === "string";
  const values: unknown[] = Array.isArray(value) ? value : isJoined ? value.split(",") : [value];
  if (values.length === 0 || (!isList && values.length > 1))
    throw inputError(`"params.${name}" must have ${isList ? "at least" : "exactly"} one value.`);
  return values.map((each) => parseScalar(typeof each === "string" ? each.trim() : each, type, name));
}

function parseScalar(value: unknown, type: Scalar, name: string): string | number | boolean {
  const parsed = PARSERS[type](value);
  if (parsed !== undefined) return parsed;
  throw inputError(`"params.${name}" must be ${WORDS[type]}.`);
}

const WORDS: Readonly<Record<Scalar, string>> = {
  boolean: "true or false",
  integer: "a whole number",
  text: "text that is not blank",
  mac: "a MAC address",
};

const PARSERS: Readonly<Record<Scalar, (value: unknown) => string | number | boolean | undefined>> = {
  boolean: (value) => ({ true: true, false: false })[String(value)],
  integer: (value) => {
    const isNumeric = typeof value === "number" || (typeof value === "string" && /^\d{1,15}$/.test(value));
    return isNumeric && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  },
  text: (value) => {
    if (typeof value === "number") return String(value);
    return typeof value === "string" && value !== "" ? value : undefined;
  },
  mac: (value) => (typeof value === "string" ? toMacAddress(value) : undefined),
};

function throwUnknownFilter(name: string): never {
  const known = [...DEVICE_FILTERS, ...Object.keys(V2_FILTERS)].join(", ");
  throw inputError(
    `"params.${name}" is no filter of the client list of this controller, which would return all clients. It has: ${known}.`,
  );
}

function throwContradiction(one: string, other: string): never {
  throw inputError(
    `"params.${one}" and "params.${other}" cannot be combined on this controller: its client list would return the clients of both.`,
  );
}
