import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodeRed, type NodeRedInstance } from "../../../scripts/node-red";
import { cleanUpAfterAll, onExit } from "../mocha-hooks";

/** A node of a flow as Node-RED saves it, with its credentials. */
export interface FlowNode {
  id: string;
  type: string;
  credentials?: Record<string, string>;
  [property: string]: unknown;
}

/** A message as a flow sees it. */
export interface Message {
  payload?: unknown;
  [property: string]: unknown;
}

/** What a Catch node puts on a message. */
export interface Caught {
  message: string;
  code: string;
  cause: Record<string, unknown>;
  source: { id: string };
}

/** A status that a node showed. */
export interface Shown {
  fill?: string;
  shape?: string;
  text?: string;
}

const CATCH = "test-catch";
const STATUS = "test-status";
const TAB = "test-tab";
const HOOKS = "/hooks";
/** Everything is wired here: Node-RED tells of a message only when somebody gets it. */
const SINK = "test-sink";

/** A real Node-RED in this process, with this package loaded by Node-RED's own loader. One for all tests. */
export class NodeRed {
  readonly url: string;
  /** The address below which nodes may answer requests of their own. */
  readonly hooksUrl: string;
  /** The settings as Node-RED and the nodes read them. */
  readonly settings: Record<string, unknown>;
  /** All that the runtime logged, as text. */
  readonly log: string[];
  /** All that it logged during the last deploy. */
  deployLog: string[] = [];
  readonly #running: NodeRedInstance;
  #sent: { from: string; to: string | undefined; msg: Message }[] = [];
  #caught: (Message & { error: Caught })[] = [];
  #statuses: { id: string; status: Shown }[] = [];
  #completed: string[] = [];
  readonly #watchers = new Set<() => void>();

  private constructor(running: NodeRedInstance, log: string[]) {
    this.#running = running;
    this.url = running.url;
    this.hooksUrl = running.url + HOOKS;
    this.settings = running.settings;
    this.log = log;
    this.#listen();
  }

  /** Starts it on a free loopback port, in a user directory of its own. */
  static async start(): Promise<NodeRed> {
    const log: string[] = [];
    const write = (entry: { msg: unknown }): void => {
      log.push(String(entry.msg), JSON.stringify(entry) ?? "");
    };
    const logging = { test: { level: "trace", metrics: false, audit: false, handler: () => write } };
    const userDir = mkdtempSync(join(tmpdir(), "homenet-test-"));
    onExit(() => rmSync(userDir, { recursive: true, force: true }));
    return new NodeRed(
      await startNodeRed(userDir, 0, {
        logging,
        httpNodeRoot: HOOKS,
        httpNodeMiddleware: undefined,
        contextStorage: undefined,
      }),
      log,
    );
  }

  /** Stops it; its directory is removed at the end of this process. */
  async stop(): Promise<void> {
    for (const hook of ["onSend", "onComplete"]) this.#running.red.hooks.remove(`${hook}.homenet-test`);
    await this.#running.stop();
  }

  /** Deploys a flow on one tab, with a Catch and a Status node for all of it, and forgets what happened before. */
  async deploy(nodes: FlowNode[], deploymentType: "full" | "nodes" | "flows" = "full"): Promise<void> {
    const onTab = nodes.map((node) =>
      NO_FLOW_NODES.has(node.type) ? node : { x: 1, y: 1, z: TAB, wires: [[SINK]], ...node },
    );
    const watch = [
      { id: TAB, type: "tab", label: "test" },
      { id: CATCH, type: "catch", z: TAB, x: 1, y: 1, scope: null, uncaught: false, wires: [[SINK]] },
      { id: STATUS, type: "status", z: TAB, x: 1, y: 1, scope: null, wires: [[SINK]] },
      { id: SINK, type: "debug", z: TAB, x: 1, y: 1, active: false, wires: [] },
    ];
    this.forget();
    await this.#running.deploy([...watch, ...onTab], deploymentType);
    this.deployLog = [...this.log];
    this.forget();
  }

