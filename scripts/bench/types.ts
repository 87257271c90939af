import type { Certificate } from "../../test/support/simulators/certificate";

/** Where the server of the measurements answers, and what proves it. */
export interface Addresses {
  http: string;
  https: string;
  certificate: Certificate;
}

/** One way to ask for the same answer. */
export const VARIANTS = [
  "limit",
  "limit again",
  "floor",
  "engine",
  "node",
  "router node",
  "core",
  "session",
  "constant token",
  "guarded",
  "bare",
  "kasa",
  "tplink-cloud-api",
] as const;
export type VariantName = (typeof VARIANTS)[number];

/** What is asked for, how much of it side by side, and how. */
export interface Case {
  /** `small` is 2 KB of JSON, `large` 165 KB. */
  size: "small" | "large";
  inFlight: number;
  secure: boolean;
}

/** What one slice of time brought. */
export interface Slice {
  count: number;
  errors: number;
  /** Of the whole process, threads included. */
  cpuUs: number;
  wallMs: number;
  p50Ms: number;
  p99Ms: number;
}

/** What the server has seen since it was asked last. */
export interface Seen {
  requests: number;
  connections: number;
  handshakes: number;
  signIns: number;
}

/** Name of a case, also for tables. */
export const nameOf = ({ size, inFlight, secure }: Case): string =>
  `${secure ? "https" : "http"} ${size === "small" ? "2 KB" : "165 KB"} c=${inFlight}`;

export const SITE = "600000000000000000000001";
export const CONTROLLER = "c0ffee00c0ffee00c0ffee00c0ffee00";
/** What the Omada variants ask for. */
export const PATHS = {
  small: `/openapi/v1/${CONTROLLER}/sites/${SITE}`,
  large: `/openapi/v1/${CONTROLLER}/sites/${SITE}/devices?page=1&pageSize=1000`,
} as const;
/** The token that never spends itself, for those who bring it themselves. */
export const TOKEN = "AT-constant0000000000000000000000";
export const DEVICE = "8006D1C2B3A4958677685940302010FF00000000";
