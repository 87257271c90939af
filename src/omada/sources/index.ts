import type { SourceFactories } from "../../polling/types";
import type { OmadaClient } from "../client";
import { ClientSource } from "./clients";
import { DeviceSource } from "./devices";
import { SiteLog } from "./site-log";
import { WanSource } from "./wan";

/** The sources of a site that can be watched. */
export const sources: SourceFactories<OmadaClient> = {
  clients: ({ client, site }) => new ClientSource(client, site),
  devices: ({ client, site }) => new DeviceSource(client, site),
  wan: ({ client, site }) => new WanSource(client, site),
  alerts: ({ client, site, clock }) => new SiteLog(client, site, "alerts", clock),
  events: ({ client, site, clock }) => new SiteLog(client, site, "events", clock),
};
