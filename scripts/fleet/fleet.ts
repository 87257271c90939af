// Generates the flows of a fleet from the two examples and a list of sites: one copy of the site tab per site.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EVENTS } from "../../nodes/shared/event-names";
import { loadExamples, type SavedNode } from "../demo/examples";

/** A site, which has one router. */
export interface Site {
  name: string;
  /** The router's address, fingerprint and API client. */
  router: { url: string; fingerprint?: string | undefined; clientId: string; clientSecret: string };
}

/** The same flow with a trigger for each source, in place of those that it has. They emit changes only. */
export function watchEverything(nodes: readonly SavedNode[]): SavedNode[] {
  return nodes.flatMap((node) =>
    node.type === "router-event"
      ? Object.keys(EVENTS["router-event"]).map((source) => {
          return { ...node, id: `${node.id}-${source}`, source, threshold: 200, initial: false };
        })
      : node,
  );
}

/**
 * Writes the flows and credentials of a Node-RED of the fleet into its user directory, for its next start.
 * @param sites those of this watcher; for a worker, all
 * @param env environment variables of the examples: `MQTT_URL`, `WORKER`, `RETRY_S`
 */
export function writeFleet(
  userDir: string,
  role: "watcher" | "worker",
  sites: readonly Site[],
  env: Record<string, string>,
): void {
  const nodes = loadExamples().get(`Fleet ${role}.json`) ?? [];
  const tab = nodes.find((node) => node.type === "tab" && node["env"]);
  const isOnSiteTab = (node: SavedNode): boolean => tab !== undefined && (node.id === tab.id || node.z === tab.id);
  const siteNodes = nodes.filter(isOnSiteTab);
  const siteId = (id: string, { name }: Site): string =>
    createHash("sha256").update(`${id} ${name}`).digest("hex").slice(0, 16);

  const credentials: Record<string, object> = {};
  const copies = sites.flatMap((site) => {
    const { clientId, clientSecret, url, fingerprint = "" } = site.router;
    const ids = siteNodes.map(({ id }) => id).join("|");
    const text = JSON.stringify(siteNodes).replaceAll(new RegExp(`\\b(?:${ids})\\b`, "g"), (id) => siteId(id, site));
    return (JSON.parse(text) as SavedNode[]).map((node) => {
      if (node.type === "peplink-router") {
        credentials[node.id] = { clientId, clientSecret };
        // A variable without a value would be an error: a pin that is missing must not mean that none is wanted.
        return fingerprint ? node : { ...node, fingerprint: "" };
      }
      if (node.type !== "tab") return node;
      return {
        ...node,
        label: `Site: ${site.name}`,
        env: environment({ SITE: site.name, ROUTER: url, FINGERPRINT: fingerprint }),
      };
    });
  });
  // The link nodes of the common tab list every node that links to them.
  const common = nodes
    .filter((node) => !isOnSiteTab(node))
    .map((node) =>
      node.type === "link in"
        ? { ...node, links: (node["links"] as string[]).flatMap((id) => sites.map((site) => siteId(id, site))) }
        : node,
    );
  const globalEnvironment = { id: "fleet", type: "global-config", name: "", env: environment(env), modules: {} };
  writeFileSync(join(userDir, "flows.json"), JSON.stringify([...common, ...copies, globalEnvironment]));
  writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify(credentials));
}

function environment(values: Record<string, string>): object[] {
  return Object.entries(values).map(([name, value]) => ({ name, value, type: "str" }));
}
