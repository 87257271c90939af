import type { AbortSignalLike } from "../../src/core/abort";
import type { PeplinkClient } from "../../src/peplink/client";
import { fields, texts, type AdminList, type EditorApi } from "./routes";

/** A row of a list (see `nodes/editor/listbox.ts`). */
interface Row {
  value: string;
  label: string;
  detail: string;
  dim: boolean;
}

const SHOWING = { asList: true, maskSecrets: true };

/** Lists of what a `router-event` can follow, by its source. */
export const lists: EditorApi<PeplinkClient>["lists"] = {
  wan: wans,
  allowance: wans,
  clients: reading("status.client", {}, "list", (row) => {
    const { name = "", mac = "", ip = "" } = texts(row);
    return { value: mac || ip, label: name || mac || ip, detail: name ? mac || ip : "", dim: row["active"] === false };
  }),
  vpn: reading("status.pepvpn", { infoType: "peer" }, "peer", (row) => {
    const { name = "", status = "" } = texts(row);
    const { peerId } = row;
    const value = typeof peerId === "string" || typeof peerId === "number" ? String(peerId) : "";
    return { value, label: name || value, detail: status, dim: !/^connected$/i.test(status) };
  }),
};

async function wans(client: PeplinkClient, _query: unknown, signal: AbortSignalLike): Promise<object> {
  const list = await client.status("status.wan.connection", {}, SHOWING, { signal });
  const rows = (Array.isArray(list) ? list : []).map((wan): Row => {
    const { id, enable } = fields(wan);
    const { name = "", message = "" } = texts(wan);
    return { value: String(id), label: name || String(id), detail: message, dim: enable === false };
  });
  return { rows };
}

function reading(
  endpoint: string,
  params: Readonly<Record<string, unknown>>,
  at: string,
  row: (entry: Readonly<Record<string, unknown>>) => Row,
): AdminList<PeplinkClient> {
  return async (client, _query, signal) => {
    const answer = await client.status(endpoint, params, SHOWING, { signal });
    const entries = fields(answer)[at];
    return { rows: (Array.isArray(entries) ? entries : []).map((entry) => row(fields(entry))) };
  };
}
