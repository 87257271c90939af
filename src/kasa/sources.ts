import type { PollSource, SourceContext } from "../polling/types";
import type { KasaClient } from "./client";
import { DeviceSource } from "./devices/device-source";

/** The sources of an account. What they poll with outlives them: a deploy costs no new device list. */
export const sources: Readonly<Record<string, (context: SourceContext<KasaClient>) => PollSource<unknown>>> = {
  devices: ({ client }) => new DeviceSource(client.directory, client.control),
};
