import type { NodeAPI } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { checkCredentials } from "../src/peplink/credentials";
import { registerEndpointRoutes } from "./admin/peplink-endpoints";
import { registerAdminRoutes } from "./admin/routes";
import { trimCredentials, type ApiCredentials } from "./shared/api-credentials";
import { setUpConfigNode, type ConfigNode, type ConfigNodeDef, type Platform } from "./shared/config-node";

/** The saved properties of a router. */
interface PeplinkRouterDef extends ConfigNodeDef {
  mode?: string;
}

const peplink: Platform<PeplinkClient, PeplinkRouterDef, ApiCredentials> = {
  prepareClient: ({ server, transport, clock, sessionState, settings }, credentials) => {
    const mode = settings.mode === "user" ? "user" : "client";
    // The pages of a router, which somebody may have copied the address of, are below /cgi-bin; its API is not.
    const address = { ...server, prefix: server.prefix.replace(/\/cgi-bin(\/.*)?$/, "") };
    const who = { server: address, mode, ...trimCredentials(credentials) } as const;
    checkCredentials(who);
    return () => {
      const { PeplinkClient } = require("../src/peplink/client") as typeof import("../src/peplink/client");
      return new PeplinkClient(who, transport, clock, sessionState);
    };
  },
};

export default function (RED: NodeAPI): void {
  function PeplinkRouter(this: ConfigNode<PeplinkClient, ApiCredentials>, def: PeplinkRouterDef): void {
    RED.nodes.createNode(this, def);
    setUpConfigNode(RED, this, def, peplink);
  }

  RED.nodes.registerType<ConfigNode<PeplinkClient, ApiCredentials>, PeplinkRouterDef, object, ApiCredentials>(
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
