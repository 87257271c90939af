import type { NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";
import type { KasaClient } from "../../src/kasa/client";
import type { Device } from "../../src/kasa/devices/device";
import type { ConfigNodeDef, Platform } from "../shared/config-node";
import { connectionTest, issueTicket, parseDialogInput, withTemporaryClient } from "./connection-test";
import { texts, type EditorApi } from "./routes";

/** What the runtime does for the dialogs of a Kasa account and of the nodes that use it. */
export function editorApi<Def extends ConfigNodeDef, Credentials extends { email?: string; refreshToken?: string }>(
  RED: NodeAPI,
  platform: Platform<KasaClient, Def, Credentials>,
): EditorApi<KasaClient> {
  return {
    actions: {
      ...connectionTest(RED, "kasa-account", platform, async ({ client, memory }, { credentials }, signal) => {
        const devices = await client.devices({ signal });
        const online = devices.filter((device) => device.online).length;
        const who = { email: masked(credentials.email ?? ""), devices: devices.length, online };
        // The cloud may take a refresh token back for another one (kasa.md section 1).
        const { refreshToken } = texts(memory.lease?.token);
        const spent = credentials.refreshToken && refreshToken && refreshToken !== credentials.refreshToken;
        return { who, renewed: spent ? { refreshToken } : undefined };
      }),

      // What a sign-in by the password brings along does without it from then on (kasa.md section 0.3).
      async refreshToken(asked, signal) {
        const typed = parseDialogInput(RED, "kasa-account", platform, asked);
        return withTemporaryClient(RED, platform, typed, signal, async (made) => {
          const { account } = await made.client.signIn(true, { signal });
          const { refreshToken } = account;
          if (refreshToken) return issueTicket(made, { refreshToken });
          throw new PlatformError("unsupported", "The cloud gave no refresh token: go on with the password.");
        });
      },
    },
    lists: {
      devices: async (client, _query, signal) => ({ devices: (await client.devices({ signal })).map(shown) }),

      outlets: async (client, { device = "" }, signal) => {
        const { outlets = [] } = await client.control.state(device, "", { signal });
        return { outlets };
      },
    },
  };
}

function shown({ deviceId, alias, deviceModel, online, supported, kind }: Device): object {
  return { deviceId, alias, model: deviceModel, online, supported, kind };
}

/** An e-mail address as its owner knows it again, and nobody else. */
function masked(email: string): string {
  const [, first = "", host = ""] = /^(.).*@(.+)$/.exec(email.trim()) ?? [];
  return host ? `${first}***@${host}` : "";
}
