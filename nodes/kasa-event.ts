import type { Node, NodeAPI } from "node-red";
import type { KasaClient } from "../src/kasa/client";
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
      // It goes on with the list that it has, however often something is deployed: the cloud minds who reads that often.
      sources: { devices: ({ client }) => client.deviceSource },
      shortestInterval: 15,
    });
  }

  RED.nodes.registerType("kasa-event", KasaEvent);
}
