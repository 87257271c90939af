import { systemClock, type Clock } from "../../src/core/clock";
import type { ErrorCode, PlatformError } from "../../src/core/errors";

/** An error, and how often it came in a row. Times are in milliseconds since 1970. */
interface RecordedError {
  operation: string;
  code: ErrorCode;
  message: string;
  statusCode: number | undefined;
  vendorCode: number | undefined;
  firstAtMs: number;
  lastAtMs: number;
  count: number;
}

/** A time in which polls failed. */
interface Outage {
  /** What was polled. */
  source: string;
  code: ErrorCode;
  sinceMs: number;
  /** Undefined while it lasts. */
  untilMs: number | undefined;
}

const DAY_MS = 24 * 60 * 60_000;
const MAX_ERRORS = 30;
const MAX_OUTAGES = 50;
/** A config node has a few sources, at a few sites. */
const MAX_OPEN_OUTAGES = 100;
const MAX_MESSAGE_LENGTH = 300;

/** What went wrong at a config node during the last day, for a bug report. Its memory is bounded. */
export class ConnectionHistory {
  readonly #clock: Clock;
  #errors: RecordedError[] = [];
  #outages: Outage[] = [];
  readonly #open = new Map<string, Outage>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records an error of a message or of a poll. */
  failed({ code, message, details }: PlatformError, operation: string): void {
    if (code === "cancelled") return;
    const now = this.#clock.now();
    const short = message.slice(0, MAX_MESSAGE_LENGTH);
    const last = this.#errors.at(-1);
    if (last?.operation === operation && last.code === code && last.message === short) {
      last.count++;
      last.lastAtMs = now;
      return;
    }
    const { statusCode, vendorCode } = details;
    const times = { firstAtMs: now, lastAtMs: now, count: 1 };
    this.#errors = [...this.#errors, { operation, code, message: short, statusCode, vendorCode, ...times }];
    this.#errors = this.#errors.slice(-MAX_ERRORS);
  }

  /** Records that polls of a source fail. */
  outageBegan(source: string, { code }: PlatformError): void {
    if (this.#open.has(source) || this.#open.size >= MAX_OPEN_OUTAGES) return;
    const outage: Outage = { source, code, sinceMs: this.#clock.now(), untilMs: undefined };
    this.#open.set(source, outage);
    this.#outages = [...this.#outages, outage].slice(-MAX_OUTAGES);
  }

  /** Records that a poll of a source succeeded. */
  outageEnded(source: string): void {
    const outage = this.#open.get(source);
    if (!outage) return;
    outage.untilMs = this.#clock.now();
    this.#open.delete(source);
  }

  /** The last day, oldest first, with times as ISO 8601. */
  report(): { errors: object[]; outages: object[] } {
    const since = this.#clock.now() - DAY_MS;
    return {
      errors: this.#errors
        .filter(({ lastAtMs }) => lastAtMs >= since)
        .map(({ firstAtMs, lastAtMs, ...rest }) => ({ ...rest, first: isoTime(firstAtMs), last: isoTime(lastAtMs) })),
      outages: this.#outages
        .filter(({ untilMs }) => untilMs === undefined || untilMs >= since)
        .map(({ source, code, sinceMs, untilMs }) => ({
          source,
          code,
          since: isoTime(sinceMs),
          until: untilMs === undefined ? null : isoTime(untilMs),
        })),
    };
  }
}

/** By id of the config node: a deploy does not end a day. */
const histories = new Map<string, ConnectionHistory>();

/** The history of a config node, empty at first. */
export function historyOf(id: string): ConnectionHistory {
  const history = histories.get(id) ?? new ConnectionHistory(systemClock);
  histories.set(id, history);
  return history;
}

/** Forgets the history of a config node that was deleted. */
export function forgetHistory(id: string): void {
  histories.delete(id);
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
