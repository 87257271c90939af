/** A JSON object: arguments, settings or a response. */
export type Json = Record<string, unknown>;

/** Becomes an envelope with `stat: "fail"`; 999 is the only general code that was observed (peplink.md section 1.5). */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly code = 999,
  ) {
    super(message);
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Anything but an object counts as an empty one. */
export const toObject = (value: unknown): Json => (isObject(value) ? value : {});

/** Merges nested objects; any other value is replaced. */
export function merge(into: Json, patch: Json): Json {
  const merged = { ...into };
  for (const [name, value] of Object.entries(patch)) {
    merged[name] = isObject(value) ? merge(toObject(into[name]), value) : value;
  }
  return merged;
}

/** `{"1":{…},"2":{…},"order":[2,1]}`: most parsers sort the keys, so only `order` keeps the order. */
export function toCollection<T extends { id: number }>(items: T[], show: (item: T) => object = (item) => item): Json {
  const entries = items.map((item) => [String(item.id), omit(show(item), ["id"])] as const);
  return { ...Object.fromEntries(entries), order: items.map(({ id }) => id) };
}

export function omit(fields: object, names: string[]): Json {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

export function pick(fields: object, names: string[]): Json {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

/** A boolean of a POST, which may be a string. */
export const isTrue = (value: unknown): boolean => value === true || value === "true" || value === "yes";

/** A list of a query: one string with spaces; commas and repeated keys match nothing (peplink.md section 1.1). */
export function parseList(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" || typeof value === "number" ? String(value).split(" ") : [];
}

/** @param ids a list of a query; undefined = all */
export function filterByIds<T extends { id: number }>(items: T[], ids: unknown): T[] {
  const list = parseList(ids);
  return list ? items.filter(({ id }) => list.includes(String(id))) : items;
}

export function filterById<T extends { id: number }>(items: T[], id: unknown): T[] {
  return typeof id === "string" || typeof id === "number" ? items.filter((item) => String(item.id) === String(id)) : [];
}

/** The `list` of a POST. */
export function parseItems(list: unknown): Json[] {
  if (!Array.isArray(list)) throw new ApiError("Missing list");
  return list.map(toObject);
}

export const toSeconds = (ms: number): number => Math.floor(ms / 1000);
