import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { NodeAPI, NodeInitializer } from "node-red";
import helper from "node-red-node-test-helper";
import { NODE_RED } from "../../../scripts/node-red";
import { cleanUpAfterAll } from "../mocha-hooks";
import { FlowRunner, type DeploymentType, type FlowNode } from "./flow-runner";

export type { CaughtError, FlowNode, Message } from "./flow-runner";

interface LogEntry {
  msg: unknown;
}

/**
 * Node-RED's test helper: the nodes alone, without a runtime around them. It translates no text, so that a status shows its
 * key, and it knows no credential file, no editor and no kind of deploy.
 */
class TestHelper extends FlowRunner {
  readonly #nodes: NodeInitializer[];
  #logged = 0;

  private constructor(nodes: NodeInitializer[]) {
    super("helper");
    this.#nodes = nodes;
  }

  static async start(): Promise<TestHelper> {
    FlowRunner.claimProcess();
    helper.init(require.resolve(NODE_RED));
    await (helper.startServer as () => Promise<void>)();
    const { "node-red": manifest } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
    const nodes = Object.values(manifest.nodes).map((file) => require(resolve(file)) as { default: NodeInitializer });
    const core = createRequire(require.resolve(NODE_RED));
    const splitAndJoin = core("@node-red/nodes/core/sequence/17-split.js") as NodeInitializer;
    return new TestHelper([...nodes.map((module) => module.default), splitAndJoin]);
  }

  get log(): string[] {
    const entries = helper.log().args.slice(this.#logged) as [LogEntry][];
    return entries.flatMap(([entry]) => [String(entry.msg), JSON.stringify(entry) ?? ""]);
  }

  node<T>(id: string): T {
    return helper.getNode(id) as T;
  }

  async stop(): Promise<void> {
    await helper.unload();
    await (helper.stopServer as () => Promise<void>)();
  }

  register(initializer: (RED: NodeAPI) => void): void {
    this.#nodes.push(initializer);
  }

  protected async start(flow: FlowNode[], deploymentType: DeploymentType): Promise<void> {
    if (deploymentType !== "full") throw new Error("The test helper loads a flow as a whole.");
    const credentials = Object.fromEntries(flow.map((node) => [node.id, node.credentials ?? {}]));
    await helper.unload();
    await helper.load(this.#nodes, flow.map(withoutCredentials), credentials);
  }

  protected clearLog(): void {
    this.#logged = helper.log()?.args.length ?? 0;
  }
}

function withoutCredentials(node: FlowNode): FlowNode {
  const { credentials: _, ...rest } = node;
  return rest;
}

interface Manifest {
  "node-red": { nodes: Record<string, string> };
}

let running: Promise<TestHelper> | undefined;

/** The one test helper of this process: a process that runs a whole Node-RED cannot have it. */
export function testHelper(): Promise<TestHelper> {
  running ??= TestHelper.start();
  return running;
}

cleanUpAfterAll(async () => {
  await (await running)?.stop();
});
