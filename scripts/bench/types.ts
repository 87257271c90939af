import type { Certificate } from "../../test/support/simulators/certificate";

/** Where the benchmark's server listens, and its certificate. */
export interface Addresses {
  http: string;
  https: string;
  certificate: Certificate;
}

/** The ways of requesting the same response that are compared. */
export const VARIANTS = [
  "limit",
  "limit again",
  "floor",
  "engine",
  "node",
  "router node",
  "unguarded node",
  "core",
  "session",
  "constant token",
  "guarded",
  "bare",
  "kasa",
  "tplink-cloud-api",
] as const;
export type VariantName = (typeof VARIANTS)[number];

/** What is requested, and how many requests are in flight. */
export interface LoadCase {
  /** `small` is 2 KB of JSON, `large` 165 KB. */
  size: "small" | "large";
  inFlight: number;
  secure: boolean;
}

/** The figures of one slice of time. */
export interface Slice {
  count: number;
  errors: number;
  /** CPU time of the whole process, threads included. */
  cpuUs: number;
  wallMs: number;
  p50Ms: number;
  p99Ms: number;
}

/** What the server has counted since the counters were last taken. */
export interface ServerCounters {
  requests: number;
  connections: number;
  handshakes: number;
  signIns: number;
}

/** The name of a case, also for tables. */
export const caseName = ({ size, inFlight, secure }: LoadCase): string =>
  `${secure ? "https" : "http"} ${size === "small" ? "2 KB" : "165 KB"} c=${inFlight}`;

export const SITE = "600000000000000000000001";
export const CONTROLLER = "c0ffee00c0ffee00c0ffee00c0ffee00";
/** What the Omada variants request. */
export const PATHS = {
  small: `/openapi/v1/${CONTROLLER}/sites/${SITE}`,
  large: `/openapi/v1/${CONTROLLER}/sites/${SITE}/devices?page=1&pageSize=1000`,
} as const;
/** A token that never expires, for variants without a session. */
export const TOKEN = "AT-constant0000000000000000000000";
/** As many as requests are in flight: a device does one thing at a time. */
export const DEVICES: readonly string[] = Array.from(
  { length: 64 },
  (_, index) => `8006D1C2B3A4958677685940302010FF${String(index).padStart(8, "0")}`,
);
