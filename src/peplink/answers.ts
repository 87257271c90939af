import type { CallOptions } from "../call";
import { unreadable } from "../reply";
import type { PeplinkClient } from "./client";
import type { Fields } from "./endpoints";

/** What of a router's client those need who look at it again and again. */
export type Reader = Pick<PeplinkClient, "status">;

/** Whether a value is an object that holds fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads an endpoint as the router shows it, without its secrets. */
export function read(client: Reader, endpoint: string, params: Fields, options: CallOptions): Promise<unknown> {
  return client.status(endpoint, params, { list: false, hideSecrets: true }, options);
}

/**
 * The entries of a collection `{"1": {…}, "order": [1]}`, in its order (peplink.md section 3).
 * @throws `protocol` when it is none, or names an entry that it does not hold
 */
export function entries(value: unknown): [id: number | string, entry: Fields][] {
  if (!isFields(value)) throw unreadable("It is no collection.");
  const { order } = value;
  const ids: unknown[] = Array.isArray(order) ? order : Object.keys(value).filter((key) => /^\d+$/.test(key));
  return ids.map((id) => {
    const entry = typeof id === "number" || typeof id === "string" ? value[id] : undefined;
    if (!isFields(entry)) throw unreadable("It is not complete.");
    return [id as number | string, entry];
  });
}

/** Reads a list of objects. @throws `protocol` when it is none */
export function rows(value: unknown): Fields[] {
  if (Array.isArray(value) && value.every(isFields)) return value;
  throw unreadable("It holds no whole list.");
}

/** A number, also one that comes as text; NaN where there is none. */
export function figure(value: unknown): number {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
}
