import assert from "node:assert/strict";
import { fillIn, loadExamples, type Platforms, type SavedNode } from "../../scripts/demo/examples";
import { nodeRed, type NodeRed } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { OmadaController } from "../support/simulators/omada/controller";
import { PeplinkRouter } from "../support/simulators/peplink/router";

/** The shortest intervals that there are, in seconds. */
const SHORTEST: Readonly<Record<string, number>> = { "kasa-event": 15, "omada-event": 5, "router-event": 1 };
const STARTS = /-(event|webhook)$/;

/** What takes time in a flow, made short. */
export function hurried(node: SavedNode): SavedNode {
  if (node.type === "delay") return { ...node, timeout: "0" };
  const interval = SHORTEST[node.type];
  return interval ? { ...node, interval, settle: 1 } : node;
}

/** The platforms of one test. */
export async function platformsOfTest() {
  return {
    cloud: closeAfterTest(await KasaCloud.start()),
    controller: closeAfterTest(await OmadaController.start()),
    router: closeAfterTest(await PeplinkRouter.start()),
  };
}

/** Deploys the nodes of an example, with platforms of their own. */
export async function deployExample(nodes: readonly SavedNode[]) {
  const platforms = await platformsOfTest();
  const red = await nodeRed();
  await red.deploy(fillIn(nodes.map(hurried), platforms));
  return { red, ...platforms };
}

/** What the PoE of a port was set to, in order. */
export const poeModes = ({ controller }: Pick<Platforms, "controller">): unknown[] =>
  controller.server.journal
    .filter(({ path }) => path.endsWith("/ports/2/poe-mode"))
    .map(({ body }) => (JSON.parse(body) as { poeMode: unknown }).poeMode);

/** The Wi-Fi names of an access point, and whether it sends them out. */
export const ssids = ({ controller }: Pick<Platforms, "controller">, name: string): unknown[] =>
  controller.device(name).ssids.map(({ ssidName, ssidEnable }) => [ssidName, ssidEnable]);

/** One example with platforms of its own, among others that are deployed with it. */
export class ExampleWorld {
  /** The nodes as they are deployed. */
  readonly nodes: SavedNode[];
  readonly #heard = new Map<string, unknown[]>();

  /** @param prefix of all ids, so that the same example may be there several times */
  constructor(
    readonly red: NodeRed,
    file: string,
    readonly platforms: Platforms,
    prefix: string,
  ) {
    const saved = JSON.stringify(loadExamples().get(file) ?? assert.fail(`there is no ${file}`));
    const nodes = JSON.parse(saved.replaceAll('"5f1d', `"${prefix}`)) as SavedNode[];
    const z = nodes.find(({ type }) => type === "tab")?.id ?? "";
    // Hears of the statuses on the tab where they are.
    const status = { id: `${prefix}status`, type: "status", z, x: 1, y: 1, scope: null, wires: [[`${prefix}sink`]] };
    const sink = { id: `${prefix}sink`, type: "debug", z, x: 1, y: 1, active: false, wires: [] };
    this.nodes = fillIn([...nodes.map(hurried), status, sink], platforms);
  }

  /** The id of the node with a name. */
  id(name: string): string {
    return this.nodes.find((node) => node.name === name)?.id ?? assert.fail(`it has no "${name}"`);
  }

  /** Waits until each node that starts flows has looked around. */
  async begins(): Promise<void> {
    const sink = this.nodes.at(-1)?.id ?? "";
    await this.red.until(() => {
      const shown = this.red.received(sink).map(({ status }) => status as { fill?: string; source?: { id: string } });
      const green = shown.filter(({ fill }) => fill === "green").map(({ source }) => source?.id);
      return this.nodes.every(({ id, type }) => !STARTS.test(type) || green.includes(id));
    });
  }

  /** Waits until a node has sent so many messages in all. */
  async sends(name: string, count: number): Promise<void> {
    await this.red.until(() => this.red.sent(this.id(name)).length >= count, 20_000);
  }

  /** Waits until a debug node has shown so much, and looks whether it is this. Nothing may have gone wrong. */
  async shows(debug: string, heard: unknown[]): Promise<void> {
    this.#heard.set(debug, heard);
    const wrong = (): unknown[] => this.#shown("what went wrong");
    await this.red.until(() => wrong().length > 0 || this.#shown(debug).length >= heard.length, 20_000);
    this.check();
  }

  /** Looks whether what was shown is still all. */
  check(): void {
    assert.deepEqual(this.#shown("what went wrong"), []);
    for (const [debug, heard] of this.#heard) assert.deepEqual(this.#shown(debug), heard);
  }

  // The property that a debug node is set to, of all messages so far.
  #shown(debug: string): unknown[] {
    const node = this.nodes.find(({ type, name }) => type === "debug" && name === debug) ?? assert.fail(`no ${debug}`);
    const path = String(node["complete"]).split(".");
    const shown = (msg: object): unknown =>
      path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], msg);
    return this.red.received(node.id).map(shown);
  }
}

/** The ids of all nodes that a message can reach from a node. */
export function reached(nodes: SavedNode[], from: string): string[] {
  const seen = new Set<string>();
  const walk = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const node = nodes.find((one) => one.id === id);
    const wires = node?.["wires"] as string[][] | undefined;
    const links = node?.type === "link out" ? (node["links"] as string[]) : [];
    for (const next of [...(wires?.flat() ?? []), ...links]) walk(next);
  };
  walk(from);
  return [...seen];
}
