import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { NodeRedInstance } from "../node-red";
import { EventLedger } from "./event-ledger";
import { messageKinds, soakFlow, TRIGGER_NODES, type SavedNode } from "./flow";
import { MessageLedger, type MarkedMessage } from "./ledger";
import { oneOf, seeded } from "./random";
import type { PlatformAddresses } from "./types";

export const MESSAGES_PER_SECOND = 200;
/** Limits the messages that have not ended, so that a slow machine sends fewer. */
const MAX_OPEN = 400;
/** Messages come in bursts, because concurrent calls must share one sign-in. */
const BURST_EVERY_MS = 100;
const DRAIN_MS = 30_000;
const MAX_CHECKS = 10;

/** What remains in the process when no flow runs. */
export interface ResidualState {
  /** Size of the heap in bytes, without compiled code. */
  heap: number;
  handles: Record<string, number>;
  /** Files in the package's folder. Sessions are deleted together with their config nodes. */
  files: number;
}

/** A Node-RED under load, which is deployed now and then. */
export class Soak {
  readonly ledger: MessageLedger;
  readonly events: EventLedger;
  readonly #nodeRed: NodeRedInstance;
  readonly #nodes: SavedNode[];
  readonly #random: () => number;
  readonly #weightedKinds: number[];
  readonly #folder: string;
  forcedSignIns = 0;
  deploys = 0;
  unhandledRejections = 0;
  warnings = 0;

  constructor(nodeRed: NodeRedInstance, userDir: string, addresses: PlatformAddresses, seed: number, capacity: number) {
    this.#nodeRed = nodeRed;
    this.#folder = join(userDir, "homenet");
    this.#random = seeded(seed);
    this.#nodes = soakFlow(addresses);
    const kinds = messageKinds(addresses);
    this.#weightedKinds = kinds.flatMap(({ weight }, index) => Array<number>(weight).fill(index));
    this.ledger = new MessageLedger(kinds, capacity);
    this.events = new EventLedger(capacity, addresses.house.still);
    const { hooks } = nodeRed.red;
    hooks.add("onSend.soak", (events: { source: { id: string }; msg: MarkedMessage }[]) => {
      for (const { source, msg } of events) {
        if (TRIGGER_NODES.has(source.id)) this.events.record(source.id, msg);
        else this.ledger.recordSend(source.id, msg);
      }
    });
    hooks.add(
      "onComplete.soak",
      ({ node, msg, error }: { node: { id: string }; msg: MarkedMessage; error?: unknown }) => {
        this.ledger.recordEnd(node.id, msg, error);
      },
    );
    process.on("unhandledRejection", () => this.unhandledRejections++);
    process.on("warning", () => this.warnings++);
  }

  /**
   * Sends messages to all nodes, deploys now and then, and waits until every message has ended.
   * @param heal ends the faults, so that nobody waits long for the last messages
   */
  async run(seconds: number, deployEveryS: number, heal: () => Promise<unknown>): Promise<void> {
    const end = performance.now() + seconds * 1000;
    const bursts = setInterval(() => this.#sendBurst(), BURST_EVERY_MS);
    try {
      for (let next = 1; performance.now() < end; next++) {
        await sleep(Math.min(deployEveryS * 1000, end - performance.now()));
        if (performance.now() < end) await this.#deployAgain(next);
      }
    } finally {
      clearInterval(bursts);
    }
    await heal();
    const deadline = performance.now() + DRAIN_MS;
    while (this.ledger.open > 0 && performance.now() < deadline) await sleep(50);
  }

  /** Deploys all flows. */
  async start(): Promise<void> {
    await this.#nodeRed.deploy(this.#nodes);
  }

  /**
   * Removes all flows and returns what remains.
   * @param before what may remain: it is waited for a while until it is no more
   */
  async unload(before?: ResidualState): Promise<ResidualState> {
    await this.#nodeRed.deploy([]);
    this.events.checkLogLines();
    this.events.resetStates();
    let handles = activeHandles();
    // Destroyed sockets take a moment to disappear.
    for (let checks = 0; checks < MAX_CHECKS; checks++) {
      await sleep(500);
      handles = activeHandles();
      if (!handles["TCPSocketWrap"] && !(before && hasMore(before.handles, handles))) break;
    }
    collectGarbage();
    const files = existsSync(this.#folder) ? readdirSync(this.#folder).length : 0;
    return { heap: dataHeapSize(), handles, files };
  }

  #sendBurst(): void {
    for (let count = (MESSAGES_PER_SECOND * BURST_EVERY_MS) / 1000; count > 0; count--) {
      if (this.ledger.open < MAX_OPEN && !this.ledger.isFull) this.#sendOne();
    }
  }

  #sendOne(): void {
    const index = oneOf(this.#weightedKinds, this.#random);
    const kind = this.ledger.kinds[index];
    const node = kind && this.#nodeRed.red.nodes.getNode(kind.node);
    // During a deploy the node may not exist.
    if (!node) return;
    const mark = this.ledger.start(index);
    const msg = kind.message(mark, this.#random) as { force?: boolean };
    if (msg.force) this.forcedSignIns++;
    node.receive({ ...msg, mark });
  }

  // In the editor's ways: everything, the changed flows, or the changed nodes, among them config nodes.
  async #deployAgain(number: number): Promise<void> {
    const touch = (id: string): void => {
      for (const node of this.#nodes) if (node.id === id) node["name"] = `deploy ${number}`;
    };
    const partial: [type: string, change: () => void][] = [
      ["nodes", () => touch(oneOf(this.ledger.kinds, this.#random).node)],
      ["nodes", () => touch(oneOf(["kasa", "omada", "router", "home-local", "home-auto"], this.#random))],
      ["flows", () => touch(oneOf(["lamp", "client", "local-light"], this.#random))],
    ];
    // Every other deploy is a full one, which is the editor's default.
    const chosen = partial[(number / 2) % partial.length];
    const [type, applyChange] = number % 2 === 0 && chosen ? chosen : ["full", () => undefined];
    applyChange();
    this.deploys++;
    await this.#nodeRed.deploy(this.#nodes, type);
    this.events.resetStates();
  }
}

function activeHandles(): Record<string, number> {
  const handles: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) handles[name] = (handles[name] ?? 0) + 1;
  return handles;
}

/** Whether there are more handles of any kind. */
export const hasMore = (before: Record<string, number>, after: Record<string, number>): boolean =>
  Object.entries(after).some(([name, count]) => count > (before[name] ?? 0));

// Without the spaces for compiled code, because the compiler stays busy for many minutes.
function dataHeapSize(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => !space_name.startsWith("code"));
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let times = 0; times < 3; times++) collect();
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
