import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";

/** The part of Node-RED's runtime API that the scripts and the tests use. */
export interface NodeRedRuntime {
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

/** A Node-RED that runs in this process. Its runtime is a singleton: a process can have only one. */
export interface NodeRedInstance {
  red: NodeRedRuntime;
  url: string;
  /** The settings as Node-RED and the nodes see them. */
  settings: Record<string, unknown>;
  /** Deploys flows and waits until they have started. */
  deploy(nodes: object[], deploymentType?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Where Node-RED is installed: among the dependencies, or another major version (see `scripts/build/matrix.mjs`). */
export const NODE_RED = process.env["HOMENET_NODE_RED"] ?? resolve("node_modules/node-red");

/**
 * Starts Node-RED on loopback with this package installed, so that Node-RED's own loader loads it.
 * @param userDir is created when it is missing
 * @param port 0 picks a free one
 * @param settings override the defaults; with an `httpNodeRoot` such as `/hooks`, the flows' HTTP routes are served below it
 */
export async function startNodeRed(userDir: string, port: number, settings: object = {}): Promise<NodeRedInstance> {
  const scope = join(userDir, "node_modules", "@homenet");
  rmSync(scope, { recursive: true, force: true });
  mkdirSync(scope, { recursive: true });
  symlinkSync(resolve("."), join(scope, "node-red-homenet"), "dir");

  const red = require(NODE_RED) as NodeRedRuntime;
  const merged: Record<string, unknown> = {
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
    const root = merged["httpNodeRoot"];
    if (typeof root !== "string" || !request.url?.startsWith(`${root}/`)) return red.httpAdmin(request, response);
    // Express builds redirects from the original URL.
    Object.assign(request, { originalUrl: request.url, url: request.url.slice(root.length) });
    red.httpNode(request, response);
  });
  await new Promise<void>((listening, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", listening);
  });
  red.init(server, merged);
  // setFlows and start resolve before the flows have started.
  const flowsStarted = (): Promise<void> => new Promise((done) => red.events.once("flows:started", done));
  const initialFlows = flowsStarted();
  await red.start();
  await initialFlows;

  return {
    red,
    settings: merged,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async deploy(nodes, deploymentType = "full") {
      const started = flowsStarted();
      await red.runtime.flows.setFlows({ flows: { flows: nodes }, deploymentType });
      await started;
    },
    async stop() {
      await red.stop();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
