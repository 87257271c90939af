import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import type { OmadaController } from "../../test/support/simulators/omada/controller";
import type { PeplinkRouter } from "../../test/support/simulators/peplink/router";

/** The three platforms that the demo talks to. */
export interface Platforms {
  cloud: KasaCloud;
  controller: OmadaController;
  router: PeplinkRouter;
}

/** A node as a flow file holds it. */
export interface SavedNode {
  id: string;
  type: string;
  name?: string;
  label?: string;
  z?: string;
  [property: string]: unknown;
}

/** The secret that the example's webhook is given here. */
export const WEBHOOK_SECRET = "a secret for the demo";

/** Where the examples are that need the dashboard package beside Node-RED and this one. */
export const WITH_DASHBOARD = "examples/With FlowFuse Dashboard";

/** The example flows of a folder, by the name of their file. */
export function examples(folder = "examples"): Map<string, SavedNode[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return new Map(files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8")) as SavedNode[]]));
}

/** The examples that need nothing but the three platforms: a fleet wants a broker and a store as well. */
export function selfSufficient(): Map<string, SavedNode[]> {
  return new Map([...examples()].filter(([file]) => !file.startsWith("Fleet ")));
}

/**
 * Flows as a person has them who imported them and filled in what holds an address or a secret for these platforms.
 * Each example brings its own config nodes under the same ids: they are merged, as the editor does.
 */
export function filledIn(nodes: SavedNode[], { cloud, controller, router }: Platforms): SavedNode[] {
  const settings: Record<string, object> = {
    "kasa-account": { server: cloud.url, credentials: { email: cloud.email, password: cloud.password } },
    "omada-controller": {
      server: controller.url,
      fingerprint: controller.fingerprint,
      credentials: { clientId: controller.clientId, clientSecret: controller.clientSecret },
    },
    "peplink-router": {
      server: router.url,
      fingerprint: router.fingerprint,
      credentials: { clientId: router.clientId, clientSecret: router.clientSecret },
    },
    "omada-webhook": { credentials: { secret: WEBHOOK_SECRET } },
  };
  const byId = new Map(nodes.map((node) => [node.id, { ...node, ...settings[node.type] }]));
  return [...byId.values()];
}
