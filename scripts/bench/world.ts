// The simulated platforms of many config nodes, in a process of their own.
import { EVENTS } from "../../nodes/shared/event-names";
import { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import { OmadaController } from "../../test/support/simulators/omada/controller";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";
import { serveCommands } from "./ipc";

type Nodes = { id: string; type: string }[];

/** A config node, a node that reads, and triggers of all sources of its platform. */
export interface WatchedSite {
  config: Nodes[0];
  reader: Nodes[0];
  triggers: Nodes;
}

/** A watched site on each platform in turn, or with a router only. */
export interface WorldOptions {
  count: number;
  routersOnly: boolean;
  intervalS: number;
}

/** An account has 20 tokens at most. */
const NODES_PER_CLOUD = 60;

async function main(): Promise<void> {
  const router = await PeplinkRouter.start({ http: true });
  const controller = await OmadaController.start({ http: true });
  const clouds: KasaCloud[] = [];

  const peplink = (id: string, intervalS: number): WatchedSite => {
    const { clientId, clientSecret } = router.addClient(id, "api");
    return {
      config: node({ id, type: "peplink-router", server: router.url, credentials: { clientId, clientSecret } }),
      reader: node({ id: `${id}-reader`, type: "router-status", router: id }),
      triggers: triggersOf("router-event", { router: id }, intervalS),
    };
  };
  const omada = (id: string, intervalS: number): WatchedSite => {
    const { url: server, omadacId, clientId, clientSecret } = controller;
    return {
      config: node({ id, type: "omada-controller", server, omadacId, credentials: { clientId, clientSecret } }),
      reader: node({ id: `${id}-reader`, type: "omada-query", controller: id, path: "sites" }),
      triggers: triggersOf("omada-event", { controller: id }, intervalS),
    };
  };
  const kasa = async (id: string, index: number, intervalS: number): Promise<WatchedSite> => {
    const number = Math.floor(index / NODES_PER_CLOUD);
    const { url: server, email, password } = (clouds[number] ??= await KasaCloud.start());
    return {
      config: node({ id, type: "kasa-account", server, credentials: { email, password } }),
      reader: node({ id: `${id}-reader`, type: "kasa-device-list", account: id }),
      triggers: triggersOf("kasa-event", { account: id }, intervalS),
    };
  };

  serveCommands({
    async sites({ count, routersOnly, intervalS }: WorldOptions): Promise<WatchedSite[]> {
      const sites: WatchedSite[] = [];
      for (let index = 0; index < count; index++) {
        const id = `site-${index}`;
        if (routersOnly || index % 3 === 1) sites.push(peplink(id, intervalS));
        else if (index % 3 === 0) sites.push(omada(id, intervalS));
        else sites.push(await kasa(id, index, intervalS));
      }
      return sites;
    },
    /** Forgets the requests that the platforms remember. */
    forget(): void {
      for (const { server } of [router, controller, ...clouds]) server.journal.length = 0;
    },
  });
}

/** A node as it is saved: besides these, it has the properties of its type. */
const node = <T extends Nodes[0]>(saved: T): Nodes[0] => saved;

function triggersOf(type: keyof typeof EVENTS, reference: Record<string, string>, intervalS: number): Nodes {
  const [id] = Object.values(reference);
  return Object.keys(EVENTS[type]).map((source) =>
    node({ id: `${id}-${source}`, type, ...reference, source, interval: intervalS, threshold: 200, site: "" }),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
