import type { NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { systemClock } from "../../src/core/clock";
import type { OmadaClient } from "../../src/omada/client";
import { ControllerId } from "../../src/omada/controller-id";
import { EnvelopeTransport } from "../../src/omada/envelope";
import { collectRows } from "../../src/omada/pagination";
import { Site } from "../../src/omada/schemas";
import type { ConfigNodeDef, Platform } from "../shared/config-node";
import { actPreview } from "./acts";
import { connectionTest } from "./connection-test";
import { diagnostics } from "./diagnostics";
import { asObject, stringFields, type AdminList, type EditorApi, type ListRow } from "./routes";

/** Nobody scrolls through more. What is not listed can be typed. */
const MAX_ROWS = 1000;
const MAX_SITES = 10_000;
/** Each of them costs a request. */
const MAX_SITES_OF_A_LIST = 20;

const LISTS: EditorApi<OmadaClient>["lists"] = {
  sites: async (client, _query, signal) => {
    const sites = await fetchSites(client, signal);
    return { rows: sites.map(({ siteId, name }) => ({ value: name || siteId, detail: siteId })) };
  },
  targets: async ({ acts }, { act = "", site = "" }, signal) => ({
    rows: await acts.targets(act, site, { signal }),
  }),
  devices: deviceList(),
  aps: deviceList("ap"),
  switches: deviceList("switch"),
  gateways: deviceList("gateway"),
  clients: async (client, { site }, signal) => {
    const rows = await fetchSiteList(client, "clients", site, signal);
    return { rows: rows.map((row) => toListRow(row, asObject(row)["active"] === false)) };
  },
};

/** What the runtime does for the dialogs of an Omada controller and of the nodes that use it. */
export function editorApi<Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  platform: Platform<OmadaClient, Def, Credentials>,
): EditorApi<OmadaClient> {
  return {
    lists: LISTS,
    diagnose: diagnostics(RED, async (client: OmadaClient, signal) => {
      const { version, sites } = await fetchIdentity(client, signal);
      return { version, sites: sites.length };
    }),
    actions: {
      ...connectionTest(RED, "omada-controller", platform, {
        lists: LISTS,
        async identify({ client }, _dialog, signal) {
          const { version, sites } = await fetchIdentity(client, signal);
          return { who: { version, sites: sites.map(({ name }) => name) } };
        },
        async probe(server, transport, options) {
          const info = await new ControllerId("", new EnvelopeTransport(server, transport, []), systemClock).fetchInfo(
            options,
          );
          return { version: info.controllerVer ?? "" };
        },
      }),
      preview: actPreview<OmadaClient>(RED, "omada-controller", ({ acts }, order, { site = "" }, options) =>
        acts.run(order, site, options),
      ),
    },
  };
}

async function fetchIdentity(
  client: OmadaClient,
  signal: AbortSignalLike,
): Promise<{ version: string; sites: Site[] }> {
  const sites = await fetchSites(client, signal);
  // Cloud-based controllers do not say their version.
  const info = await client.info({ signal }).catch(() => undefined);
  return { version: info?.controllerVer ?? "", sites };
}

function deviceList(type?: string): AdminList<OmadaClient> {
  return async (client, { site }, signal) => {
    const devices = await fetchSiteList(client, "devices", site, signal);
    const ofType = type ? devices.filter((device) => stringFields(device)["type"] === type) : devices;
    return { rows: ofType.map((device) => toListRow(device, asObject(device)["status"] === 0)) };
  };
}

function toListRow(item: unknown, dim: boolean): ListRow {
  const { mac = "", name = "", type = "", ip = "" } = stringFields(item);
  return { value: mac, label: name || mac, detail: [type, ip, mac].filter(Boolean).join(" · "), dim };
}

async function fetchSiteList(
  client: OmadaClient,
  list: "clients" | "devices",
  site = "",
  signal: AbortSignalLike,
): Promise<unknown[]> {
  // A blank site stands for all of them.
  const sites = site ? [] : (await client.sites({ signal })).slice(0, MAX_SITES_OF_A_LIST);
  const siteIds = site ? [await client.siteId(site, { signal })] : sites.map(({ siteId }) => siteId);
  const rows: unknown[] = [];
  for (const siteId of siteIds) {
    const left = MAX_ROWS - rows.length;
    if (left > 0) rows.push(...(await fetchRows(client, `sites/{siteId}/${list}`, siteId, left, signal)));
  }
  return rows;
}

async function fetchSites(client: OmadaClient, signal: AbortSignalLike): Promise<Site[]> {
  const rows = await fetchRows(client, "sites", "", MAX_SITES, signal);
  return rows.flatMap((row) => Site.safeParse(row).data ?? []);
}

async function fetchRows(
  client: OmadaClient,
  path: string,
  site: string,
  limit: number,
  signal: AbortSignalLike,
): Promise<unknown[]> {
  const response = await client.query({ method: "GET", path, params: {}, site, all: true, limit }, { signal });
  return "pages" in response ? collectRows(response.pages) : [];
}
