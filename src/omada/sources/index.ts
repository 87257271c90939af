import type { LogSource, PollSource, SourceFactories } from "../../polling/types";
import type { OmadaClient } from "../client";
import { AllSites } from "./all-sites";
import { ClientSource } from "./clients";
import { DeviceSource } from "./devices";
import { JoinedLog } from "./joined-log";
import { PortSource } from "./ports";
import { MAX_SEEN_LINES_PER_SITE, SiteLog, type LogKind } from "./site-log";
import { VpnSource } from "./vpn";
import { WanSource } from "./wan";

type Factory = SourceFactories<OmadaClient>[string];

/** What can be watched: at one site, at all of them if the site is blank, or of the controller itself. */
export const sources: SourceFactories<OmadaClient> = {
  clients: atSites(ClientSource),
  devices: atSites(DeviceSource),
  wan: atSites(WanSource),
  ports: atSites(PortSource),
  vpn: atSites(VpnSource),
  alerts: logAtSites("alerts"),
  events: logAtSites("events"),
  global: ({ client, clock }) => {
    const parts = (["alerts", "events"] as const).map((kind) => {
      return { key: kind, name: kind, log: new SiteLog(client, undefined, kind, clock) };
    });
    return new JoinedLog(async () => parts);
  },
};

function atSites<Item>(Source: new (client: OmadaClient, site: string) => PollSource<Item>): Factory {
  return ({ client, site }) =>
    site === "" ? new AllSites(client, (siteId) => new Source(client, siteId)) : new Source(client, site);
}

function logAtSites(kind: LogKind): Factory {
  return ({ client, site, clock }): LogSource<unknown> => {
    if (site !== "") return new SiteLog(client, site, kind, clock);
    const logOf = (siteId: string): SiteLog => new SiteLog(client, siteId, kind, clock, MAX_SEEN_LINES_PER_SITE);
    return new JoinedLog(async (options) => {
      const sites = await client.sites(options);
      return sites.map(({ siteId, name }) => ({
        key: siteId,
        name: name || siteId,
        site: name || siteId,
        log: logOf(siteId),
      }));
    });
  };
}
