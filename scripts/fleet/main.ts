// Measures a fleet: how many events per second its workers process, and how much memory they use.
//   npm run bench:fleet                   1, 2 and 4 workers, 50 routers, 2000 events each; and 2 workers while another
//                                         watcher polls every source of 200 routers
//   npm run bench:fleet -- --events 500   fewer events
// An event is processed when it was stored, published, received by a worker, its router read, the alert acknowledged
// and the event deleted. Watcher, routers, workers, broker and store share this machine.
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ExternalService, sharedStorage } from "../../test/support/harness/external-services";
import { ALL_NODES, clearAway, NodeRedProcess, userDirectory } from "../../test/support/harness/node-red-process";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";
import { type SavedNode } from "../demo/examples";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import { watchEverything, writeFleet, type Site } from "./fleet";

const ROUTERS = 50;
const WORKERS = [1, 2, 4];
const WATCHED_ROUTERS = 200;
const WATCHED_WORKERS = 2;
/** Three polls of the example. */
const WATCH_MS = 30_000;
/** Long enough that nothing is published twice. */
const RETRY_S = "3600";
const TIMEOUT_MS = 300_000;

interface Services {
  broker: ExternalService;
  store: ExternalService;
}

/** A watcher that publishes events as fast as it can, and counts the alerts that arrive. */
class Watcher {
  readonly #nodeRed: NodeRedInstance;
  readonly #entryNode: string;
  #published = 0;
  #alerts = 0;
  #onAlert = (): void => undefined;

  private constructor(nodeRed: NodeRedInstance, entryNode: string) {
    this.#nodeRed = nodeRed;
    this.#entryNode = entryNode;
    nodeRed.red.hooks.add("onSend.fleet-bench", (events: { source: { id: string } }[]) => {
      this.#alerts += events.filter(({ source }) => source.id === "alerts").length;
      this.#onAlert();
    });
  }

  static async start({ broker, store }: Services): Promise<Watcher> {
    const userDir = userDirectory();
    writeFleet(userDir, "watcher", [], { MQTT_URL: broker.url, RETRY_S });
    const module = require(resolve("dist/src/persistence/redis-context.js")) as unknown;
    const nodeRed = await startNodeRed(userDir, 0, {
      credentialSecret: false,
      logging: { console: { level: "off" } },
      contextStorage: { default: { module: "memory" }, redis: { module, config: { url: store.url } } },
    });
    const flows = JSON.parse(readFileSync(join(userDir, "flows.json"), "utf8")) as SavedNode[];
    const out = flows.find(({ type }) => type === "mqtt out");
    const entryNode = flows.find(({ type, name }) => type === "link in" && name === "events of all sites")?.id ?? "";
    // On a busy machine a short keep-alive would disconnect the watcher, and it would miss alerts.
    for (const node of flows) if (node.type === "mqtt-broker") node["keepalive"] = "600";
    const position = { x: 1, y: 1, z: out?.z };
    const subscription = { topic: "homenet-alerts/+", qos: "1", datatype: "json", broker: out?.["broker"], inputs: 0 };
    await nodeRed.deploy([
      ...flows,
      { id: "alerts", type: "mqtt in", ...position, ...subscription, wires: [["sink"]] },
      { id: "sink", type: "debug", ...position, active: false, wires: [] },
    ]);
    return new Watcher(nodeRed, entryNode);
  }

