import type { Node, NodeAPI } from "node-red";
import type { OmadaClient } from "../src/omada/client";
import { EVENTS } from "./shared/event-names";
import { MIN_INTERVALS_S } from "./shared/limits";
import { trigger, type TriggerDef } from "./shared/trigger-node";

interface OmadaEventDef extends TriggerDef {
  controller: string;
}

export default function (RED: NodeAPI): void {
  function OmadaEvent(this: Node, def: OmadaEventDef): void {
    RED.nodes.createNode(this, def);

    trigger<OmadaClient>(RED, this, def, {
      platform: "omada",
      connectionId: def.controller,
      loadSources: () => (require("../src/omada/sources/index") as typeof import("../src/omada/sources/index")).sources,
      minIntervalS: () => MIN_INTERVALS_S["omada-event"],
      events: EVENTS["omada-event"],
    });
  }

  RED.nodes.registerType("omada-event", OmadaEvent);
}
