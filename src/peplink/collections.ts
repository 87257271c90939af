import { isPlainObject } from "../core/encoding";
import { protocolError } from "../http/response";
import type { Fields } from "./endpoints";

/**
 * The entries of a collection `{"1": {…}, "order": [1]}`, in its order (peplink.md section 3).
 * @throws `protocol` for anything else, and where the order names an entry that is missing
 */
export function collectionEntries(value: unknown): [id: number | string, entry: Fields][] {
  if (!isPlainObject(value)) throw protocolError("It is not a collection.");
  const { order } = value;
  const ids: unknown[] = Array.isArray(order) ? order : numberedKeys(value);
  return ids.map((id) => {
    const entry = isId(id) ? value[id] : undefined;
    if (!isId(id) || !isPlainObject(entry)) throw protocolError("It is not complete.");
    return [id, entry];
  });
}

/**
 * Turns a collection into an array in its order, each entry with its `id`; any other value stays as it is.
 * The order has to be taken from the response: JavaScript sorts such keys (peplink.md section 3).
 */
export function toList(response: unknown): unknown {
  if (!isPlainObject(response)) return response;
  const { order } = response;
  const keys = numberedKeys(response);
  if (!Array.isArray(order) && keys.length === 0) return response;
  const ids: unknown[] = Array.isArray(order) ? order : keys.map(Number);
  return ids.flatMap((id) => {
    if (!isId(id)) return [];
    const key = String(id);
    if (!Object.hasOwn(response, key)) return [];
    const entry = response[key];
    return [isPlainObject(entry) ? { ...entry, id } : { id, value: entry }];
  });
}

/** Parses a list of objects. @throws `protocol` for anything else */
export function parseObjectList(value: unknown): Fields[] {
  if (Array.isArray(value) && value.every(isPlainObject)) return value;
  throw protocolError("It is not a list of objects.");
}

/** A number, also one in a string; NaN for anything else. */
export function toNumber(value: unknown): number {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
}

/** A string without the space around it; empty for anything else. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

function numberedKeys(collection: Fields): string[] {
  return Object.keys(collection).filter((key) => /^\d+$/.test(key));
}

function isId(value: unknown): value is number | string {
  return typeof value === "number" || typeof value === "string";
}
