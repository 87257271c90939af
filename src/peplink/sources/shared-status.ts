import { abortable } from "../../core/abort";
import { createTrace, type CallOptions, type CallTrace } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import type { StatusFormat } from "../client";
import type { Fields } from "../endpoints";
import type { StatusReader } from "./status-reader";

/** What one source has requested, and others may have as well. */
interface SharedRead {
  response: Promise<unknown>;
  /** Milliseconds since 1970. */
  startedAt: number;
  trace: CallTrace;
  /** Those that had it: each poll of a source is a request of its own, or one that another source has just made. */
  readers: Set<StatusReader>;
}

/** What several sources read, without parameters and all in the format of `fetchStatus`. The responses are small, so that the last one may be kept. */
const SHARED_ENDPOINTS: ReadonlySet<string> = new Set(["status.wan.connection", "info.location"]);
/** Half of the shortest interval: nobody receives a response that is older, counted from its request. */
const MAX_AGE_MS = 500;

/** By client and endpoint. */
const reads = new WeakMap<StatusReader, Map<string, SharedRead>>();

/** Reads for one source of a router. What several sources ask for at the same moment is requested once, errors included. */
export class SharedStatusReader implements StatusReader {
  readonly #client: StatusReader;
  readonly #clock: Clock;

  constructor(client: StatusReader, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async status(endpoint: string, params: Fields, format: StatusFormat, options: CallOptions = {}): Promise<unknown> {
    if (!SHARED_ENDPOINTS.has(endpoint) || Object.keys(params).length > 0)
      return this.#client.status(endpoint, params, format, options);
    const { response, trace } = this.#join(endpoint, params, format);
    try {
      return await abortable(response, options.signal);
    } finally {
      const { operation, attempts, statusCode } = trace;
      if (options.trace) Object.assign(options.trace, { operation, attempts, statusCode });
    }
  }

  #join(endpoint: string, params: Fields, format: StatusFormat): SharedRead {
    const byEndpoint = reads.get(this.#client) ?? new Map<string, SharedRead>();
    reads.set(this.#client, byEndpoint);
    const now = this.#clock.now();
    const last = byEndpoint.get(endpoint);
    const isRecent = last !== undefined && now >= last.startedAt && now < last.startedAt + MAX_AGE_MS;
    if (isRecent && !last.readers.has(this)) {
      last.readers.add(this);
      return last;
    }
    // Without the signal of the first one who asks: the others still need the response. The client's end aborts it.
    const trace = createTrace(endpoint);
    const response = this.#client.status(endpoint, params, format, { trace });
    const read = { response, startedAt: now, trace, readers: new Set<StatusReader>([this]) };
    byEndpoint.set(endpoint, read);
    return read;
  }
}
