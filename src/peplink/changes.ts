import type { Source } from "../poll";
import { allowanceSource } from "./allowance";
import type { Reader } from "./answers";
import { clientsSource, vpnSource } from "./lan";
import { locationSource } from "./location";
import { wanSource } from "./wan";

/** What of a router can be watched. Each is made once for all who watch it: it remembers what it saw. */
export const SOURCES: Readonly<Record<string, (parts: { client: Reader }) => Source<unknown>>> = {
  wan: ({ client }) => wanSource(client),
  clients: ({ client }) => clientsSource(client),
  vpn: ({ client }) => vpnSource(client),
  location: ({ client }) => locationSource(client),
  allowance: ({ client }) => allowanceSource(client),
};
