/** Parameters, settings and answers: plain JSON objects. */
export type Json = Record<string, unknown>;

/** What the router says in its `fail` envelope; 999 is the one general code that was ever seen (peplink.md section 1.5). */
export class Refusal extends Error {
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
export const object = (value: unknown): Json => (isObject(value) ? value : {});

/** Objects are merged, everything else is replaced. */
export function merge(into: Json, patch: Json): Json {
  const merged = { ...into };
  for (const [name, value] of Object.entries(patch)) {
    merged[name] = isObject(value) ? merge(object(into[name]), value) : value;
  }
  return merged;
}

/** `{"1":{…},"2":{…},"order":[2,1]}`: JSON keys are sorted by most readers, so `order` alone keeps the order. */
export function collection<T extends { id: number }>(items: T[], show: (item: T) => object = (item) => item): Json {
  const entries = items.map((item) => [String(item.id), without(show(item), ["id"])] as const);
  return { ...Object.fromEntries(entries), order: items.map(({ id }) => id) };
}

export function without(all: object, names: string[]): Json {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

export function only(all: object, names: string[]): Json {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/** A boolean in a POST; some come as text. */
export const isTrue = (value: unknown): boolean => value === true || value === "true" || value === "yes";

/** A list in a query is one text with spaces: commas and repeated keys find nothing (peplink.md section 1.1). */
export function listed(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" || typeof value === "number" ? String(value).split(" ") : [];
}

export function chosen<T extends { id: number }>(all: T[], ids: unknown): T[] {
  const meant = listed(ids);
  return meant ? all.filter(({ id }) => meant.includes(String(id))) : all;
}

export function named<T extends { id: number }>(all: T[], id: unknown): T[] {
  return typeof id === "string" || typeof id === "number" ? all.filter((one) => String(one.id) === String(id)) : [];
}

export function items(list: unknown): Json[] {
  if (!Array.isArray(list)) throw new Refusal("Missing list");
  return list.map(object);
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);
