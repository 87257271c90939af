import type { Node, NodeAPI } from "node-red";
import type { KasaClient } from "../src/kasa/client";
import { EVENTS } from "./shared/event-names";
import { MIN_INTERVALS_S, MIN_LOCAL_INTERVAL_S } from "./shared/limits";
import { trigger, type TriggerDef } from "./shared/trigger-node";

interface KasaEventDef extends TriggerDef {
  account: string;
}

export default function (RED: NodeAPI): void {
  function KasaEvent(this: Node, def: KasaEventDef): void {
    RED.nodes.createNode(this, def);

    trigger<KasaClient>(RED, this, def, {
      platform: "kasa",
      connectionId: def.account,
      loadSources: () => (require("../src/kasa/sources") as typeof import("../src/kasa/sources")).sources,
      minIntervalS: ({ isLocal }) => (isLocal ? MIN_LOCAL_INTERVAL_S : MIN_INTERVALS_S["kasa-event"]),
      events: EVENTS["kasa-event"],
    });
  }

  RED.nodes.registerType("kasa-event", KasaEvent);
}
