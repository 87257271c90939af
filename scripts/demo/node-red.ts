import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";

/** What of Node-RED's runtime is used from outside of flows. */
export interface Runtime {
  init(server: Server, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  httpAdmin: (request: unknown, response: unknown) => void;
  httpNode: (request: unknown, response: unknown) => void;
  events: Pick<NodeJS.EventEmitter, "once" | "on" | "off">;
  hooks: { add(name: string, handler: (event: never) => void): void; remove(name: string): void };
  nodes: { getNode(id: string): { receive(msg: object): void } | null };
  runtime: { flows: { setFlows(options: object): Promise<unknown> } };
  version(): string;
}

/** A Node-RED in this process; there can be but one. */
export interface Running {
  red: Runtime;
  url: string;
  /** The settings, as Node-RED and the nodes read them. */
  settings: Record<string, unknown>;
  /** Deploys flows and waits until they have started. */
  deploy(nodes: object[], deploymentType?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Node-RED's own folder: that of the dependencies, or another major's (see `matrix.mjs`). */
export const NODE_RED = process.env["HOMENET_NODE_RED"] ?? resolve("node_modules/node-red");

/**
 * Starts Node-RED on loopback with this package installed, loaded by Node-RED's own loader.
 * @param userDir made where it is missing
 * @param port 0 for a free one
 * @param settings of its own; with an `httpNodeRoot`, such as `/hooks`, the flows' own HTTP routes are served below it
 */
export async function startNodeRed(userDir: string, port: number, settings: object = {}): Promise<Running> {
  const scope = join(userDir, "node_modules", "@homenet");
  rmSync(scope, { recursive: true, force: true });
  mkdirSync(scope, { recursive: true });
  symlinkSync(resolve("."), join(scope, "node-red-homenet"), "dir");

  const red = require(NODE_RED) as Runtime;
  const all: Record<string, unknown> = {
    userDir,
    flowFile: "flows.json",
    httpAdminRoot: "/",
    httpNodeRoot: false,
    credentialSecret: "nothing here is secret",
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] } },
    ...settings,
  };
  const server = createServer((request, response) => {
    const root = all["httpNodeRoot"];
    if (typeof root !== "string" || !request.url?.startsWith(`${root}/`)) return red.httpAdmin(request, response);
    // Where a route sends its caller on, it does so from the whole address.
    Object.assign(request, { originalUrl: request.url, url: request.url.slice(root.length) });
    red.httpNode(request, response);
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", done);
  });
  red.init(server, all);
  // Flows go on starting after the call that starts them has ended.
  const started = (): Promise<void> => new Promise((done) => red.events.once("flows:started", done));
  const first = started();
  await red.start();
  await first;

  return {
    red,
    settings: all,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async deploy(nodes, deploymentType = "full") {
      const next = started();
      await red.runtime.flows.setFlows({ flows: { flows: nodes }, deploymentType });
      await next;
    },
    async stop() {
      await red.stop();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
