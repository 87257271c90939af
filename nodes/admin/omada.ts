import type { NodeAPI } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import type { OmadaClient } from "../../src/omada/client";
import { collectRows } from "../../src/omada/pagination";
import { Site } from "../../src/omada/schemas";
import type { ConfigNodeDef, Platform } from "../shared/config-node";
import { connectionTest } from "./connection-test";
import { lists } from "./omada-lists";
import type { EditorApi } from "./routes";

/** What the runtime does for the dialogs of an Omada controller and of the nodes that use it. */
export function editorApi<Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  platform: Platform<OmadaClient, Def, Credentials>,
): EditorApi<OmadaClient> {
  return {
    actions: connectionTest(RED, "omada-controller", platform, async ({ client }, _typed, signal) => {
      const sites = await readSites(client, signal);
      // The cloud tells nobody its version.
      const info = await client.info({ signal }).catch(() => undefined);
      return { who: { version: info?.controllerVer ?? "", sites: sites.map(({ name }) => name) } };
    }),
    lists: {
      ...lists,
      sites: async (client, _query, signal) => {
        const sites = await readSites(client, signal);
        return { rows: sites.map(({ siteId, name }) => ({ value: name || siteId, detail: siteId })) };
      },
    },
  };
}

async function readSites(client: OmadaClient, signal: AbortSignalLike): Promise<Site[]> {
  const query = { method: "GET", path: "sites", params: {}, site: "", all: true, limit: 0 } as const;
  const reading = await client.read(query, { signal });
  const rows = "pages" in reading ? await collectRows(reading.pages) : [];
  return rows.flatMap((row) => Site.safeParse(row).data ?? []);
}
