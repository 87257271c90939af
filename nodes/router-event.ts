import type { Node, NodeAPI } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { sources } from "../src/peplink/sources/index";
import { MIN_INTERVALS_S } from "./shared/limits";
import { trigger, type TriggerDef } from "./shared/trigger-node";

interface RouterEventDef extends TriggerDef {
  router: string;
}

export default function (RED: NodeAPI): void {
  function RouterEvent(this: Node, def: RouterEventDef): void {
    RED.nodes.createNode(this, def);

    trigger<PeplinkClient>(RED, this, def, {
      platform: "router",
      connectionId: def.router,
      sources: sources,
      minIntervalS: MIN_INTERVALS_S["router-event"],
    });
  }

  RED.nodes.registerType("router-event", RouterEvent);
}
