import type { NodeAPI } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { registerEndpointRoutes } from "./admin/peplink-endpoints";
import { registerAdminRoutes } from "./admin/routes";
import { setUpConfigNode, type ConfigNode, type ConfigNodeDef, type Platform } from "./shared/config-node";

/** The saved properties of a router. */
export interface PeplinkRouterDef extends ConfigNodeDef {
  mode?: string;
}

/** Its credentials. */
export interface PeplinkCredentials {
  clientId?: string;
  clientSecret?: string;
  username?: string;
  password?: string;
}

/** How a router is reached. */
export const router: Platform<PeplinkClient, PeplinkRouterDef, PeplinkCredentials> = {
  client: (
    { server, transport, clock, memory, settings },
    { clientId = "", clientSecret = "", username = "", password = "" },
  ) => {
    const { PeplinkClient } = require("../src/peplink/client") as typeof import("../src/peplink/client");
    const who = { clientId: clientId.trim(), clientSecret: clientSecret.trim(), username: username.trim(), password };
    const mode = settings.mode === "user" ? "user" : "client";
    return new PeplinkClient({ server, mode, ...who }, transport, clock, memory);
  },
};

export default function (RED: NodeAPI): void {
  function PeplinkRouter(this: ConfigNode<PeplinkClient, PeplinkCredentials>, def: PeplinkRouterDef): void {
    RED.nodes.createNode(this, def);
    setUpConfigNode(RED, this, def, router);
  }

  RED.nodes.registerType<ConfigNode<PeplinkClient, PeplinkCredentials>, PeplinkRouterDef, object, PeplinkCredentials>(
    "peplink-router",
    PeplinkRouter,
    {
      credentials: {
        clientId: { type: "text" },
        clientSecret: { type: "password" },
        username: { type: "text" },
        password: { type: "password" },
      },
    },
  );
  registerAdminRoutes(RED, "peplink-router", () =>
    (require("./admin/peplink") as typeof import("./admin/peplink")).editorApi(RED, router),
  );
  registerEndpointRoutes(RED);
}
