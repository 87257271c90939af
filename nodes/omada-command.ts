import type { Node, NodeAPI, NodeDef } from "node-red";
import type { OmadaClient } from "../src/omada/client";
import { action } from "./shared/action-node";

interface OmadaCommandDef extends NodeDef {
  controller: string;
  method?: string;
  body?: unknown;
  confirm?: boolean;
}

export default function (RED: NodeAPI): void {
  function OmadaCommand(this: Node, def: OmadaCommandDef): void {
    RED.nodes.createNode(this, def);

    action<OmadaClient>(RED, this, def, "omada", def.controller, async ({ client, input, call }) => {
      const command = {
        method: def.method || "POST",
        path: await input.text("path"),
        site: await input.text("site"),
        params: await input.params(),
        body: await input.body(),
        isBodySet: input.isSet("body"),
        confirm: def.confirm === true,
      };
      return client.command(command, call);
    });
  }

  RED.nodes.registerType("omada-command", OmadaCommand);
}
