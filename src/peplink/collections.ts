import type { CallOptions } from "../core/call-context";
import { protocolError } from "../http/response";
import type { PeplinkClient } from "./client";
import type { Fields } from "./endpoints";

/** What of a router's client those need who look at it again and again. */
export type StatusReader = Pick<PeplinkClient, "status">;

/** Whether a value is an object that holds fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads an endpoint as the router shows it, without its secrets. */
export function fetchStatus(
  client: StatusReader,
  endpoint: string,
  params: Fields,
  options: CallOptions,
): Promise<unknown> {
  return client.status(endpoint, params, { asList: false, maskSecrets: true }, options);
}

/**
 * The entries of a collection `{"1": {…}, "order": [1]}`, in its order (peplink.md section 3).
 * @throws `protocol` when it is none, or names an entry that it does not hold
 */
export function collectionEntries(value: unknown): [id: number | string, entry: Fields][] {
  if (!isFields(value)) throw protocolError("It is no collection.");
  const { order } = value;
  const ids: unknown[] = Array.isArray(order) ? order : Object.keys(value).filter((key) => /^\d+$/.test(key));
  return ids.map((id) => {
    const entry = typeof id === "number" || typeof id === "string" ? value[id] : undefined;
    if (!isFields(entry)) throw protocolError("It is not complete.");
    return [id as number | string, entry];
  });
}

/** Reads a list of objects. @throws `protocol` when it is none */
export function parseObjectList(value: unknown): Fields[] {
  if (Array.isArray(value) && value.every(isFields)) return value;
  throw protocolError("It holds no whole list.");
}

/** A number, also one that comes as text; NaN where there is none. */
export function toNumber(value: unknown): number {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
}
