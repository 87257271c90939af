import type { NodeAPI } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { registerEndpointRoutes } from "./admin/peplink-endpoints";
import { registerAdminRoutes } from "./admin/routes";
import { setUpConfigNode, type ConfigNode, type ConfigNodeDef, type Platform } from "./shared/config-node";

/** The saved properties of a router. */
export interface PeplinkRouterDef extends ConfigNodeDef {
  mode?: string;
}

/** The credentials of a router. */
export interface PeplinkCredentials {
  clientId?: string;
  clientSecret?: string;
  username?: string;
  password?: string;
}

/** The platform of Peplink routers. */
export const peplink: Platform<PeplinkClient, PeplinkRouterDef, PeplinkCredentials> = {
  createClient: (
    { server, transport, clock, sessionState, settings },
    { clientId = "", clientSecret = "", username = "", password = "" },
  ) => {
    const { PeplinkClient } = require("../src/peplink/client") as typeof import("../src/peplink/client");
    const identity = {
      clientId: clientId.trim(),
      clientSecret: clientSecret.trim(),
      username: username.trim(),
      password,
    };
    const mode = settings.mode === "user" ? "user" : "client";
    return new PeplinkClient({ server, mode, ...identity }, transport, clock, sessionState);
  },
};

export default function (RED: NodeAPI): void {
  function PeplinkRouter(this: ConfigNode<PeplinkClient, PeplinkCredentials>, def: PeplinkRouterDef): void {
    RED.nodes.createNode(this, def);
    setUpConfigNode(RED, this, def, peplink);
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
    (require("./admin/peplink") as typeof import("./admin/peplink")).editorApi(RED, peplink),
  );
  registerEndpointRoutes(RED);
}
