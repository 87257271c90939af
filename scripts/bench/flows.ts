import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import type { Asking } from "./clients";
import type { One } from "./load";
import { CONTROLLER, PATHS, SITE, TOKEN, type Addresses, type Case, type VariantName } from "./types";

/** A message at the end of its way. */
export interface Arrived {
  bench: number;
  payload?: unknown;
  error?: { message: string; code?: string };
  [property: string]: unknown;
}

const TAB = { id: "tab", type: "tab", label: "bench" };
const onTab = { x: 1, y: 1, z: "tab" };
/** Messages and errors end here; it is all that these flows have beside what is measured. */
const ENDS = [
  { id: "sink", type: "bench-sink", wires: [], ...onTab },
  { id: "catch", type: "catch", scope: null, uncaught: false, wires: [["sink"]], ...onTab },
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

/** A Node-RED of the bench's own, with nothing in it that costs: no log, no hooks, no debug. */
export class BenchFlow {
  /** Who waits for a message, by its number. No Map: one that changes with every message costs more than Node-RED does. */
  readonly #waiting: ({ done: (msg: Arrived) => void; fail: (error: Error) => void } | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #userDir: string;

  private constructor(
    readonly running: NodeRedInstance,
    userDir: string,
  ) {
    this.#userDir = userDir;
    // The sink is loaded by Node-RED, as any node: only by this name can it be heard.
    (globalThis as { benchArrived?: (msg: Arrived) => void }).benchArrived = (msg) => this.onArrival(msg);
  }

  static async start(): Promise<BenchFlow> {
    const userDir = mkdtempSync(join(tmpdir(), "homenet-bench-"));
    mkdirSync(join(userDir, "nodes"));
    writeFileSync(join(userDir, "nodes", "bench-sink.js"), SINK);
    writeFileSync(
      join(userDir, "nodes", "bench-sink.html"),
      '<script type="text/javascript">RED.nodes.registerType("bench-sink", { category: "bench", inputs: 1 });</script>',
    );
    return new BenchFlow(await startNodeRed(userDir, 0, { logging: { console: { level: "off" } } }), userDir);
  }

  /** Told of each message that arrives; what it does by default is to end its `send`. */
  onArrival = (msg: Arrived): void => {
    const waiting = this.#waiting[msg.bench];
    if (!waiting) return;
    this.#waiting[msg.bench] = undefined;
    this.#free.push(msg.bench);
    if (msg.error) waiting.fail(new Error(msg.error.message));
    else waiting.done(msg);
  };

  /** Deploys nodes, each wired to the sink unless it says otherwise. */
  async deploy(nodes: { id: string; type: string; wires?: string[][] }[]): Promise<void> {
    const placed = nodes.map((node) => (isConfig(node.type) ? node : { wires: [["sink"]], ...onTab, ...node }));
    await this.running.deploy([TAB, ...ENDS, ...placed]);
  }

  /** A way to send a message to a node and wait until it has arrived. */
  sender(id: string): (more?: object) => Promise<Arrived> {
    const node = this.running.red.nodes.getNode(id);
    if (!node) throw new Error(`There is no node "${id}".`);
    return (more) =>
      new Promise((done, fail) => {
        const bench = this.#free.pop() ?? this.#waiting.length;
        this.#waiting[bench] = { done, fail };
        // What each message has that comes out of an Inject node: Node-RED makes an id for one without, and that costs.
        const msg = { _msgid: "1f2e3d4c5b6a7988", payload: "", topic: "", bench };
        node.receive(more ? { ...msg, ...more } : msg);
      });
  }

  async stop(): Promise<void> {
    await this.running.stop();
    rmSync(this.#userDir, { recursive: true, force: true });
  }
}

const isConfig = (type: string): boolean => /^(kasa-account|omada-controller|peplink-router|tls-config)$/.test(type);

/** An Omada config node of the bench's server. */
export function controller(addresses: Addresses, id: string, secure: boolean, more: object = {}) {
  return {
    id,
    type: "omada-controller",
    server: secure ? addresses.https : addresses.http,
    fingerprint: secure ? addresses.certificate.fingerprint : "",
    omadacId: CONTROLLER,
    // None: the documented budget of ten a second is what would be measured.
    rate: 0,
    concurrency: 64,
    credentials: { clientId: "id", clientSecret: "secret" },
    ...more,
  };
}

const scheme = (secure: boolean): string => (secure ? "https" : "http");
const nodeOf = ({ size, secure }: Pick<Case, "size" | "secure">): string => `${scheme(secure)}-${size}`;
const SIZES = ["small", "large"] as const;

type Nodes = { id: string; type: string; wires?: string[][] }[];

/** Our action node as a user sets it up: a site's entry, and a page of a list. */
function omadaNodes(addresses: Addresses): Nodes {
  const path = { small: "sites/{siteId}", large: "sites/{siteId}/devices" };
  return [false, true].flatMap((secure) => [
    controller(addresses, scheme(secure), secure),
    ...SIZES.map((size) => {
      const what = { controller: scheme(secure), site: SITE, path: path[size], paging: "one" };
      return { id: nodeOf({ size, secure }), type: "omada-query", ...what };
    }),
  ]);
}

function routerNodes(addresses: Addresses): Nodes {
  return [false, true].flatMap((secure) => [
    {
      id: scheme(secure),
      type: "peplink-router",
      server: secure ? addresses.https : addresses.http,
      fingerprint: secure ? addresses.certificate.fingerprint : "",
      concurrency: 64,
      credentials: { clientId: "id", clientSecret: "secret" },
    },
    ...SIZES.map((size) => {
      const what = { router: scheme(secure), endpoint: `status.${size}` };
      return { id: nodeOf({ size, secure }), type: "router-status", ...what };
    }),
  ]);
}

/** Node-RED's own way: `http request` with keep-alive, then `json`. */
function coreNodes(addresses: Addresses): Nodes {
  const headers = [{ keyType: "other", keyValue: "authorization", valueType: "other", valueValue: TOKEN }];
  const tls = { cert: "", key: "", ca: "", verifyservercert: true };
  const nodes = [false, true].flatMap((secure) =>
    SIZES.flatMap((size) => {
      const id = nodeOf({ size, secure });
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
export const nodesOf = (variant: VariantName, addresses: Addresses): Nodes => {
  const nodes = FLOWS[variant];
  if (!nodes) throw new Error(`There is no variant "${variant}".`);
  return nodes(addresses);
};

const FLOWS: Partial<Record<VariantName, (addresses: Addresses) => Nodes>> = {
  node: omadaNodes,
  "router node": routerNodes,
  core: coreNodes,
};

/** Starts a Node-RED with the flow of a variant. */
export async function flowOf(variant: VariantName, addresses: Addresses): Promise<Asking> {
  const flow = await BenchFlow.start();
  await flow.deploy(nodesOf(variant, addresses));
  return (asked): One => flow.sender(nodeOf(asked));
}
