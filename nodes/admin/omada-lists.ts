import type { AbortSignalLike } from "../../src/core/abort";
import type { OmadaClient } from "../../src/omada/client";
import { collectRows } from "../../src/omada/pagination";
import { fields, texts, type EditorApi } from "./routes";

/** Nobody looks through more; what is not listed can be typed. */
const MOST_ROWS = 1000;

/** A row of a list (see `nodes/editor/listbox.ts`). */
interface Row {
  value: string;
  label: string;
  detail: string;
  dim: boolean;
}

/** Lists of what has a place in the paths of a controller: its devices, by kind, and its clients; of one `site`. */
export const lists: EditorApi<OmadaClient>["lists"] = {
  devices: devices(),
  aps: devices("ap"),
  switches: devices("switch"),
  gateways: devices("gateway"),
  clients: async (client, { site }, signal) => {
    const rows = await readSite(client, "clients", site, signal);
    return { rows: rows.map((row) => shown(row, fields(row)["active"] === false)) };
  },
};

function devices(kind?: string): EditorApi<OmadaClient>["lists"][string] {
  return async (client, { site }, signal) => {
    const rows = await readSite(client, "devices", site, signal);
    const wanted = kind ? rows.filter((row) => texts(row)["type"] === kind) : rows;
    return { rows: wanted.map((row) => shown(row, fields(row)["status"] === 0)) };
  };
}

function shown(row: unknown, dim: boolean): Row {
  const { mac = "", name = "", type = "", ip = "" } = texts(row);
  return { value: mac, label: name || mac, detail: [type, ip, mac].filter(Boolean).join(" · "), dim };
}

async function readSite(client: OmadaClient, what: string, site = "", signal: AbortSignalLike): Promise<unknown[]> {
  const siteId = await client.siteId(site, { signal });
  const query = { method: "GET", path: `sites/{siteId}/${what}`, params: {}, site: siteId } as const;
  const reading = await client.read({ ...query, all: true, limit: MOST_ROWS }, { signal });
  return "pages" in reading ? await collectRows(reading.pages) : [];
}
