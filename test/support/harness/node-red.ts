import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import { startNodeRed, type NodeRedInstance } from "../../../scripts/node-red";
import { cleanUpAfterAll, onExit } from "../mocha-hooks";
import { FlowRunner, type DeploymentType, type FlowNode } from "./flow-runner";

export type { CaughtError, FlowNode, Message, NodeStatus } from "./flow-runner";

const HTTP_NODE_ROOT = "/hooks";

/** A real Node-RED in this process, which loads this package by its own loader. */
export class NodeRed extends FlowRunner {
  readonly url: string;
  /** The address below which nodes answer HTTP requests. */
  readonly hooksUrl: string;
  /** The settings as Node-RED and the nodes see them. */
  readonly settings: Record<string, unknown>;
  readonly log: string[];
  /** All that was logged during the last deploy. */
  deployLog: string[] = [];
  readonly #instance: NodeRedInstance;

  private constructor(instance: NodeRedInstance, log: string[]) {
    super("debug");
    this.#instance = instance;
    this.url = instance.url;
    this.hooksUrl = instance.url + HTTP_NODE_ROOT;
    this.settings = instance.settings;
    this.log = log;
  }

  /** Starts it on a free loopback port, in a user directory that is removed at the end of this process. */
  static async start(): Promise<NodeRed> {
    FlowRunner.claimProcess();
    const log: string[] = [];
    const write = (entry: { msg: unknown }): void => {
      log.push(String(entry.msg), JSON.stringify(entry) ?? "");
    };
    const userDir = mkdtempSync(join(tmpdir(), "homenet-test-"));
    onExit(() => rmSync(userDir, { recursive: true, force: true }));
    const instance = await startNodeRed(userDir, 0, {
      logging: { test: { level: "trace", metrics: false, audit: false, handler: () => write } },
      httpNodeRoot: HTTP_NODE_ROOT,
      httpNodeMiddleware: undefined,
      httpNodeAuth: undefined,
      contextStorage: undefined,
      // The other editor of code takes a quarter of the time in which the page loads.
      editorTheme: { tours: false, palette: { catalogues: [] }, codeEditor: { lib: "ace" } },
    });
    return new NodeRed(instance, log);
  }

  stop(): Promise<void> {
    return this.#instance.stop();
  }

  node<T>(id: string): T {
    return this.#instance.red.nodes.getNode(id) as T;
  }

  register(initializer: (RED: NodeAPI) => void): void {
    const { nodes, util } = this.#instance.red as unknown as NodeAPI;
    initializer({ nodes, util, _: (key: string) => key } as unknown as NodeAPI);
  }

  protected async start(flow: FlowNode[], deploymentType: DeploymentType): Promise<void> {
    await this.#instance.deploy(flow, deploymentType);
    this.deployLog = [...this.log];
  }

  protected clearLog(): void {
    this.log.length = 0;
  }
}

let running: Promise<NodeRed> | undefined;

/** The one Node-RED of this process. */
export function nodeRed(): Promise<NodeRed> {
  running ??= NodeRed.start();
  return running;
}

cleanUpAfterAll(async () => {
  await (await running)?.stop();
});
