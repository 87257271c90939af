import type { TargetKind, TargetRow } from "../../acts/act";
import { isPlainObject } from "../../core/encoding";
import { inputError } from "../../core/errors";
import { findByName, nameNotFound, type NamedKind } from "../../core/named";
import { toText } from "../../core/scalar";
import { protocolError } from "../../http/response";
import { parseCollection } from "../collections";
import type { Fields } from "../endpoints";
import type { RouterActContext } from "./context";

/** An entry of a collection. */
export interface Entry {
  id: number | string;
  name: string;
  /** The router's own fields. */
  fields: Fields;
}

/** A WAN connection among all others. */
export interface WanTarget extends Entry {
  all: readonly Entry[];
}

/** A port of a switch, also of a module. */
export type PortTarget = number | { id: number; moduleType: string; moduleId: number };

/** Where a text message goes: to a number, or through a connection to a number that the value names. */
export type SmsTarget = { number: string } | { wan: Entry };

const kindOf = (one: string, many: string): NamedKind<Entry> => {
  return { one, many, id: ({ id }) => String(id), name: ({ name }) => name };
};

const WANS = kindOf("WAN connection", "WAN connections");
const CELLULAR_WANS = kindOf("cellular connection", "cellular connections");
const SSIDS = kindOf("Wi-Fi network", "Wi-Fi networks");
const PORTS = kindOf("LAN port", "LAN ports");

const MODULE_PORT = /^(\w+)\/(\d+)\/(\d+)$/;
/** What can only be meant as a telephone number. */
const PHONE_NUMBER = /^\+|^\d[\d\s()./-]{5,}$/;

/** Finds in a fresh list every time: reading it takes as many requests as checking one that is remembered. */
const findEntry = (name: string, entries: readonly Entry[], kind: NamedKind<Entry>): Entry => {
  const entry = findByName(name, entries, kind);
  if (entry === undefined) throw nameNotFound(name, entries, kind);
  return entry;
};

export const wanTarget: TargetKind<RouterActContext, WanTarget> = {
  hint: "the name or the number of a WAN connection",
  async find(context, name) {
    const all = await fetchWans(context);
    return { ...findEntry(name, all, WANS), all };
  },
  list: async (context) => (await fetchWans(context)).map(toRow),
};

export const cellularTarget: TargetKind<RouterActContext, Entry> = {
  hint: "the name or the number of a cellular WAN connection",
  find: async (context, name) => findEntry(name, (await fetchWans(context)).filter(isCellular), CELLULAR_WANS),
  list: async (context) => (await fetchWans(context)).filter(isCellular).map(toRow),
};

export const ssidTarget: TargetKind<RouterActContext, Entry> = {
  hint: "the name of a Wi-Fi network, or the number of its profile",
  find: async (context, name) => findEntry(name, toEntries(await context.read("config.ssid.profile")), SSIDS),
  list: async (context) => toEntries(await context.read("config.ssid.profile")).map(toRow),
};

export const portTarget: TargetKind<RouterActContext, PortTarget> = {
  hint: "the number or the name of a LAN port",
  async find(context, name) {
    if (/^\d{1,4}$/.test(name)) return Number(name);
    const [, moduleType, moduleId, id] = MODULE_PORT.exec(name) ?? [];
    if (moduleType !== undefined) return { id: Number(id), moduleType, moduleId: Number(moduleId) };
    return Number(findEntry(name, await fetchPorts(context), PORTS).id);
  },
  list: async (context) => (await fetchPorts(context)).map(toRow),
};

export const smsTarget: TargetKind<RouterActContext, SmsTarget> = {
  hint: "the number to send to, such as +49170123456, or a cellular WAN connection",
  async find(context, name) {
    if (PHONE_NUMBER.test(name)) return { number: parsePhoneNumber(name, "target") };
    return { wan: await cellularTarget.find(context, name) };
  },
  list: async (context) => cellularTarget.list?.(context) ?? [],
};

/**
 * The number as the router takes it (peplink.md section 2.1).
 * @param from which field it is, for the error
 * @throws `input` for anything but a number in international form
 */
export function parsePhoneNumber(value: unknown, from: string): string {
  const number = typeof value === "string" ? value.replace(/[\s()./-]/g, "") : "";
  if (/^\+[1-9]\d{1,14}$/.test(number)) return number;
  throw inputError(`"${from}" must be a number in international form, with a plus: +49170123456.`);
}

async function fetchPorts(context: RouterActContext): Promise<Entry[]> {
  const ports = await context.read("status.port");
  return toEntries(isPlainObject(ports) ? ports["lan"] : undefined);
}

function toRow({ id, name, fields }: Entry): TargetRow {
  return { value: name || String(id), detail: `${id} ${toText(fields["message"])}`.trim() };
}

/** All WAN connections, or the one with this id. */
export async function fetchWans(context: RouterActContext, id?: number | string): Promise<Entry[]> {
  const wans = toEntries(await context.read("status.wan.connection", id === undefined ? {} : { id: [id] }));
  return id === undefined ? wans : wans.filter(hasId(id));
}

/** The fields of a WAN connection as they are now; none where it is gone. */
export async function fetchWan(context: RouterActContext, { id }: Entry): Promise<Fields> {
  const [wan] = await fetchWans(context, id);
  return wan?.fields ?? {};
}

/** The fields of an entry of a response that is a collection; none where it is not in it. */
export function fieldsOf(response: unknown, id: number | string): Fields {
  return toEntries(response).find(hasId(id))?.fields ?? {};
}

/** The part of a WAN connection that is about its modem (`gobi` before firmware 8.0.1, peplink.md section 4). */
export function modemOf({ cellular, gobi }: Fields): Fields | undefined {
  return [cellular, gobi].find(isPlainObject);
}

/** The ids in `order` are numbers or strings, and need not be the same in all responses. */
const hasId =
  (id: number | string) =>
  (entry: Entry): boolean =>
    String(entry.id) === String(id);

function isCellular({ fields }: Entry): boolean {
  return modemOf(fields) !== undefined || fields["type"] === "cellular" || fields["type"] === "gobi";
}

function toEntries(response: unknown): Entry[] {
  const collection = parseCollection(response);
  if (!collection) throw protocolError("It is not a collection.");
  return collection.entries.flatMap(([id, fields]) =>
    isPlainObject(fields) ? [{ id, name: toText(fields["name"]), fields }] : [],
  );
}
