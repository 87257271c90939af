import type { NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import type { PeplinkClient } from "../../src/peplink/client";
import type { ConfigNodeDef, Platform } from "../shared/config-node";
import { connectionTest, issueTicket, parseDialogInput, withTemporaryClient } from "./connection-test";
import { lists } from "./peplink-lists";
import { fields, texts, type EditorApi } from "./routes";

/** What the runtime does for the dialogs of a router and of the nodes that use it. */
export function editorApi<Def extends ConfigNodeDef, Credentials extends { username?: string; password?: string }>(
  RED: NodeAPI,
  platform: Platform<PeplinkClient, Def, Credentials>,
): EditorApi<PeplinkClient> {
  return {
    actions: {
      ...connectionTest(RED, "peplink-router", platform, async ({ client }, _typed, signal) => {
        return { who: await introduce(client, signal) };
      }),

      // An admin user signs in once, for an API client in its place; the password is neither kept nor told.
      async client(asked, signal) {
        const typed = parseDialogInput(RED, "peplink-router", platform, { ...asked, credentials: {} });
        const { username = "", password = "" } = texts(asked["admin"]);
        const asAdmin = {
          ...typed,
          settings: { ...typed.settings, mode: "user" },
          credentials: { username, password } as Partial<Credentials>,
        };
        const { name = "", scope } = texts(asked);
        return withTemporaryClient(RED, platform, asAdmin, signal, async (made) => {
          const options = { signal };
          const client = await made.client.apiClient(name, scope === "api" ? scope : "api.read-only", options);
          const { clientId, clientSecret } = client;
          return { clientId, made: client.made, ...issueTicket(made, { clientSecret }) };
        });
      },
    },
    lists: lists,
  };
}

async function introduce(client: PeplinkClient, signal: AbortSignalLike): Promise<object> {
  const shown = { asList: true, maskSecrets: true };
  // Needs a session, unlike the firmware's version, which anybody is told (peplink.md section 2.1).
  const wans = await client.status("status.wan.connection", {}, shown, { signal });
  const system = await client.status("status.system.info", { infoType: "device" }, shown, { signal }).catch(() => null);
  const { model = "", name = "", firmwareVersion = "" } = texts(fields(system)["device"]);
  return { model, name, firmware: firmwareVersion, wans: Array.isArray(wans) ? wans.length : 0 };
}
