import type { Node, NodeAPI, NodeDef } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { action } from "./shared/action-node";

interface RouterStatusDef extends NodeDef {
  router: string;
  shape?: "raw" | "list";
  secrets?: "hide" | "show";
}

const DEFAULT_ENDPOINT = "status.wan.connection";

export default function (RED: NodeAPI): void {
  function RouterStatus(this: Node, def: RouterStatusDef): void {
    RED.nodes.createNode(this, def);

    action<PeplinkClient>(RED, this, def, "router", def.router, async ({ client, input, call }) => {
      const format = { asList: def.shape === "list", maskSecrets: def.secrets !== "show" };
      const endpoint = await input.text("endpoint");
      return client.status(endpoint || DEFAULT_ENDPOINT, await input.params(), format, call);
    });
  }

  RED.nodes.registerType("router-status", RouterStatus);
}
