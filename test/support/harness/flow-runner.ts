import { EventEmitter } from "node:events";
import type { NodeAPI } from "node-red";
import { NODE_RED, type NodeRedRuntime } from "../../../scripts/node-red";

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

/** The error that a Catch node puts on a message. */
export interface CaughtError {
  message: string;
  code: string;
  cause: Record<string, unknown>;
  source: { id: string };
}

/** A status that a node showed. */
export interface NodeStatus {
  fill?: string;
  shape?: string;
  text?: string;
}

/** What became of a message: it was sent on, or the Catch node got it with an error. */
export interface Outcome {
  msg?: Message;
  error?: CaughtError;
  caught?: Message;
}

export type DeploymentType = "full" | "nodes" | "flows";

const CATCH = "test-catch";
const STATUS = "test-status";
const TAB = "test-tab";
// Every node is wired to it: Node-RED calls its hooks only for messages that some node gets.
const SINK = "test-sink";
const CONFIG_TYPES = new Set([
  "tab",
  "kasa-account",
  "omada-controller",
  "peplink-router",
  "tls-config",
  "http proxy",
  "mqtt-broker",
  "global-config",
]);

let hasRunner = false;

/** Runs one flow at a time with the nodes of this package, and records what becomes of its messages. */
export abstract class FlowRunner {
  #sent: { from: string; to: string | undefined; msg: Message }[] = [];
  #caught: (Message & { error: CaughtError })[] = [];
  #statuses: { id: string; status: NodeStatus }[] = [];
  #completed: string[] = [];
  readonly #conditions = new Set<() => void>();
  readonly #emitter = new EventEmitter();

  /** Call it before anything is started. @throws if this process has one already: Node-RED's modules are singletons */
  protected static claimProcess(): void {
    if (hasRunner)
      throw new Error("Run test/nodes in another process than test/runtime, test/browser and test/system.");
    hasRunner = true;
  }

  /** @param sinkType a node that does nothing with the messages it gets */
  protected constructor(private readonly sinkType: string) {
    const { hooks } = require(NODE_RED) as NodeRedRuntime;
    type SendEvent = { source: { id: string }; msg: Message; destination?: { id: string } };
    hooks.add("onSend.homenet-test", (events: SendEvent[]) => {
      for (const { source, msg, destination } of events) {
        if (source.id === CATCH) this.#caught.push(msg as never);
        else if (source.id === STATUS) this.#addStatus(msg);
        else if (!destination || destination.id) {
          this.#sent.push({ from: source.id, to: destination?.id, msg });
          this.#emitter.emit("sent", source.id, msg);
        }
      }
      this.#checkConditions();
    });
    type CompleteEvent = { node: { id: string }; error?: CaughtError };
    hooks.add("onComplete.homenet-test", ({ node: { id }, error }: CompleteEvent) => {
      this.#completed.push(id);
      this.#emitter.emit("completed", id, error);
      this.#checkConditions();
    });
  }

  /** All that the runtime logged since the last deploy, as text. */
  abstract get log(): string[];

  /** A running node. */
  abstract node<T>(id: string): T;

  /** Adds a node type for the flows that are deployed from now on. */
  abstract register(initializer: (RED: NodeAPI) => void): void;

  protected abstract start(flow: FlowNode[], deploymentType: DeploymentType): Promise<void>;

  protected abstract clearLog(): void;

  /** Deploys a flow on one tab, with a Catch and a Status node for all of it, and forgets what happened before. */
  async deploy(nodes: FlowNode[], deploymentType: DeploymentType = "full"): Promise<void> {
    const onTab = { z: TAB, x: 1, y: 1, wires: [[SINK]] };
    const flow = nodes.map((node) => (CONFIG_TYPES.has(node.type) ? node : { ...onTab, ...node }));
    const observers: FlowNode[] = [
      { id: TAB, type: "tab", label: "test" },
      { ...onTab, id: CATCH, type: "catch", scope: null, uncaught: false },
      { ...onTab, id: STATUS, type: "status", scope: null },
      { ...onTab, id: SINK, type: this.sinkType, active: false, wires: [] },
    ];
    this.forget();
    await this.start([...observers, ...flow], deploymentType);
    this.forget();
  }

