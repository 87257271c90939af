import type { CallOptions } from "../../core/call-context";
import type { PeplinkClient } from "../client";
import type { Fields } from "../endpoints";

/** The part of the client that sources use. */
export type StatusReader = Pick<PeplinkClient, "status">;

/** Fetches an endpoint as the router returns it, with its secrets masked, because what a source returns ends up in messages. */
export function fetchStatus(
  client: StatusReader,
  endpoint: string,
  params: Fields,
  options: CallOptions,
): Promise<unknown> {
  return client.status(endpoint, params, { asList: false, maskSecrets: true }, options);
}
