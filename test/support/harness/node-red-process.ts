import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { NODE_RED } from "../../../scripts/node-red";
import { cleanUpAfterEach } from "../mocha-hooks";
import type { FlowNode } from "./node-red";

const TAB = "tab";
/** Several may start side by side, on a machine that has other things to do. */
const LONGEST_START_MS = 300_000;
/** Node-RED's own nodes that hardly a test needs. Loading them takes half of a start, and there are a hundred starts. */
const UNUSED_NODES = [
  "10-file.js",
  "10-mqtt.js",
  "16-range.js",
  "17-split.js",
  "18-sort.js",
  "19-batch.js",
  "21-httprequest.js",
  "22-websocket.js",
  "23-watch.js",
  "31-tcpin.js",
  "32-udp.js",
  "70-CSV.js",
  "70-HTML.js",
  "70-JSON.js",
  "70-XML.js",
  "70-YAML.js",
  "80-template.js",
  "89-delay.js",
  "89-trigger.js",
  "90-exec.js",
  "rbe.js",
];
/** A piece of settings for a Node-RED that has all of its own nodes. */
export const ALL_NODES = "nodesExcludes: []";

const children = new Set<ChildProcess>();
const folders: string[] = [];

/** A user directory of Node-RED with this package installed; gone after the test. */
export function userDirectory(): string {
  const userDir = mkdtempSync(join(tmpdir(), "homenet-process-"));
  folders.push(userDir);
  mkdirSync(join(userDir, "node_modules", "@homenet"), { recursive: true });
  symlinkSync(resolve("."), join(userDir, "node_modules", "@homenet", "node-red-homenet"), "dir");
  return userDir;
}

/** Ends every Node-RED that still runs, and removes the folders. */
export function clearAway(): void {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

cleanUpAfterEach(clearAway);

/** A free loopback port. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

/** Where a Node-RED says that it listens, without a slash at the end; empty as long as it has not said so. */
export function addressIn(log: string): string {
  return /Server now running at (http:\S*?)\/?\s/.exec(log)?.[1] ?? "";
}

/** What an action node of the flow made of its last message. */
export interface Outcome {
  payload?: unknown;
  error?: { message: string; code: string };
}

/** A real Node-RED in a process of its own: one that can be restarted, killed, and run beside others. */
export class NodeRedProcess {
  readonly #child: ChildProcess;
  readonly #log: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => this.#log.push(String(data)));
    children.add(child);
    child.once("exit", () => children.delete(child));
  }

  /**
   * Starts one and waits until its flows run.
   * @param contextStorage a piece of JavaScript for its settings
   * @param adminAuth another
   * @param level how much it logs
   * @param more settings, as JavaScript; without `ALL_NODES` it has only those of its own nodes that tests deploy
   */
  static async start(
    userDir: string,
    contextStorage = "undefined",
    adminAuth = "undefined",
    level = "trace",
    more = "",
  ): Promise<NodeRedProcess> {
    writeFileSync(
      join(userDir, "settings.js"),
      `module.exports = { uiHost: "127.0.0.1", uiPort: 0, flowFile: "flows.json", credentialSecret: false,
        telemetry: { enabled: false, updateNotification: false },
        editorTheme: { tours: false, palette: { catalogues: [] } },
        logging: { console: { level: ${JSON.stringify(level)}, metrics: false, audit: false } },
        nodesExcludes: ${JSON.stringify(UNUSED_NODES)}, contextStorage: ${contextStorage}, adminAuth: ${adminAuth}, ${more} };\n`,
    );
    const red = join(NODE_RED, "red.js");
    const child = spawn(process.execPath, [red, "-u", userDir, "-s", join(userDir, "settings.js")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const started = new NodeRedProcess(child);
    // Flows may run before the door is open, and the other way round.
    await started.until(() => started.log.includes("Started flows") && started.url !== "", LONGEST_START_MS);
    return started;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Where it listens, without a slash at the end; empty as long as it does not. */
  get url(): string {
    return addressIn(this.log);
  }

  /** All that it has written so far. */
  get log(): string {
    return this.#log.join("");
  }

  /** Deploys nodes on one tab. What each sends or throws can be asked for with `ask`. */
  async deploy(nodes: FlowNode[], type: "full" | "nodes" | "flows" = "full"): Promise<void> {
    const flow: object[] = [{ id: TAB, type: "tab", label: "test" }];
    for (const node of nodes) {
      const { id } = node;
      if (!("z" in node) && isConfig(node)) flow.push(node);
      else flow.push({ x: 1, y: 1, z: TAB, wires: [[`${id}-sent`]], ...node }, ...watched(id));
    }
    await this.deployFlow(flow, type);
  }

  /** Deploys a flow as it is. */
  async deployFlow(flow: object[], type = "full"): Promise<void> {
    const before = this.log.split("Started ").length;
    const response = await fetch(`${this.url}/flows`, {
      method: "POST",
      headers: { "content-type": "application/json", "Node-RED-Deployment-Type": type },
      body: JSON.stringify(flow),
    });
    if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
    await this.until(() => this.log.split("Started ").length > before);
  }

  /** Hands a message to a node, and waits for what becomes of it. */
  async ask(id: string): Promise<Outcome> {
    await this.#request("DELETE", `/context/flow/${TAB}/${id}`);
    await this.#request("POST", `/inject/${id}-in`);
    let outcome: Outcome | undefined;
    await this.until(async () => {
      const answer = await this.#request("GET", `/context/flow/${TAB}/${id}`);
      const { msg } = (await answer.json()) as { msg?: string };
      outcome = msg === undefined || msg === "(undefined)" ? undefined : (JSON.parse(msg) as Outcome);
      return outcome !== undefined;
    });
    return outcome as Outcome;
  }

  /** Ends it as a service does, or as a power cut. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const ended = new Promise((done) => this.#child.once("exit", done));
    this.#child.kill(signal);
    await ended;
  }

  /** Waits until something is so; fails after a while. */
  async until(condition: () => boolean | Promise<boolean>, withinMs = 50_000): Promise<void> {
    const end = Date.now() + withinMs;
    while (!(await condition())) {
      if (Date.now() > end || this.#hasEnded()) throw new Error(`waited in vain:\n${this.log}`);
      await new Promise((done) => setTimeout(done, 25));
    }
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #request(method: string, path: string): Promise<Response> {
    return fetch(this.url + path, { method });
  }
}

function isConfig({ type }: FlowNode): boolean {
  return ["kasa-account", "omada-controller", "peplink-router", "tls-config", "http proxy"].includes(type);
}

// An inject node before it, and behind it and its Catch node one that keeps the message where the admin API shows it.
function watched(id: string): object[] {
  const at = { x: 1, y: 1, z: TAB };
  const keep = (from: string, expression: string): object => ({
    ...at,
    id: `${id}-${from}`,
    type: "change",
    rules: [{ t: "set", p: id, pt: "flow", to: expression, tot: "jsonata" }],
    wires: [[]],
  });
  return [
    { ...at, id: `${id}-in`, type: "inject", props: [], repeat: "", once: false, wires: [[id]] },
    keep("sent", '{"payload": payload}'),
    { ...at, id: `${id}-catch`, type: "catch", scope: [id], uncaught: false, wires: [[`${id}-caught`]] },
    keep("caught", '{"error": {"message": error.message, "code": error.code}}'),
  ];
}
