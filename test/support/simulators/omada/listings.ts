import type { Row } from "./rows";

/** A paged list. */
export interface Listing {
  /** Fields that the simulator uses internally. */
  hidden: string[];
  search?: string[];
  sorts?: string[];
  /** From the name in the query to the field of the row. */
  filters?: Record<string, string>;
  /** The page sizes of a log; it also requires a time range. */
  pageSizes?: number[];
  /** Further fields next to the rows. */
  extraFields?: (rows: Row[]) => Row;
}

const same = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]));
export const CUSTOMERS: Listing = { hidden: [], search: ["customerName"], filters: {}, sorts: ["customerName"] };
export const SITES: Listing = {
  hidden: ["ownerId", "ledEnable"],
  search: ["name"],
  sorts: ["name"],
  filters: { tag: "tagIds", type: "type" },
};
export const DEVICES: Listing = {
  hidden: "siteId rebootingUntil wans ports ssids general isLocating upgradingUntil latestFirmware".split(" "),
  search: ["name", "mac", "ip"],
  sorts: ["name", "status", "ip"],
  filters: { tag: "tagName" },
};
export const CLIENTS: Listing = {
  hidden: ["siteId", "rateLimit"],
  search: ["name", "mac", "ip", "channel", "ssid", "apName", "apMac", "switchMac", "switchName", "gatewayMac"],
  sorts: ["name", "mac", "ip"],
  filters: same("wireless", "radioId", "apMac", "switchMac", "gatewayMac"),
  extraFields: (rows) => ({
    clientStat: { total: rows.length, wireless: rows.filter(({ wireless }) => wireless).length },
  }),
};
/** Its filters are checked by the operation itself. */
export const CLIENTS_V2: Listing = { ...CLIENTS, search: ["name", "mac", "ip"], filters: {} };
export const KNOWN_CLIENTS: Listing = { hidden: [], search: ["name", "mac", "ssid"], sorts: ["lastSeen"] };
export const ACLS: Listing = { hidden: ["siteId", "list"] };
export const VOUCHERS: Listing = { hidden: [], search: ["code"], sorts: ["code"] };
export const logs = (stat: string, ...filters: string[]): Listing => ({
  hidden: ["siteId", "resolved"],
  filters: same(...filters),
  pageSizes: [10, 15, 20, 30, 50, 100],
  extraFields: (rows) => ({ [stat]: { totalLogNum: rows.length } }),
});
