import type { Node, NodeAPI, NodeDef } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { action } from "./shared/action-node";

interface RouterConfigPostDef extends NodeDef {
  router: string;
  apply?: boolean;
  confirm?: boolean;
}

export default function (RED: NodeAPI): void {
  function RouterConfigPost(this: Node, def: RouterConfigPostDef): void {
    RED.nodes.createNode(this, def);

    action<PeplinkClient>(RED, this, def, "router", def.router, async ({ client, input, call }) => {
      const options = { apply: def.apply === true, confirm: def.confirm === true };
      return client.post(await input.text("endpoint"), await input.body(), options, call);
    });
  }

  RED.nodes.registerType("router-config-post", RouterConfigPost);
}
