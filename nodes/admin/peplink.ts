import type { NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { isPlatformError } from "../../src/core/errors";
import { createRequest } from "../../src/http/request";
import { parseAs, parseJson } from "../../src/http/response";
import type { PeplinkClient } from "../../src/peplink/client";
import { toList } from "../../src/peplink/collections";
import { Envelope } from "../../src/peplink/schemas";
import type { ConfigNodeDef, Connection, Platform } from "../shared/config-node";
import { actPreview } from "./acts";
import { connectionTest, issueTicket, withTemporaryClient } from "./connection-test";
import { diagnostics } from "./diagnostics";
import { parseDialogInput } from "./dialog-input";
import { asObject, stringFields, type AdminAction, type AdminList, type EditorApi, type ListRow } from "./routes";

const FORMAT = { asList: true, maskSecrets: true };

/** What the runtime does for the dialogs of a router and of the nodes that use it. */
export function editorApi<Def extends ConfigNodeDef, Credentials extends { username?: string; password?: string }>(
  RED: NodeAPI,
  platform: Platform<PeplinkClient, Def, Credentials>,
): EditorApi<PeplinkClient> {
  type Work = (
    connection: Connection<PeplinkClient, Def>,
    input: Parameters<AdminAction>[0],
    signal: AbortSignalLike,
  ) => Promise<object>;

  /** Signs in once as an admin user, whose password is neither stored nor returned. */
  const asAdmin =
    (work: Work): AdminAction =>
    async (input, signal, requester) => {
      const dialog = await parseDialogInput(RED, "peplink-router", platform, { ...input, credentials: {} }, requester);
      const { username = "", password = "" } = stringFields(input["admin"]);
      const admin = {
        ...dialog,
        settings: { ...dialog.settings, mode: "user" },
        credentials: { username, password } as Partial<Credentials>,
      };
      return withTemporaryClient(RED, platform, admin, signal, (connection) => work(connection, input, signal));
    };

  return {
    lists: LISTS,
    diagnose: diagnostics(RED, async (client: PeplinkClient, signal) => {
      const { model, firmware, wans } = await fetchIdentity(client, signal);
      return { model, firmware, wans };
    }),
    actions: {
      ...connectionTest(RED, "peplink-router", platform, {
        lists: LISTS,
        identify: async ({ client }, _dialog, signal) => ({ who: await fetchIdentity(client, signal) }),
        // Answered without a session (peplink.md section 2.1).
        async probe({ origin, prefix }, transport, options) {
          const request = createRequest({ effect: "read", method: "GET" }, origin, `${prefix}/api/info.firmware`);
          const { response } = parseAs(Envelope, parseJson(await transport.send(request, options)));
          return { firmware: runningFirmware(toList(response)) };
        },
      }),

      preview: actPreview<PeplinkClient>(RED, "peplink-router", ({ acts }, order, _fields, options) =>
        acts.run(order, options),
      ),

      client: asAdmin(async (connection, input, signal) => {
        const { name = "", scope } = stringFields(input);
        const apiScope = scope === "api" ? scope : "api.read-only";
        const { clientId, clientSecret, isNew } = await connection.client.apiClient(name, apiScope, { signal });
        return { clientId, made: isNew, ...issueTicket(connection, { clientSecret }) };
      }),

      clients: asAdmin(async ({ client }, _input, signal) => ({ clients: await client.apiClients({ signal }) })),

      revoke: asAdmin(async ({ client }, input, signal) => {
        const { clientId = "" } = stringFields(input);
        return { clients: await client.revokeApiClient(clientId, { signal }) };
      }),
    },
  };
}

/** What acts can be done to, and what the filter of a "router-event" can name. */
const LISTS: EditorApi<PeplinkClient>["lists"] = {
  targets: async ({ acts }, { act = "" }, signal) => ({ rows: await acts.targets(act, { signal }) }),
  wan: listWans,
  allowance: listWans,
  clients: listOf("status.client", {}, "list", (client) => {
    const { name = "", mac = "", ip = "" } = stringFields(client);
    const id = mac || ip;
    return { value: id, label: name || id, detail: name ? id : "", dim: client["active"] === false };
  }),
  vpn: listOf("status.pepvpn", { infoType: "peer" }, "peer", (peer) => {
    const { name = "", status = "" } = stringFields(peer);
    const { peerId } = peer;
    const value = typeof peerId === "string" || typeof peerId === "number" ? String(peerId) : "";
    return { value, label: name || value, detail: status, dim: !/^connected$/i.test(status) };
  }),
};

interface Identity {
  model: string;
  name: string;
  firmware: string;
  /** How many WAN links there are. */
  wans: number;
}

async function fetchIdentity(client: PeplinkClient, signal: AbortSignalLike): Promise<Identity> {
  // Needs a session, unlike the firmware version, which a router reveals to anybody (peplink.md section 2.1). Firmware 7.1
  // has no such endpoint; that it says so proves the session as well.
  const wans = await client.status("status.wan.connection", {}, FORMAT, { signal }).catch((error: unknown) => {
    if (isPlatformError(error, "unsupported", "not-found")) return [];
    throw error;
  });
  const info = { infoType: "device" };
  const system = await client.status("status.system.info", info, FORMAT, { signal }).catch(() => null);
  const { model = "", name = "", firmwareVersion = "" } = stringFields(asObject(system)["device"]);
  const firmware = firmwareVersion || (await fetchRunningFirmware(client, signal));
  return { model, name, firmware, wans: Array.isArray(wans) ? wans.length : 0 };
}

async function fetchRunningFirmware(client: PeplinkClient, signal: AbortSignalLike): Promise<string> {
  return runningFirmware(await client.status("info.firmware", {}, FORMAT, { signal }).catch(() => []));
}

function runningFirmware(firmwares: unknown): string {
  const all = (Array.isArray(firmwares) ? firmwares : []).map(asObject);
  return stringFields(all.find(({ inUse }) => inUse === true) ?? all[0])["version"] ?? "";
}

async function listWans(client: PeplinkClient, _query: unknown, signal: AbortSignalLike): Promise<object> {
  const wans = await client.status("status.wan.connection", {}, FORMAT, { signal });
  const rows = (Array.isArray(wans) ? wans : []).map((wan): ListRow => {
    const { id, enable } = asObject(wan);
    const { name = "", message = "" } = stringFields(wan);
    return { value: String(id), label: name || String(id), detail: message, dim: enable === false };
  });
  return { rows };
}

/** @param field of the response that holds the items */
function listOf(
  endpoint: string,
  params: Readonly<Record<string, unknown>>,
  field: string,
  toRow: (item: Readonly<Record<string, unknown>>) => ListRow,
): AdminList<PeplinkClient> {
  return async (client, _query, signal) => {
    const response = await client.status(endpoint, params, FORMAT, { signal });
    const items = asObject(response)[field];
    return { rows: (Array.isArray(items) ? items : []).map((item) => toRow(asObject(item))) };
  };
}
