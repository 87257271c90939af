// Flows for a fleet, made of the two examples and a list of sites: one copy of the example's site tab for each.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { examples, type SavedNode } from "../demo/examples";

/** A place with a router of its own. */
export interface Site {
  name: string;
  /** The router's address, fingerprint and API client. */
  router: { url: string; fingerprint?: string | undefined; clientId: string; clientSecret: string };
}

/**
 * Writes what a Node-RED of a fleet runs into its user directory, as files for its next start.
 * @param sites those that this one watches; for a worker, all
 * @param env what the examples want to know: `MQTT_URL`, `WORKER`, `RETRY_S`
 */
export function writeFleet(
  userDir: string,
  role: "watcher" | "worker",
  sites: readonly Site[],
  env: Record<string, string>,
): void {
  const nodes = examples().get(`Fleet ${role}.json`) ?? [];
  const tab = nodes.find(({ type, env }) => type === "tab" && env);
  const isOfSite = (node: SavedNode): boolean => tab !== undefined && (node.id === tab.id || node.z === tab.id);
  const ofSite = nodes.filter(isOfSite);
  const own = (id: string, { name }: Site): string =>
    createHash("sha256").update(`${id} ${name}`).digest("hex").slice(0, 16);

  const credentials: Record<string, object> = {};
  const copies = sites.flatMap((site) => {
    const { clientId, clientSecret, url, fingerprint = "" } = site.router;
    const ids = ofSite.map(({ id }) => id).join("|");
    const text = JSON.stringify(ofSite).replaceAll(new RegExp(`\\b(?:${ids})\\b`, "g"), (id) => own(id, site));
    return (JSON.parse(text) as SavedNode[]).map((node) => {
      if (node.type === "peplink-router") credentials[node.id] = { clientId, clientSecret };
      if (node.type !== "tab") return node;
      return {
        ...node,
        label: `Site: ${site.name}`,
        env: strings({ SITE: site.name, ROUTER: url, FINGERPRINT: fingerprint }),
      };
    });
  });
  // A link node of the common tab knows all that lead to it.
  const common = nodes
    .filter((node) => !isOfSite(node))
    .map((node) =>
      node.type === "link in"
        ? { ...node, links: (node["links"] as string[]).flatMap((id) => sites.map((site) => own(id, site))) }
        : node,
    );
  const everywhere = { id: "fleet", type: "global-config", name: "", env: strings(env), modules: {} };
  writeFileSync(join(userDir, "flows.json"), JSON.stringify([...common, ...copies, everywhere]));
  writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify(credentials));
}

function strings(values: Record<string, string>): object[] {
  return Object.entries(values).map(([name, value]) => ({ name, value, type: "str" }));
}
