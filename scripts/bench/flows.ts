import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import type { RequestFactory } from "./clients";
import type { SendRequest } from "./load";
import { CONTROLLER, PATHS, SITE, TOKEN, type Addresses, type LoadCase, type VariantName } from "./types";

/** A message that has arrived at the sink. */
export interface SinkMessage {
  bench: number;
  payload?: unknown;
  error?: { message: string; code?: string };
  [property: string]: unknown;
}

const TAB = { id: "tab", type: "tab", label: "bench" };
const POSITION = { x: 1, y: 1, z: "tab" };
/** Messages and errors end here. The flows have nothing else besides what is measured. */
const ENDS = [
  { id: "sink", type: "bench-sink", wires: [], ...POSITION },
  { id: "catch", type: "catch", scope: null, uncaught: false, wires: [["sink"]], ...POSITION },
];
const SINK = `module.exports = (RED) => {
  RED.nodes.registerType("bench-sink", function (def) {
    RED.nodes.createNode(this, def);
    this.on("input", (msg, send, done) => {
      globalThis.benchArrived(msg);
      done();
    });
  });
};`;

/** A node without queue, retries, session or checks, or one that refuses all: nothing inside Node-RED can cost less. */
const UNGUARDED = `const { Pool } = require(${JSON.stringify(require.resolve("undici"))});
class Handler {
  constructor(msg, send, done) {
    Object.assign(this, { msg, send, done, chunks: [] });
  }
  onRequestStart() {}
  onResponseStart() {}
  onResponseData(_, chunk) {
    this.chunks.push(chunk);
  }
  onResponseEnd() {
    const bytes = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
    this.msg.payload = JSON.parse(bytes.toString());
    this.send(this.msg);
    this.done();
  }
  onResponseError(_, error) {
    this.done(error);
  }
}
module.exports = (RED) => {
  RED.nodes.registerType("bench-unguarded", function (def) {
    RED.nodes.createNode(this, def);
    const pool = new Pool(def.origin, { connect: { ca: def.ca } });
    const options = { method: "GET", path: def.path, headers: { accept: "application/json" } };
    this.on("input", (msg, send, done) => {
      if (def.refuses) done(new Error("Refused."));
      else pool.dispatch(options, new Handler(msg, send, done));
    });
    this.on("close", (done) => void pool.destroy().then(() => done()));
  });
};`;

/** A Node-RED without anything that costs: no log, no hooks, no Debug node. */
export class BenchFlow {
  /** Senders by the number of their message. No Map: changing one with every message costs more than Node-RED does. */
  readonly #pending: ({ resolve: (msg: SinkMessage) => void; reject: (error: Error) => void } | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #temporaryDir: string | undefined;

  private constructor(
    readonly nodeRed: NodeRedInstance,
    temporaryDir: string | undefined,
  ) {
    this.#temporaryDir = temporaryDir;
    // Node-RED loads the sink like any other node, so a global is the only connection to it.
    (globalThis as { benchArrived?: (msg: SinkMessage) => void }).benchArrived = (msg) => this.onArrival(msg);
  }

  /**
   * @param userDir is kept; left out: a new one, which is removed when it stops
   * @param settings override Node-RED's
   */
  static async start({ userDir: kept, settings }: { userDir?: string; settings?: object } = {}): Promise<BenchFlow> {
    const userDir = kept ?? mkdtempSync(join(tmpdir(), "homenet-bench-"));
    mkdirSync(join(userDir, "nodes"), { recursive: true });
    for (const [type, code] of Object.entries({ "bench-sink": SINK, "bench-unguarded": UNGUARDED })) {
      const registration = `RED.nodes.registerType("${type}", { category: "bench", inputs: 1, outputs: 1 });`;
      writeFileSync(join(userDir, "nodes", `${type}.js`), code);
      writeFileSync(join(userDir, "nodes", `${type}.html`), `<script type="text/javascript">${registration}</script>`);
    }
    const instance = await startNodeRed(userDir, 0, { logging: { console: { level: "off" } }, ...settings });
    return new BenchFlow(instance, kept === undefined ? userDir : undefined);
  }

  /** Receives each message that arrives. By default it settles the promise of its sender. */
  onArrival = (msg: SinkMessage): void => {
    const pending = this.#pending[msg.bench];
    if (!pending) return;
    this.#pending[msg.bench] = undefined;
    this.#freeNumbers.push(msg.bench);
    if (msg.error) pending.reject(new Error(msg.error.message));
    else pending.resolve(msg);
  };

  /** Deploys nodes, each wired to the sink unless it has wires. */
  async deploy(nodes: { id: string; type: string; wires?: string[][] }[]): Promise<void> {
    const placed = nodes.map((node) => (isConfigNode(node.type) ? node : { wires: [["sink"]], ...POSITION, ...node }));
    await this.nodeRed.deploy([TAB, ...ENDS, ...placed]);
  }

