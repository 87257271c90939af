import type { NodeAPI } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import { connect, type ConnectionDef, type ConnectionNode } from "./connection";

interface PeplinkRouterDef extends ConnectionDef {
  mode?: string;
}

interface Credentials {
  clientId?: string;
  clientSecret?: string;
  username?: string;
  password?: string;
}

export default function (RED: NodeAPI): void {
  function PeplinkRouter(this: ConnectionNode<PeplinkClient, Credentials>, def: PeplinkRouterDef): void {
    RED.nodes.createNode(this, def);
    const { clientId = "", clientSecret = "", username = "", password = "" } = this.credentials ?? {};

    connect(RED, this, def, {
      client: ({ server, transport, clock, memory, settings }) => {
        const { PeplinkClient } = require("../src/peplink/client") as typeof import("../src/peplink/client");
        const who = {
          clientId: clientId.trim(),
          clientSecret: clientSecret.trim(),
          username: username.trim(),
          password,
        };
        return new PeplinkClient(
          { server, mode: settings.mode === "user" ? "user" : "client", ...who },
          transport,
          clock,
          memory,
        );
      },
    });
  }

  RED.nodes.registerType<ConnectionNode<PeplinkClient, Credentials>, PeplinkRouterDef, object, Credentials>(
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
}