  /** Publishes events and resolves when all of them are processed, with the duration in milliseconds. */
  async publish(count: number, sites: readonly Site[]): Promise<number> {
    const start = performance.now();
    const goal = this.#alerts + count;
    const finished = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${goal - this.#alerts} events are not processed after ${TIMEOUT_MS / 1000} s.`)),
        TIMEOUT_MS,
      );
      this.#onAlert = () => {
        if (this.#alerts < goal) return;
        clearTimeout(timer);
        resolve();
      };
    });
    const node = this.#nodeRed.red.nodes.getNode(this.#entryNode);
    for (let number = 0; number < count; number++) {
      const link = { id: "1", name: "Fibre" };
      const change = { event: "wan-down", ...link, at: new Date().toISOString(), current: link, previous: link };
      node?.receive({ site: sites[this.#published++ % sites.length]?.name, payload: change });
    }
    await finished;
    return performance.now() - start;
  }

  stop(): Promise<void> {
    return this.#nodeRed.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { events: { type: "string" } } });
  const count = Number(values.events ?? 2000);
  if (!(count > 0)) throw new Error("--events must be a number above 0.");
  const missing = ExternalService.missing("mosquitto", "redis-server");
  if (missing.length > 0) throw new Error(`Not installed: ${missing.join(", ")}. See docs/fleet.md.`);

  const routers = fork(__filename, ["routers"]);
  const services = { broker: await ExternalService.mosquitto(), store: await ExternalService.redis() };
  try {
    const sites = await nextMessage<Site[]>(routers);
    const watcher = await Watcher.start(services);
    const { length, [0]: cpu } = cpus();
    console.log(
      `${length} × ${cpu?.model ?? "?"}, Node ${process.versions.node}, ${ROUTERS} routers, ${count} events\n`,
    );
    console.log("| workers | events per second | memory per worker | memory of all workers |");
    console.log("| ------: | ----------------: | ----------------: | --------------------: |");
    const some = sites.slice(0, ROUTERS);
    for (const workers of WORKERS) {
      const { eventsPerS, memory } = await measure(workers, watcher, services, some, count);
      const total = sumOf(memory);
      console.log(
        tableRow(workers, eventsPerS.toFixed(0), `${(total / workers).toFixed(0)} MB`, `${total.toFixed(0)} MB`),
      );
    }
    console.log(`\nWhile another watcher polls every source of ${sites.length} routers every 10 seconds:\n`);
    console.log(
      "| workers | requests per second | CPU of the watcher | its memory | events per second | memory of all workers |",
    );
    console.log(
      "| ------: | ------------------: | -----------------: | ---------: | ----------------: | --------------------: |",
    );
    console.log(await measureWatching(routers, watcher, services, sites, count));
    await watcher.stop();
  } finally {
    clearAway();
    routers.disconnect();
    await Promise.all([services.broker.close(), services.store.close()]);
  }
}

async function measure(
  workers: number,
  watcher: Watcher,
  { broker, store }: Services,
  sites: readonly Site[],
  count: number,
): Promise<{ eventsPerS: number; memory: number[] }> {
  const processes: NodeRedProcess[] = [];
  for (let number = 1; number <= workers; number++) {
    const userDir = userDirectory();
    writeFleet(userDir, "worker", sites, { MQTT_URL: broker.url, RETRY_S, WORKER: `worker ${number}` });
    const nodeRed = await NodeRedProcess.start(userDir, sharedStorage(store), undefined, "info", ALL_NODES);
    await nodeRed.until(() => nodeRed.log.includes("Connected to broker"));
    processes.push(nodeRed);
  }
  // Signs in, opens connections and compiles code.
  await watcher.publish(sites.length * workers, sites);
  const ms = await watcher.publish(count, sites);
  const memory = processes.map(({ pid }) => memoryOf(pid));
  await Promise.all(processes.map((nodeRed) => nodeRed.stop()));
  return { eventsPerS: (count / ms) * 1000, memory };
}

/** The watcher of all sites, with every source, beside workers that have something to do. */
async function measureWatching(
  routers: ChildProcess,
  watcher: Watcher,
  services: Services,
  sites: readonly Site[],
  count: number,
): Promise<string> {
  const userDir = userDirectory();
  writeFleet(userDir, "watcher", sites, { MQTT_URL: services.broker.url, RETRY_S });
  const file = join(userDir, "flows.json");
  writeFileSync(file, JSON.stringify(watchEverything(JSON.parse(readFileSync(file, "utf8")) as SavedNode[])));
  const nodeRed = await NodeRedProcess.start(userDir, sharedStorage(services.store), undefined, "info");
  // Each of them signs in, and is polled for the first time.
  await sleep(WATCH_MS);
  const requestsBefore = await countRequests(routers);
  const cpuBefore = cpuMsOf(nodeRed.pid);
  await sleep(WATCH_MS);
  const requestsPerS = ((await countRequests(routers)) - requestsBefore) / (WATCH_MS / 1000);
  const cpuPercent = ((cpuMsOf(nodeRed.pid) - cpuBefore) / WATCH_MS) * 100;
  const { eventsPerS, memory } = await measure(WATCHED_WORKERS, watcher, services, sites, count);
  const watcherMemory = memoryOf(nodeRed.pid);
  await nodeRed.stop();
  return tableRow(
    WATCHED_WORKERS,
    requestsPerS.toFixed(0),
    `${cpuPercent.toFixed(0)} %`,
    `${watcherMemory.toFixed(0)} MB`,
    eventsPerS.toFixed(0),
    `${sumOf(memory).toFixed(0)} MB`,
  );
}

const tableRow = (...cells: (number | string)[]): string => `| ${cells.join(" | ")} |`;
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** The CPU time of a process in milliseconds. The kernel counts it in hundredths of a second. */
function cpuMsOf(pid: number): number {
  // The name of the program comes before them, in parentheses.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** How many requests the routers have received so far. */
function countRequests(routers: ChildProcess): Promise<number> {
  const answer = nextMessage<number>(routers);
  routers.send("count");
  return answer;
}

/** Resident memory of a process in megabytes. */
function memoryOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as T));
    child.once("exit", () => reject(new Error("The process of the routers exited.")));
  });
}

/** Runs the routers, until the parent process disconnects. */
async function simulateRouters(): Promise<void> {
  const routers = await Promise.all(Array.from({ length: WATCHED_ROUTERS }, () => PeplinkRouter.start({ http: true })));
  const sites: Site[] = routers.map(({ url, clientId, clientSecret }, index) => ({
    name: `site-${index + 1}`,
    router: { url, clientId, clientSecret },
  }));
  process.send?.(sites);
  process.on("message", () => process.send?.(routers.reduce((sum, { server }) => sum + server.journal.length, 0)));
  process.once("disconnect", () => process.exit(0));
}

if (process.argv[2] === "routers") {
  simulateRouters().catch(() => process.exit(1));
} else {
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
