import type { Node, NodeAPI, NodeDef } from "node-red";
import type { KasaClient } from "../src/kasa/client";
import { action } from "./shared/action-node";
import { MessageSequence } from "./shared/message-sequence";

interface KasaDeviceListDef extends NodeDef {
  account: string;
  detail?: "list" | "state";
  output?: "array" | "messages";
}

export default function (RED: NodeAPI): void {
  function KasaDeviceList(this: Node, def: KasaDeviceListDef): void {
    RED.nodes.createNode(this, def);

    action<KasaClient>(RED, this, def, "kasa", def.account, async ({ client, call }) => {
      const devices = await (def.detail === "state" ? client.devicesWithState(call) : client.devices(call));
      return def.output === "messages" ? new MessageSequence(devices) : devices;
    });
  }

  RED.nodes.registerType("kasa-device-list", KasaDeviceList);
}
