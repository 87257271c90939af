import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { NodeRedInstance } from "../node-red";
import { Happenings } from "./event-ledger";
import { flow, kinds, TRIGGERS, type SavedNode } from "./flow";
import { Ledger, type Marked } from "./ledger";
import { oneOf, seeded } from "./random";
import type { Where } from "./types";

export const MESSAGES_PER_SECOND = 200;
/** More than these are not sent at once: a machine that is too slow sends fewer. */
const MOST_OPEN = 400;
/** Messages come in bursts: what is asked side by side must not sign in side by side. */
const BURST_EVERY_MS = 100;
const DRAIN_MS = 30_000;
const MOST_LOOKS = 10;

/** What is left in the process when no flow runs. */
export interface Rest {
  /** Bytes, without compiled code. */
  heap: number;
  handles: Record<string, number>;
  /** Files in the package's own folder: sessions go away with their config nodes. */
  files: number;
}

/** A Node-RED under load, with a deploy now and then. */
export class Soak {
  readonly ledger: Ledger;
  readonly happenings: Happenings;
  readonly #running: NodeRedInstance;
  readonly #nodes: SavedNode[];
  readonly #random: () => number;
  readonly #choice: number[];
  readonly #folder: string;
  forced = 0;
  deploys = 0;
  orphans = 0;
  warnings = 0;

  constructor(running: NodeRedInstance, userDir: string, where: Where, seed: number, most: number) {
    this.#running = running;
    this.#folder = join(userDir, "homenet");
    this.#random = seeded(seed);
    this.#nodes = flow(where);
    const all = kinds(where);
    this.#choice = all.flatMap(({ weight }, index) => Array<number>(weight).fill(index));
    this.ledger = new Ledger(all, most);
    this.happenings = new Happenings(most);
    const { hooks } = running.red;
    hooks.add("onSend.soak", (events: { source: { id: string }; msg: Marked }[]) => {
      for (const { source, msg } of events) {
        if (TRIGGERS.has(source.id)) this.happenings.hear(source.id, msg);
        else this.ledger.sent(source.id, msg);
      }
    });
    hooks.add("onComplete.soak", ({ node, msg, error }: { node: { id: string }; msg: Marked; error?: unknown }) => {
      this.ledger.ended(node.id, msg, error);
    });
    process.on("unhandledRejection", () => this.orphans++);
    process.on("warning", () => this.warnings++);
  }

  /** Puts load on all nodes, deploys now and then, and waits until every message has ended. */
  async load(seconds: number, deployEveryS: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    const load = setInterval(() => this.#sendBurst(), BURST_EVERY_MS);
    try {
      for (let next = 1; performance.now() < end; next++) {
        await sleep(Math.min(deployEveryS * 1000, end - performance.now()));
        if (performance.now() < end) await this.#deployAgain(next);
      }
    } finally {
      clearInterval(load);
    }
    const drained = performance.now() + DRAIN_MS;
    while (this.ledger.open > 0 && performance.now() < drained) await sleep(50);
  }

  /** Deploys all flows. */
  async start(): Promise<void> {
    await this.#running.deploy(this.#nodes);
  }

  /** Takes all flows away, and looks at what is left. */
  async rest(): Promise<Rest> {
    await this.#running.deploy([]);
    this.happenings.addLines();
    this.happenings.deployed();
    // Sockets that were destroyed take a moment to go.
    for (let tries = 0; tries < MOST_LOOKS; tries++) {
      await sleep(500);
      if (!process.getActiveResourcesInfo().includes("TCPSocketWrap")) break;
    }
    collectGarbage();
    const handles = new Map<string, number>();
    for (const name of process.getActiveResourcesInfo()) handles.set(name, (handles.get(name) ?? 0) + 1);
    const files = existsSync(this.#folder) ? readdirSync(this.#folder).length : 0;
    return { heap: heapOfData(), handles: Object.fromEntries(handles), files };
  }

  #sendBurst(): void {
    for (let count = (MESSAGES_PER_SECOND * BURST_EVERY_MS) / 1000; count > 0; count--) {
      if (this.ledger.open < MOST_OPEN && !this.ledger.isFull) this.#sendOne();
    }
  }

  #sendOne(): void {
    const index = oneOf(this.#choice, this.#random);
    const kind = this.ledger.kinds[index];
    const node = kind && this.#running.red.nodes.getNode(kind.node);
    // In the middle of a deploy a node may not be there; then nobody takes the message in.
    if (!node) return;
    const mark = this.ledger.begin(index);
    const msg = kind.message(mark, this.#random) as { force?: boolean };
    if (msg.force) this.forced++;
    node.receive({ ...msg, mark });
  }

  // As the editor does: all, the flows that changed, or the nodes that changed; of these a node or its config node.
  async #deployAgain(number: number): Promise<void> {
    const change = (id: string): void => {
      for (const node of this.#nodes) if (node.id === id) node["name"] = `after ${number}`;
    };
    const others: [type: string, changed: () => void][] = [
      ["nodes", () => change(oneOf(this.ledger.kinds, this.#random).node)],
      ["nodes", () => change(oneOf(["kasa", "omada", "router"], this.#random))],
      ["flows", () => change(oneOf(["lamp", "client"], this.#random))],
    ];
    // Every other one is a full one: it is what the editor does unless it is told otherwise.
    const other = others[(number / 2) % others.length];
    const [type, changed] = number % 2 === 0 && other ? other : ["full", () => undefined];
    changed();
    this.deploys++;
    await this.#running.deploy(this.#nodes, type);
    this.happenings.deployed();
  }
}

// Without the spaces for compiled code: the compiler goes on for many minutes.
function heapOfData(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => !space_name.startsWith("code"));
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let times = 0; times < 3; times++) collect();
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, Math.max(0, ms)));
