import type { NodeAPI } from "node-red";
import type { OmadaClient } from "../src/omada/client";
import { registerOperationRoutes } from "./admin/omada-operations";
import { registerAdminRoutes } from "./admin/routes";
import { setUpConfigNode, type ConfigNode, type ConfigNodeDef, type Platform } from "./shared/config-node";

/** The saved properties of a controller. */
export interface OmadaControllerDef extends ConfigNodeDef {
  omadacId?: string;
  mode?: string;
}

/** The credentials of a controller. */
export interface OmadaCredentials {
  clientId?: string;
  clientSecret?: string;
  username?: string;
  password?: string;
}

/** Requests per second: the documented limit of the controller. */
const DEFAULT_RATE = 10;

/** The platform of Omada controllers. */
export const omada: Platform<OmadaClient, OmadaControllerDef, OmadaCredentials> = {
  defaultRate: DEFAULT_RATE,
  createClient: (
    { server, transport, clock, sessionState, settings },
    { clientId = "", clientSecret = "", username = "", password = "" },
  ) => {
    const { OmadaClient } = require("../src/omada/client") as typeof import("../src/omada/client");
    const identity = {
      clientId: clientId.trim(),
      clientSecret: clientSecret.trim(),
      username: username.trim(),
      password,
    };
    const mode = settings.mode === "code" ? "code" : "client";
    return new OmadaClient(
      { server, omadacId: settings.omadacId?.trim() ?? "", mode, ...identity },
      transport,
      clock,
      sessionState,
    );
  },
};

export default function (RED: NodeAPI): void {
  function OmadaController(this: ConfigNode<OmadaClient, OmadaCredentials>, def: OmadaControllerDef): void {
    RED.nodes.createNode(this, def);
    setUpConfigNode(RED, this, def, omada);
  }

  RED.nodes.registerType<ConfigNode<OmadaClient, OmadaCredentials>, OmadaControllerDef, object, OmadaCredentials>(
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
  registerAdminRoutes(RED, "omada-controller", () =>
    (require("./admin/omada") as typeof import("./admin/omada")).editorApi(RED, omada),
  );
  registerOperationRoutes(RED);
}
