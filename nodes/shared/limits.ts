/** What a number in a node's settings may be. */
export interface Limit {
  min: number;
  /** Left out: as large as one likes. */
  max?: number;
  /** What a blank setting means. */
  default: number;
  /** Whether only whole numbers make sense. */
  integer?: boolean;
}

/**
 * The limits of all numeric settings, by the name of the saved property. The runtime checks them, and the build writes
 * them into the dialogs: this is the only place to change one.
 */
export const LIMITS = {
  /** Seconds that one attempt of a request may take. */
  timeout: { min: 0.001, max: 86_400, default: 15 },
  /** Messages that a config node handles side by side. */
  concurrency: { min: 1, max: 1000, default: 4, integer: true },
  /** Messages that may wait for their turn. */
  queue: { min: 0, max: 1_000_000, default: 1000, integer: true },
  /** Requests per second; 0 means no limit. Some platforms have a default of their own. */
  rate: { min: 0, default: 0 },
  /** Seconds between two polls. A shorter one than the platform bears is raised (see `MIN_INTERVALS_S`). */
  interval: { min: 0.001, max: 604_800, default: 30 },
  /** Polls in a row that must agree on a change. */
  settle: { min: 1, max: 1000, default: 1, integer: true },
  /** Milliseconds; a latency above it is high. */
  threshold: { min: 1, max: 60_000, default: 200 },
  /** Rows that a query returns; 0 means all of them. */
  limit: { min: 0, default: 0, integer: true },
} as const satisfies Readonly<Record<string, Limit>>;

/** How often a platform may be polled at most, in seconds between two polls, by the type of the trigger node. */
export const MIN_INTERVALS_S = { "kasa-event": 15, "omada-event": 5, "router-event": 1 } as const;

/** The same for Kasa devices that are reached over the local network alone, where nobody counts requests. */
export const MIN_LOCAL_INTERVAL_S = 1;
