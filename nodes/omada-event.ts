import type { Node, NodeAPI } from "node-red";
import type { OmadaClient } from "../src/omada/client";
import { trigger, type TriggerDef, type TriggerOptions } from "./shared/trigger-node";

interface OmadaEventDef extends TriggerDef {
  controller: string;
}

// Loaded when the first node needs it, as clients are.
const changes = () => require("../src/omada/sources/sources") as typeof import("../src/omada/sources/sources");
const log = () => require("../src/omada/sources/site-log") as typeof import("../src/omada/sources/site-log");

const SOURCES: TriggerOptions<OmadaClient>["sources"] = {
  clients: ({ client, site }) => new (changes().ClientSource)(client, site),
  devices: ({ client, site }) => new (changes().DeviceSource)(client, site),
  wan: ({ client, site }) => new (changes().WanSource)(client, site),
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
