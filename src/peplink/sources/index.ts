import type { SourceFactories } from "../../polling/types";
import { allowanceSource } from "./allowance";
import { clientsSource } from "./clients";
import { locationSource } from "./location";
import type { StatusReader } from "./status-reader";
import { vpnSource } from "./vpn";
import { wanSource } from "./wan";

/** What a `router-event` can subscribe to. */
export const sources: SourceFactories<StatusReader> = {
  wan: ({ client, clock }) => wanSource(client, clock),
  clients: ({ client }) => clientsSource(client),
  vpn: ({ client }) => vpnSource(client),
  location: ({ client }) => locationSource(client),
  allowance: ({ client }) => allowanceSource(client),
};