  /** Forgets all messages, errors, statuses and log entries so far. */
  forget(): void {
    this.#sent = [];
    this.#caught = [];
    this.#statuses = [];
    this.#completed = [];
    this.clearLog();
  }

  /** Sends a message to a node, and waits for its outcome. */
  async send(id: string, msg: Message = {}): Promise<Outcome> {
    const sent = this.#sent.filter(({ from }) => from === id).length;
    const caught = this.#caught.length;
    this.inject(id, msg);
    await this.until(() => this.sent(id).length > sent || this.#caught.length > caught);
    if (this.#caught.length > caught) {
      const last = this.#caught.at(-1);
      return { error: last?.error as CaughtError, caught: last as Message };
    }
    return { msg: this.sent(id).at(-1) as Message };
  }

  /** Sends a message to a node without waiting. */
  inject(id: string, msg: Message = {}): void {
    this.#receiver(id).receive(msg);
  }

  /** Presses the button of an inject node, which then sends what it is set to. */
  press(id: string): void {
    this.#receiver(id).receive();
  }

  /** The messages that a node sent, in order. */
  sent(id: string): Message[] {
    return this.#sent.filter(({ from }) => from === id).map(({ msg }) => msg);
  }

  /** The messages that were sent to a node, in order. */
  received(id: string): Message[] {
    return this.#sent.filter(({ to }) => to === id).map(({ msg }) => msg);
  }

  /** The messages that the Catch node got, in order. */
  caught(): (Message & { error: CaughtError })[] {
    return this.#caught;
  }

  /** The statuses that a node showed, in order. */
  statuses(id: string): NodeStatus[] {
    return this.#statuses.filter((shown) => shown.id === id).map(({ status }) => status);
  }

  /** How often a node called `done`, with or without an error. */
  ended(id: string): number {
    return this.#completed.filter((node) => node === id).length;
  }

  /** The errors of the messages that end at a node while `act` runs, also of those that a deploy in it cancels. */
  errorsDuring(id: string, act: () => Promise<void>): Promise<(CaughtError | undefined)[]> {
    return this.#collectDuring("completed", id, act);
  }

  /** The messages that a node sends while `act` runs, also after a deploy in it. */
  sentDuring(id: string, act: () => Promise<void>): Promise<Message[]> {
    return this.#collectDuring("sent", id, act);
  }

  /** The statuses that a node shows while `act` runs, also those that a deploy in it brings about. */
  async statusesDuring(id: string, act: () => Promise<unknown>): Promise<NodeStatus[]> {
    const statuses: NodeStatus[] = [];
    const listener = (event: { id: string; status?: NodeStatus }): void => {
      if (event.id === id && event.status) statuses.push(event.status);
    };
    const { events } = require(NODE_RED) as NodeRedRuntime;
    events.on("node-status", listener);
    await act().finally(() => events.off("node-status", listener));
    return statuses;
  }

  /** Waits until a condition holds that a message, a status or an error can bring about. */
  async until(condition: () => boolean, timeoutMs = 40_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#conditions.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#conditions.delete(check);
        reject(new Error(`The condition did not hold within ${timeoutMs} ms: ${condition.toString()}`));
      }, timeoutMs);
      this.#conditions.add(check);
    });
  }

  async #collectDuring<T>(event: "completed" | "sent", id: string, act: () => Promise<void>): Promise<T[]> {
    const values: T[] = [];
    const listener = (from: string, value: T): void => {
      if (from === id) values.push(value);
    };
    this.#emitter.on(event, listener);
    await act().finally(() => this.#emitter.off(event, listener));
    return values;
  }

  #receiver(id: string): { receive(msg?: Message): void } {
    const node = this.node<{ receive(msg?: Message): void } | null>(id);
    if (!node) throw new Error(`There is no node "${id}".`);
    return node;
  }

  #addStatus(msg: Message): void {
    const { source, ...status } = (msg["status"] ?? {}) as NodeStatus & { source?: { id: string } };
    this.#statuses.push({ id: source?.id ?? "", status });
  }

  #checkConditions(): void {
    for (const check of this.#conditions) setImmediate(check);
  }
}
