import type { PollSource } from "../../polling/types";
import type { StatusReader } from "../collections";
import { allowanceSource } from "./allowance";
import { clientsSource, vpnSource } from "./clients";
import { locationSource } from "./location";
import { wanSource } from "./wan";

/** What of a router can be watched. Each is made once for all who watch it: it remembers what it saw. */
export const sources: Readonly<Record<string, (parts: { client: StatusReader }) => PollSource<unknown>>> = {
  wan: ({ client }) => wanSource(client),
  clients: ({ client }) => clientsSource(client),
  vpn: ({ client }) => vpnSource(client),
  location: ({ client }) => locationSource(client),
  allowance: ({ client }) => allowanceSource(client),
};
