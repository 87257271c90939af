import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { LanHouse } from "../../test/support/simulators/kasa-local/house";
import { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import { Plug } from "../../test/support/simulators/kasa/plugs";
import { OmadaController } from "../../test/support/simulators/omada/controller";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";

/** The three simulated platforms. */
export interface Platforms {
  cloud: KasaCloud;
  controller: OmadaController;
  router: PeplinkRouter;
  /** The modem's plug on the local network. */
  home?: LanHouse;
}

/** Starts the platforms of the demo. */
export async function startPlatforms(): Promise<Required<Platforms>> {
  const cloud = await KasaCloud.start();
  const { email, password } = cloud;
  const plug = { identity: cloud.device(Plug, "Modem"), transport: "klap2" } as const;
  return {
    cloud,
    controller: await OmadaController.start(),
    router: await PeplinkRouter.start(),
    home: await LanHouse.start([plug], { email, password, host: "127.0.0.1" }),
  };
}

/** A node as it is stored in a flow file. */
export interface SavedNode {
  id: string;
  type: string;
  name?: string;
  label?: string;
  z?: string;
  [property: string]: unknown;
}

/** The secret of the example's webhook. */
export const WEBHOOK_SECRET = "a secret for the demo";

/** The folder with the examples that need the dashboard package. */
export const DASHBOARD_EXAMPLES = "examples/Dashboards";

/** The example flows of a folder, by file name; without a folder, all that need no dashboard package. */
export function loadExamples(folder?: string): Map<string, SavedNode[]> {
  const files = readdirSync(folder ?? "examples", { recursive: true, encoding: "utf8" })
    .map((file) => join(folder ?? "examples", file))
    .filter((file) => file.endsWith(".json") && (folder !== undefined || dirname(file) !== join(DASHBOARD_EXAMPLES)));
  return new Map(files.map((file) => [basename(file), JSON.parse(readFileSync(file, "utf8")) as SavedNode[]]));
}

/** The examples that need nothing besides the three platforms. A fleet and Home Assistant also need a broker. */
export function loadStandaloneExamples(): Map<string, SavedNode[]> {
  return new Map([...loadExamples()].filter(([file]) => !/^(Fleet|Home Assistant) /.test(file)));
}

/**
 * Fills in the addresses and secrets of the platforms, as a user does after importing the examples.
 * The examples share config nodes with the same ids. They are merged, as the editor does.
 */
export function fillIn(nodes: SavedNode[], { cloud, controller, router, home }: Platforms): SavedNode[] {
  const hosts = home ? { hosts: `127.0.0.1:${home.ports.tdp}` } : {};
  const settings: Record<string, object> = {
    "kasa-account": { server: cloud.url, ...hosts, credentials: { email: cloud.email, password: cloud.password } },
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
