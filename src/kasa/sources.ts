import type { SourceFactories } from "../polling/types";
import type { KasaClient } from "./client";
import { DeviceSource } from "./devices/device-source";

/** The sources of an account. Its device directory outlives them, so that a deploy costs no new list. */
export const sources: SourceFactories<KasaClient> = {
  devices: ({ client }) => new DeviceSource(client.directory, client.control),
};
