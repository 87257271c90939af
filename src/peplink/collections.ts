import { isPlainObject } from "../core/encoding";
import { toId } from "../core/scalar";

const MAX_MISSING = 10;

/** The entries of a collection, and the ids that its order names although there is no entry for them. */
interface Collection {
  entries: [id: number | string, entry: unknown][];
  missing: (number | string)[];
}

/**
 * Parses a collection `{"1": {…}, "order": [1]}`, in its order (peplink.md section 3). Each entry counts once, however often
 * the order names it, so that the result is never larger than the response.
 * The order has to be taken from the response: JavaScript sorts such keys.
 * @returns undefined for anything else
 */
export function parseCollection(value: unknown): Collection | undefined {
  if (!isPlainObject(value)) return undefined;
  const { order } = value;
  const keys = Object.keys(value).filter((key) => /^\d+$/.test(key));
  if (!Array.isArray(order) && keys.length === 0) return undefined;
  const ids: Iterable<unknown> = Array.isArray(order) ? order : keys.map(Number);
  const entries = new Map<string, [id: number | string, entry: unknown]>();
  const missing = new Set<number | string>();
  for (const id of ids) {
    if (typeof id !== "number" && typeof id !== "string") continue;
    const key = String(id);
    if (entries.has(key)) continue;
    if (Object.hasOwn(value, key)) entries.set(key, [id, value[key]]);
    // A few of them are enough to say what is missing.
    else if (missing.size < MAX_MISSING) missing.add(id);
  }
  return { entries: [...entries.values()], missing: [...missing] };
}

/** Turns a collection into an array in its order, each entry with its `id`; any other value stays as it is. */
export function toList(response: unknown): unknown {
  const collection = parseCollection(response);
  if (!collection) return response;
  return collection.entries.map(([id, entry]) => (isPlainObject(entry) ? { ...entry, id } : { id, value: entry }));
}

const YES: ReadonlySet<string> = new Set(["true", "yes", "on", "1"]);

/** Whether a field says yes; null where it is missing. Most are booleans, and some firmware spells them. */
export function toFlag(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  return value === undefined || value === null ? null : YES.has(toId(value).toLowerCase());
}
