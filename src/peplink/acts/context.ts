import type { Act, ActContext, RequestPreview } from "../../acts/act";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlatformError, PlatformError } from "../../core/errors";
import { maskSecrets } from "../../core/redact";
import type { PeplinkApi } from "../api";
import { checkBody } from "../bodies";
import { toQuery, type Fields } from "../endpoints";

/** A request of an act. */
export interface RouterRequest {
  /** POST unless it only reads. */
  method?: "GET";
  endpoint: string;
  body?: Fields;
}

/** A row of the table of acts. */
export type RouterAct<Target = undefined, Value = undefined> = Act<RouterActContext, RouterRequest, Target, Value>;

/** They decline a port that has no PoE, in words that no document has (peplink.md section 2.1). */
const REFUSING_WHAT_IS_MISSING = new Set(["cmd.port.poe.enable", "cmd.port.poe.disable"]);

/** How an act reads from a router and writes to it. */
export class RouterActContext implements ActContext<RouterRequest> {
  constructor(
    private readonly api: PeplinkApi,
    readonly clock: Clock,
    readonly options: CallOptions,
  ) {}

  /** Reads an endpoint. @returns `response` of the router's envelope */
  read(endpoint: string, params: Fields = {}): Promise<unknown> {
    return this.api.call(endpoint, { effect: "read", method: "GET", query: toQuery(params) }, this.options);
  }

  async send({ method, endpoint, body }: RouterRequest): Promise<unknown> {
    if (method === "GET") return this.read(endpoint);
    const request = { effect: "write", method: "POST", body: checkBody(endpoint, body, true) } as const;
    try {
      return await this.api.call(endpoint, request, this.options);
    } catch (error) {
      const isMissing = isPlatformError(error, "rejected") && REFUSING_WHAT_IS_MISSING.has(endpoint);
      throw isMissing ? new PlatformError("unsupported", error.message, error.details) : error;
    }
  }

  nameOf({ endpoint }: RouterRequest): string {
    return endpoint;
  }

  async preview({ method, endpoint, body }: RouterRequest): Promise<RequestPreview> {
    return { method: method ?? "POST", path: endpoint, body: maskSecrets(body ?? null) };
  }
}
