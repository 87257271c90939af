import type { NodeAPI } from "node-red";
import { splitBrowserAddress } from "../src/omada/browser-address";
import type { OmadaClient } from "../src/omada/client";
import { checkCredentials } from "../src/omada/credentials";
import { registerOperationRoutes } from "./admin/omada-operations";
import { registerAdminRoutes } from "./admin/routes";
import { trimCredentials, type ApiCredentials } from "./shared/api-credentials";
import { setUpConfigNode, type ConfigNode, type ConfigNodeDef, type Platform } from "./shared/config-node";

/** The saved properties of a controller. */
interface OmadaControllerDef extends ConfigNodeDef {
  omadacId?: string;
  mode?: string;
}

const omada: Platform<OmadaClient, OmadaControllerDef, ApiCredentials> = {
  // The documented limit of the controller.
  defaultRate: 10,
  prepareClient: ({ server, transport, clock, sessionState, settings }, credentials) => {
    const address = splitBrowserAddress(server);
    const omadacId = settings.omadacId?.trim() || address.omadacId;
    const mode = settings.mode === "code" ? "code" : "client";
    const who = { omadacId, mode, ...trimCredentials(credentials) } as const;
    checkCredentials(who);
    return () => {
      const { OmadaClient } = require("../src/omada/client") as typeof import("../src/omada/client");
      return new OmadaClient({ server: address.server, ...who }, transport, clock, sessionState);
    };
  },
};

export default function (RED: NodeAPI): void {
  function OmadaController(this: ConfigNode<OmadaClient, ApiCredentials>, def: OmadaControllerDef): void {
    RED.nodes.createNode(this, def);
    setUpConfigNode(RED, this, def, omada);
  }

  RED.nodes.registerType<ConfigNode<OmadaClient, ApiCredentials>, OmadaControllerDef, object, ApiCredentials>(
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
