import type { NodeAPI } from "node-red";
import type { PeplinkClient } from "../src/peplink/client";
import type { ConnectionDef, Platform } from "./connection";
import { type Desk, fields, texts } from "./editor";
import { watched } from "./editor-watched";
import { readTyped, testing, ticketFor, trying } from "./editor-test";
import type { AbortSignalLike } from "../src/core/abort";

/** What the runtime does for the dialogs of a router and of the nodes that use it. */
export function desk<Def extends ConnectionDef, Credentials extends { username?: string; password?: string }>(
  RED: NodeAPI,
  platform: Platform<PeplinkClient, Def, Credentials>,
): Desk<PeplinkClient> {
  return {
    acts: {
      ...testing(RED, "peplink-router", platform, async ({ client }, _typed, signal) => {
        return { who: await introduce(client, signal) };
      }),

      // An admin user signs in once, for an API client in its place; the password is neither kept nor told.
      async client(asked, signal) {
        const typed = readTyped(RED, "peplink-router", platform, { ...asked, credentials: {} });
        const { username = "", password = "" } = texts(asked["admin"]);
        const asAdmin = {
          ...typed,
          settings: { ...typed.settings, mode: "user" },
          credentials: { username, password } as Partial<Credentials>,
        };
        const { name = "", scope } = texts(asked);
        return trying(RED, platform, asAdmin, signal, async (made) => {
          const options = { signal };
          const client = await made.client.apiClient(name, scope === "api" ? scope : "api.read-only", options);
          const { clientId, clientSecret } = client;
          return { clientId, made: client.made, ...ticketFor(made, { clientSecret }) };
        });
      },
    },
    lists: watched,
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
