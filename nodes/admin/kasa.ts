import type { NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";
import type { KasaClient } from "../../src/kasa/client";
import type { Device } from "../../src/kasa/device";
import type { ConfigNodeDef, Platform } from "../shared/config-node";
import { connectionTest, issueTicket, withTemporaryClient } from "./connection-test";
import { parseDialogInput } from "./dialog-input";
import { stringFields, type EditorApi } from "./routes";

/** What the runtime does for the dialogs of a Kasa account and of the nodes that use it. */
export function editorApi<Def extends ConfigNodeDef, Credentials extends { email?: string; refreshToken?: string }>(
  RED: NodeAPI,
  platform: Platform<KasaClient, Def, Credentials>,
): EditorApi<KasaClient> {
  return {
    actions: {
      ...connectionTest(RED, "kasa-account", platform, async ({ client, sessionState }, { credentials }, signal) => {
        const devices = await client.devices({ signal });
        const online = devices.filter((device) => device.online).length;
        const who = { email: maskEmail(credentials.email ?? ""), devices: devices.length, online };
        // The cloud may replace a refresh token when it is used (kasa.md section 1).
        const { refreshToken } = stringFields(sessionState.lease?.token);
        const isReplaced = credentials.refreshToken && refreshToken && refreshToken !== credentials.refreshToken;
        return { who, renewed: isReplaced ? { refreshToken } : undefined };
      }),

      // With the refresh token of a sign-in the password is no longer needed (kasa.md section 0.3).
      async refreshToken(input, signal, requester) {
        const dialog = await parseDialogInput(RED, "kasa-account", platform, input, requester);
        return withTemporaryClient(RED, platform, dialog, signal, async (connection) => {
          const { account } = await connection.client.signIn(true, { signal });
          const { refreshToken } = account;
          if (refreshToken) return issueTicket(connection, { refreshToken });
          throw new PlatformError("unsupported", "The cloud issued no refresh token. Go on with the password.");
        });
      },
    },
    lists: {
      devices: async (client, _query, signal) => ({ devices: (await client.devices({ signal })).map(toListItem) }),

      outlets: async (client, { device = "" }, signal) => {
        const { outlets = [] } = await client.control.state(device, "", { signal });
        return { outlets };
      },
    },
  };
}

function toListItem({ deviceId, alias, deviceModel, online, supported, kind }: Device): object {
  return { deviceId, alias, model: deviceModel, online, supported, kind };
}

/** An e-mail address that only its owner recognises. */
function maskEmail(email: string): string {
  const [, first = "", host = ""] = /^(.).*@(.+)$/.exec(email.trim()) ?? [];
  return host ? `${first}***@${host}` : "";
}
