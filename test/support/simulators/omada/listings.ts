import type { Row } from "./rows";

/** A paged list: `hides` names the fields that only the simulator knows. */
export interface Listing {
  hides: string[];
  search?: string[];
  sorts?: string[];
  /** Name in the query to field of the row. */
  filters?: Record<string, string>;
  /** A log wants a span of time, and these page sizes only. */
  sizes?: number[];
  /** What stands beside the rows. */
  beside?: (rows: Row[]) => Row;
}

const same = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]));
export const CUSTOMERS: Listing = { hides: [], search: ["customerName"], filters: {}, sorts: ["customerName"] };
export const PLACES: Listing = {
  hides: ["ownerId", "ledEnable"],
  search: ["name"],
  sorts: ["name"],
  filters: { tag: "tagIds", type: "type" },
};
export const DEVICES: Listing = {
  hides: ["siteId", "rebootingUntil", "wans", "ports", "ssids"],
  search: ["name", "mac", "ip"],
  sorts: ["name", "status", "ip"],
  filters: { tag: "tagName" },
};
export const CLIENTS: Listing = {
  hides: ["siteId"],
  search: ["name", "mac", "ip", "channel", "ssid", "apName", "apMac", "switchMac", "switchName", "gatewayMac"],
  sorts: ["name", "mac", "ip"],
  filters: same("wireless", "radioId", "apMac", "switchMac", "gatewayMac"),
  beside: (rows) => ({ clientStat: { total: rows.length, wireless: rows.filter(({ wireless }) => wireless).length } }),
};
export const logs = (stat: string, ...filters: string[]): Listing => ({
  hides: ["siteId", "resolved"],
  filters: same(...filters),
  sizes: [10, 15, 20, 30, 50, 100],
  beside: (rows) => ({ [stat]: { totalLogNum: rows.length } }),
});
