import type { CallOptions } from "../../core/call-context";
import { isPlatformError, type PlatformError } from "../../core/errors";
import type { ChangeEvent } from "../../polling/types";
import type { OmadaClient } from "../client";
import { collectAllRows, rowsLeftOutError, toPagedList } from "../list-reader";
import { normalizeMac } from "../mac";
import { collectRows } from "../pagination";
import type { PathParams } from "../path";

/** A row of a list: the controller's own fields. */
export type Row = Readonly<Record<string, unknown>>;

export const CLIENTS = "sites/{siteId}/clients";
export const DEVICES = "sites/{siteId}/devices";

/** Values of a device's `status` (omada.md section 6). */
const DISCONNECTED = 0;
const PENDING = 2;
const ISOLATED = 4;

/** Whether a device waits to be adopted, and so does not belong to the site. */
export const isPending = ({ status }: Row): boolean => status === PENDING;

/** Whether a device is connected. One that missed a heartbeat still is: the controller itself waits as well. */
export const isConnected = ({ status }: Row): boolean =>
  status !== DISCONNECTED && status !== ISOLATED && status !== PENDING;

/** A text field; blank if it is none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

// Not every model has it, and not every version: HTTP 404 or 405, or a number (omada.md section 4).
/** Whether the controller, or the device that it asks, does not have the path of a request. */
export function isPathMissing(error: unknown): error is PlatformError {
  if (!isPlatformError(error, "not-found", "unsupported")) return false;
  const { vendorCode } = error.details;
  return !vendorCode || vendorCode === -1600;
}

/** Fetches all rows of a list. Some are sent without pages, as an array (omada.md section 6). */
export async function fetchRows(
  client: OmadaClient,
  path: string,
  site: string,
  options: CallOptions,
  params: PathParams = {},
): Promise<Row[]> {
  const result = await client.query({ method: "GET", path, params, site, all: true, limit: 0 }, options);
  const isArray = "result" in result && Array.isArray(result.result);
  return (isArray ? result.result : await collectAllRows(toPagedList(result))) as Row[];
}

/**
 * Fetches a list by MAC address. What it does not contain has certainly left.
 * @param previous the keys of the last snapshot
 */
export async function fetchByMac(
  client: OmadaClient,
  path: string,
  site: string,
  previous: ReadonlyMap<string, unknown>,
  options: CallOptions,
): Promise<Map<string, Row>> {
  const list = await client.list(path, site, {}, options);
  const first = await collectRows(list.pages);
  const rows = indexByMac(first);
  // A row that leaves a page that has been read, or changes places with another one, shifts a row into that page: it is then
  // in none of the pages read.
  const isComplete =
    first.length >= (list.progress.minRows ?? 0) &&
    (list.progress.pages < 2 || (previous.size > 0 && [...previous.keys()].every((mac) => rows.has(mac))));
  if (isComplete) return rows;
  const again = await client.list(path, site, {}, options);
  const second = await collectRows(again.pages);
  const all = new Map([...rows, ...indexByMac(second)]);
  if (Math.max(second.length, all.size) < (again.progress.minRows ?? 0)) throw rowsLeftOutError();
  return all;
}

function indexByMac(rows: readonly unknown[]): Map<string, Row> {
  const byMac = new Map<string, Row>();
  for (const row of rows as readonly (Row | null)[]) {
    const mac = row?.["mac"];
    // Without a MAC address a row cannot be recognized in the next snapshot.
    if (row && typeof mac === "string" && mac !== "") byMac.set(normalizeMac(mac, true), row);
  }
  return byMac;
}

/** An event about a row; `undefined` = not in that snapshot. */
export function toEvent(event: string, id: string, before: Row | undefined, after: Row | undefined): ChangeEvent {
  const { name, hostName, mac } = after ?? before ?? {};
  const names = [name, hostName, mac].filter((text): text is string => typeof text === "string" && text !== "");
  // The id of a WAN port is "gateway/port": a filter may name the gateway alone.
  const aliases = [...names, id.replace(/\/.*/, "")];
  return { event, id, name: names[0] ?? id, current: after ?? null, previous: before ?? null, aliases };
}
