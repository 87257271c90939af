import type { Node, NodeAPI } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { EVENTS } from "./shared/event-names";
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
      loadSources: () =>
        (require("../src/peplink/sources/index") as typeof import("../src/peplink/sources/index")).sources,
      minIntervalS: () => MIN_INTERVALS_S["router-event"],
      events: EVENTS["router-event"],
    });
  }

  RED.nodes.registerType("router-event", RouterEvent);
}