  /** A function that sends a message to a node and resolves when it arrives at the sink. */
  sender(id: string): (properties?: object) => Promise<SinkMessage> {
    const node = this.nodeRed.red.nodes.getNode(id);
    if (!node) throw new Error(`There is no node "${id}".`);
    return (properties) =>
      new Promise((resolve, reject) => {
        const bench = this.#freeNumbers.pop() ?? this.#pending.length;
        this.#pending[bench] = { resolve, reject };
        // As an Inject node sends it: Node-RED would create an id for a message without one, which costs.
        const msg = { _msgid: "1f2e3d4c5b6a7988", payload: "", topic: "", bench };
        node.receive(properties ? { ...msg, ...properties } : msg);
      });
  }

  async stop(): Promise<void> {
    await this.nodeRed.stop();
    if (this.#temporaryDir) rmSync(this.#temporaryDir, { recursive: true, force: true });
  }
}

const isConfigNode = (type: string): boolean =>
  /^(kasa-account|omada-controller|peplink-router|tls-config)$/.test(type);

/** An Omada config node for the benchmark's server. */
export function controllerNode(addresses: Addresses, id: string, secure: boolean, properties: object = {}) {
  return {
    id,
    type: "omada-controller",
    server: secure ? addresses.https : addresses.http,
    fingerprint: secure ? addresses.certificate.fingerprint : "",
    omadacId: CONTROLLER,
    // Not the default: it would limit everything to ten requests per second.
    rate: 0,
    concurrency: 64,
    credentials: { clientId: "id", clientSecret: "secret" },
    ...properties,
  };
}

const scheme = (secure: boolean): string => (secure ? "https" : "http");
const nodeId = ({ size, secure }: Pick<LoadCase, "size" | "secure">): string => `${scheme(secure)}-${size}`;
const SIZES = ["small", "large"] as const;

type Nodes = { id: string; type: string; wires?: string[][] }[];

/** The action node as a user configures it: a site's entry, and a page of a list. */
function omadaNodes(addresses: Addresses): Nodes {
  const path = { small: "sites/{siteId}", large: "sites/{siteId}/devices" };
  return [false, true].flatMap((secure) => [
    controllerNode(addresses, scheme(secure), secure),
    ...SIZES.map((size) => {
      const query = { controller: scheme(secure), site: SITE, path: path[size], paging: "one" };
      return { id: nodeId({ size, secure }), type: "omada-query", ...query };
    }),
  ]);
}

/** A router for the benchmark's server. */
export function routerNode(addresses: Addresses, id: string, secure: boolean) {
  return {
    id,
    type: "peplink-router",
    server: secure ? addresses.https : addresses.http,
    fingerprint: secure ? addresses.certificate.fingerprint : "",
    concurrency: 64,
    credentials: { clientId: "id", clientSecret: "secret" },
  };
}

function routerNodes(addresses: Addresses): Nodes {
  return [false, true].flatMap((secure) => [
    routerNode(addresses, scheme(secure), secure),
    ...SIZES.map((size) => {
      const query = { router: scheme(secure), endpoint: `status.${size}` };
      return { id: nodeId({ size, secure }), type: "router-status", ...query };
    }),
  ]);
}

/** The same requests as the router's nodes send. */
function unguardedNodes(addresses: Addresses): Nodes {
  const loadCases = [false, true].flatMap((secure) => SIZES.map((size) => ({ size, secure })));
  return loadCases.map(({ size, secure }) => ({
    id: nodeId({ size, secure }),
    type: "bench-unguarded",
    origin: secure ? addresses.https : addresses.http,
    path: `/api/status.${size}?accessToken=bench`,
    ca: addresses.certificate.cert,
  }));
}

/** Node-RED's own nodes: `http request` with keep-alive, then `json`. */
function coreNodes(addresses: Addresses): Nodes {
  const headers = [{ keyType: "other", keyValue: "authorization", valueType: "other", valueValue: TOKEN }];
  const tls = { cert: "", key: "", ca: "", verifyservercert: true };
  const nodes = [false, true].flatMap((secure) =>
    SIZES.flatMap((size) => {
      const id = nodeId({ size, secure });
      const url = (secure ? addresses.https : addresses.http) + PATHS[size];
      const request = { method: "GET", ret: "txt", url, persist: true, headers, ...(secure ? { tls: "tls" } : {}) };
      return [
        { id, type: "http request", ...request, wires: [[`${id}-json`]] },
        { id: `${id}-json`, type: "json", property: "payload", action: "obj" },
      ];
    }),
  );
  return [
    { id: "tls", type: "tls-config", ...tls, credentials: { cadata: addresses.certificate.cert } } as Nodes[0],
    ...nodes,
  ];
}

/** The nodes of a variant. */
export const variantNodes = (variant: VariantName, addresses: Addresses): Nodes => {
  const nodes = FLOWS[variant];
  if (!nodes) throw new Error(`There is no variant "${variant}".`);
  return nodes(addresses);
};

const FLOWS: Partial<Record<VariantName, (addresses: Addresses) => Nodes>> = {
  node: omadaNodes,
  "router node": routerNodes,
  "unguarded node": unguardedNodes,
  core: coreNodes,
};

/** Starts a Node-RED with the flow of a variant. */
export async function startFlow(variant: VariantName, addresses: Addresses): Promise<RequestFactory> {
  const flow = await BenchFlow.start();
  await flow.deploy(variantNodes(variant, addresses));
  return (loadCase): SendRequest => flow.sender(nodeId(loadCase));
}
