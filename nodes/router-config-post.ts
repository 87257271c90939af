import type { Node, NodeAPI, NodeDef } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { describeAct, readActOrder, type ActDef } from "./shared/act-input";
import { action } from "./shared/action-node";

interface RouterConfigPostDef extends NodeDef, ActDef {
  router: string;
  apply?: boolean;
}

export default function (RED: NodeAPI): void {
  function RouterConfigPost(this: Node, def: RouterConfigPostDef): void {
    RED.nodes.createNode(this, def);

    action<PeplinkClient>(RED, this, def, "router", def.router, async ({ client, input, call }) => {
      const act = input.setting("act");
      const order = act ? await readActOrder(act, def, input, call) : undefined;
      if (order) return describeAct(order, await client.acts.run(order, call));
      const options = { apply: def.apply === true, confirm: def.confirm === true };
      return client.post(await input.text("endpoint"), await input.body(), options, call);
    });
  }

  RED.nodes.registerType("router-config-post", RouterConfigPost);
}
