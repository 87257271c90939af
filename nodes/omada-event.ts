import type { Node, NodeAPI } from "node-red";
import type { OmadaClient } from "../src/omada/client";
import { trigger, type Trigger, type TriggerDef } from "./trigger";

interface OmadaEventDef extends TriggerDef {
  controller: string;
}

// Loaded when the first node needs it, as clients are.
const changes = () => require("../src/omada/changes") as typeof import("../src/omada/changes");
const log = () => require("../src/omada/log") as typeof import("../src/omada/log");

const SOURCES: Trigger<OmadaClient>["sources"] = {
  clients: ({ client, site }) => new (changes().Clients)(client, site),
  devices: ({ client, site }) => new (changes().Devices)(client, site),
  wan: ({ client, site }) => new (changes().Wans)(client, site),
  alerts: ({ client, site, clock }) => new (log().SiteLog)(client, site, "alerts", clock),
  events: ({ client, site, clock }) => new (log().SiteLog)(client, site, "events", clock),
};

export default function (RED: NodeAPI): void {
  function OmadaEvent(this: Node, def: OmadaEventDef): void {
    RED.nodes.createNode(this, def);

    trigger<OmadaClient>(RED, this, def, {
      platform: "omada",
      connectionId: def.controller,
      sources: SOURCES,
      shortestInterval: 5,
    });
  }

  RED.nodes.registerType("omada-event", OmadaEvent);
}
