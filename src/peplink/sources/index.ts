import type { SourceFactories } from "../../polling/types";
import { allowanceSource } from "./allowance";
import { cellularSource } from "./cellular";
import { clientsSource } from "./clients";
import { latencySource } from "./latency";
import { locationSource } from "./location";
import { logSource } from "./log";
import { smsSource } from "./sms";
import type { StatusReader } from "./status-reader";
import { vpnSource } from "./vpn";
import { wanSource } from "./wan";

/** What a `router-event` can subscribe to. */
export const sources: SourceFactories<StatusReader> = {
  wan: ({ client, clock }) => wanSource(client, clock),
  clients: ({ client }) => clientsSource(client),
  vpn: ({ client }) => vpnSource(client),
  location: ({ client }) => locationSource(client, false),
  speed: ({ client }) => locationSource(client, true),
  allowance: ({ client }) => allowanceSource(client),
  cellular: ({ client }) => cellularSource(client),
  latency: ({ client, clock, threshold }) => latencySource(client, clock, threshold),
  sms: ({ client, clock }) => smsSource(client, clock),
  log: ({ client }) => logSource(client),
};