  /** Forgets all messages, errors and statuses so far. */
  forget(): void {
    this.#sent = [];
    this.#caught = [];
    this.#statuses = [];
    this.#completed = [];
    this.log.length = 0;
  }

  /** Hands a message to a node and waits until it has ended: sent on, or caught. */
  async send(id: string, msg: Message = {}): Promise<{ msg?: Message; error?: Caught; caught?: Message }> {
    const before = this.#sent.filter(({ from }) => from === id).length;
    const failures = this.#caught.length;
    this.inject(id, msg);
    await this.until(() => this.sent(id).length > before || this.#caught.length > failures);
    if (this.#caught.length > failures) {
      const caught = this.#caught.at(-1);
      return { error: caught?.error as Caught, caught: caught as Message };
    }
    return { msg: this.sent(id).at(-1) as Message };
  }

  /** Hands a message to a node and goes on. */
  inject(id: string, msg: Message = {}): void {
    const node = this.#running.red.nodes.getNode(id);
    if (!node) throw new Error(`no node ${id}`);
    node.receive(msg);
  }

  /** Presses the button of an inject node, which then sends what it is set to. */
  press(id: string): void {
    const node = this.#running.red.nodes.getNode(id) as unknown as { receive(): void } | null;
    if (!node) throw new Error(`no node ${id}`);
    node.receive();
  }

  /** Messages that a node sent, in order. */
  sent(id: string): Message[] {
    return this.#sent.filter(({ from }) => from === id).map(({ msg }) => msg);
  }

  /** Messages that were sent to a node, in order. */
  received(id: string): Message[] {
    return this.#sent.filter(({ to }) => to === id).map(({ msg }) => msg);
  }

  /** Messages that reached the Catch node, in order. */
  caught(): (Message & { error: Caught })[] {
    return this.#caught;
  }

  /** Statuses that a node showed, in order. */
  statuses(id: string): Shown[] {
    return this.#statuses.filter((shown) => shown.id === id).map(({ status }) => status);
  }

  /** How many messages ended at a node: `done` was called, with or without an error. */
  ended(id: string): number {
    return this.#completed.filter((node) => node === id).length;
  }

  /** A running node, for a look inside. */
  node<T>(id: string): T {
    return this.#running.red.nodes.getNode(id) as T;
  }

  /** Waits until something is so; fails after a while. */
  async until(condition: () => boolean, withinMs = 40_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((done, fail) => {
      const end = (how: () => void): void => {
        clearTimeout(giveUp);
        this.#watchers.delete(look);
        how();
      };
      const giveUp = setTimeout(() => end(() => fail(new Error("waited in vain"))), withinMs);
      const look = (): void => {
        if (condition()) end(done);
      };
      this.#watchers.add(look);
    });
  }

  #listen(): void {
    type Sent = { source: { id: string }; msg: Message; destination?: { id: string } }[];
    this.#running.red.hooks.add("onSend.homenet-test", (events: Sent) => {
      for (const { source, msg, destination } of events) {
        if (source.id === CATCH) this.#caught.push(msg as never);
        else if (source.id === STATUS) this.#addStatus(msg);
        else if (!destination || destination.id) this.#sent.push({ from: source.id, to: destination?.id, msg });
      }
      this.#tell();
    });
    this.#running.red.hooks.add("onComplete.homenet-test", ({ node }: { node: { id: string } }) => {
      this.#completed.push(node.id);
      this.#tell();
    });
  }

  #addStatus(msg: Message): void {
    const { source, ...status } = (msg["status"] ?? {}) as Shown & { source?: { id: string } };
    this.#statuses.push({ id: source?.id ?? "", status });
  }

  #tell(): void {
    for (const watcher of this.#watchers) setImmediate(watcher);
  }
}

const NO_FLOW_NODES = new Set([
  "tab",
  "kasa-account",
  "omada-controller",
  "peplink-router",
  "tls-config",
  "mqtt-broker",
]);

let running: Promise<NodeRed> | undefined;

/** The one Node-RED of this test run, started at the first use. */
export function nodeRed(): Promise<NodeRed> {
  running ??= NodeRed.start();
  return running;
}

cleanUpAfterAll(async () => {
  await (await running)?.stop();
});
