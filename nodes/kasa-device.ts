import type { Node, NodeAPI, NodeDef } from "node-red";
import { setOperation } from "../src/core/call-context";
import { inputError } from "../src/core/errors";
import type { KasaClient } from "../src/kasa/client";
import { parseSetting } from "../src/kasa/device-setting";
import { action } from "./shared/action-node";

interface KasaDeviceDef extends NodeDef {
  account: string;
  command?: string;
}

export default function (RED: NodeAPI): void {
  function KasaDevice(this: Node, def: KasaDeviceDef): void {
    RED.nodes.createNode(this, def);

    action<KasaClient>(RED, this, def, "kasa", def.account, async ({ client, input, call }) => {
      setOperation(def.command ?? "set", call);
      const [device, outlet] = [await input.text("device"), await input.text("outlet")];
      switch (def.command ?? "set") {
        case "set":
          return client.control.set(device, outlet, parseSetting(await input.value("value", "payload")), call);
        case "state":
          return client.control.state(device, outlet, call);
        case "energy":
          return client.control.energy(device, outlet, call);
        case "reboot":
          return client.control.reboot(device, outlet, call);
        case "raw":
          return client.control.raw(device, outlet, await input.value("value", "payload"), call);
        default:
          throw inputError('"command" must be set, state, energy, reboot or raw.');
      }
    });
  }

  RED.nodes.registerType("kasa-device", KasaDevice);
}
