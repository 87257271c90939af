import type { NodeAPI } from "node-red";
import type { OmadaClient } from "../src/omada/client";
import { connect, type ConnectionDef, type ConnectionNode } from "./connection";

interface OmadaControllerDef extends ConnectionDef {
  omadacId?: string;
  mode?: string;
}

interface Credentials {
  clientId?: string;
  clientSecret?: string;
  username?: string;
  password?: string;
}

/** The controller's documented budget, in requests per second. */
const BUDGET = 10;

export default function (RED: NodeAPI): void {
  function OmadaController(this: ConnectionNode<OmadaClient, Credentials>, def: OmadaControllerDef): void {
    RED.nodes.createNode(this, def);
    const { clientId = "", clientSecret = "", username = "", password = "" } = this.credentials ?? {};

    connect(RED, this, def, {
      defaultRate: BUDGET,
      client: ({ server, transport, clock, memory, settings }) => {
        const { OmadaClient } = require("../src/omada/client") as typeof import("../src/omada/client");
        const who = {
          clientId: clientId.trim(),
          clientSecret: clientSecret.trim(),
          username: username.trim(),
          password,
        };
        const mode = settings.mode === "code" ? "code" : "client";
        return new OmadaClient(
          { server, omadacId: settings.omadacId?.trim() ?? "", mode, ...who },
          transport,
          clock,
          memory,
        );
      },
    });
  }

  RED.nodes.registerType<ConnectionNode<OmadaClient, Credentials>, OmadaControllerDef, object, Credentials>(
    "omada-controller",
    OmadaController,
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
