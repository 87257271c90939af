import type { Node, NodeAPI, NodeDef } from "node-red";
import type { OmadaClient } from "../src/omada/client";
import { describeAct, readActOrder, type ActDef } from "./shared/act-input";
import { action } from "./shared/action-node";

interface OmadaCommandDef extends NodeDef, ActDef {
  controller: string;
  method?: string;
  body?: unknown;
}

export default function (RED: NodeAPI): void {
  function OmadaCommand(this: Node, def: OmadaCommandDef): void {
    RED.nodes.createNode(this, def);

    action<OmadaClient>(RED, this, def, "omada", def.controller, async ({ client, input, call }) => {
      const act = input.setting("act");
      const order = act ? await readActOrder(act, def, input, call) : undefined;
      const site = await input.text("site");
      if (order) return describeAct(order, await client.acts.run(order, site, call));
      const command = {
        method: def.method || "POST",
        path: await input.text("path"),
        site,
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
