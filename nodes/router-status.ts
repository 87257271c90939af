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
      const endpoint = (await input.text("endpoint")) || DEFAULT_ENDPOINT;
      const format = { asList: def.shape === "list", maskSecrets: def.secrets !== "show" };
      // Awaited: a promise that is handed on costs turns of the microtask queue (decision 14).
      return await client.status(endpoint, await input.params(), format, call);
    });
  }

  RED.nodes.registerType("router-status", RouterStatus);
}
