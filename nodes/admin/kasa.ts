import type { NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";
import { createRequest } from "../../src/http/request";
import type { KasaClient } from "../../src/kasa/client";
import type { Device } from "../../src/kasa/device";
import type { ConfigNodeDef, Platform } from "../shared/config-node";
import { connectionTest, issueTicket, withTemporaryClient } from "./connection-test";
import { diagnostics } from "./diagnostics";
import { parseDialogInput } from "./dialog-input";
import { stringFields, type EditorApi } from "./routes";

/** What the runtime does for the dialogs of a Kasa account and of the nodes that use it. */
export function editorApi<Def extends ConfigNodeDef, Credentials extends { email?: string; refreshToken?: string }>(
  RED: NodeAPI,
  platform: Platform<KasaClient, Def, Credentials>,
): EditorApi<KasaClient> {
  const lists: EditorApi<KasaClient>["lists"] = {
    devices: async (client, _query, signal) => ({ devices: (await client.devices({ signal })).map(toListItem) }),

    outlets: async (client, { device = "" }, signal) => {
      const { state, abilities } = await client.control.abilities(device, { signal });
      const { outlets = [], presets, colorTempRange } = state;
      return { outlets, ...abilities, presets, colorTempRange };
    },
  };

  return {
    lists,
    diagnose: diagnostics(RED, async (client: KasaClient, signal) => ({
      devices: (await client.devices({ signal })).slice(0, MAX_REPORTED_DEVICES).map(toReportItem),
    })),
    actions: {
      ...connectionTest(RED, "kasa-account", platform, {
        lists,
        async identify({ client, sessionState }, { credentials }, signal) {
          // A refused password is told at once, before the search.
          let devices = await client.devices({ signal });
          if (!client.isLocal && client.refusingDevices !== undefined) {
            await client.searchNetwork({ signal });
            devices = await client.devices({ signal });
          }
          const online = devices.filter((device) => device.online).length;
          const who = {
            email: maskEmail(credentials.email ?? ""),
            devices: devices.length,
            online,
            ...countReach(devices, client.refusingDevices),
          };
          // The cloud may replace a refresh token when it is used (kasa.md section 1).
          const { refreshToken } = stringFields(sessionState.lease?.token);
          const isReplaced = credentials.refreshToken && refreshToken && refreshToken !== credentials.refreshToken;
          return { who, renewed: isReplaced ? { refreshToken } : undefined };
        },
        // The cloud says nothing to strangers: any response shows that it is reached.
        async probe({ origin, prefix }, transport, options) {
          await transport.send(createRequest({ effect: "read", method: "GET" }, origin, `${prefix}/`), options);
          return {};
        },
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
  };
}

/** How a device is reached: no id, name or address of it. */
const REPORTED_FIELDS = ["deviceModel", "deviceType", "kind", "protocol", "reach", "online", "supported", "fwVer"];
const MAX_REPORTED_DEVICES = 500;

function toReportItem(device: Device): object {
  return Object.fromEntries(REPORTED_FIELDS.map((name) => [name, device[name]]));
}

function toListItem({ deviceId, alias, deviceModel, online, supported, kind, reach }: Device): object {
  return { deviceId, alias, model: deviceModel, online, supported, kind, reach };
}

/** How many devices are reached in which way, where the account looks for them on the local network. */
function countReach(devices: readonly Device[], refusing: number | undefined): object {
  if (refusing === undefined) return {};
  const ways = devices.filter(({ supported }) => supported).map((device) => device["reach"] as string[]);
  return {
    local: ways.filter((way) => way.includes("local")).length,
    cloudOnly: ways.filter((way) => way.length > 0 && !way.includes("local")).length,
    refusing,
  };
}

/** An e-mail address that only its owner recognises. */
function maskEmail(email: string): string {
  const [, first = "", host = ""] = /^(.).*@(.+)$/.exec(email.trim()) ?? [];
  return host ? `${first}***@${host}` : "";
}
