import type { SourceFactories } from "../../polling/types";
import { allowanceSource } from "./allowance";
import { cellularSource } from "./cellular";
import { clientsSource } from "./clients";
import { latencySource } from "./latency";
import { locationSource } from "./location";
import { logSource } from "./log";
import { SharedStatusReader } from "./shared-status";
import { smsSource } from "./sms";
import type { StatusReader } from "./status-reader";
import { vpnSource } from "./vpn";
import { wanSource } from "./wan";

/** What a `router-event` can subscribe to. */
export const sources: SourceFactories<StatusReader> = {
  wan: ({ client, clock }) => wanSource(new SharedStatusReader(client, clock), clock),
  clients: ({ client }) => clientsSource(client),
  vpn: ({ client }) => vpnSource(client),
  location: ({ client, clock }) => locationSource(new SharedStatusReader(client, clock), false),
  speed: ({ client, clock }) => locationSource(new SharedStatusReader(client, clock), true),
  allowance: ({ client, clock }) => allowanceSource(new SharedStatusReader(client, clock)),
  cellular: ({ client, clock }) => cellularSource(new SharedStatusReader(client, clock)),
  latency: ({ client, clock, threshold }) => latencySource(new SharedStatusReader(client, clock), clock, threshold),
  sms: ({ client, clock }) => smsSource(new SharedStatusReader(client, clock), clock),
  log: ({ client }) => logSource(client),
};
