// Measures a fleet: how many events per second its workers handle, and how much memory they take.
//   npm run bench:fleet                   1, 2 and 4 workers, 50 routers, 2000 events each
//   npm run bench:fleet -- --events 500   fewer events
// An event is handled when it was written down, told, taken by a worker, its router asked, the alert confirmed and
// the event crossed out. Watcher, routers, workers, broker and store share this machine.
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ExternalService, sharedStorage } from "../../test/support/harness/external-services";
import { clearAway, NodeRedProcess, userDirectory } from "../../test/support/harness/node-red-process";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";
import { type SavedNode } from "../demo/examples";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import { writeFleet, type Site } from "./fleet";

const ROUTERS = 50;
const WORKERS = [1, 2, 4];
/** Long enough that nothing is told twice meanwhile. */
const RETRY_S = "3600";
const LONGEST_MS = 300_000;

interface Engines {
  broker: ExternalService;
  store: ExternalService;
}

/** One watcher that tells as fast as it can, and hears which alerts arrive. */
class Watcher {
  readonly #running: NodeRedInstance;
  readonly #enter: string;
  #told = 0;
  #heard = 0;
  #whenHeard = (): void => undefined;

  private constructor(running: NodeRedInstance, enter: string) {
    this.#running = running;
    this.#enter = enter;
    running.red.hooks.add("onSend.fleet-bench", (events: { source: { id: string } }[]) => {
      this.#heard += events.filter(({ source }) => source.id === "alerts").length;
      this.#whenHeard();
    });
  }

  static async start({ broker, store }: Engines): Promise<Watcher> {
    const userDir = userDirectory();
    writeFleet(userDir, "watcher", [], { MQTT_URL: broker.url, RETRY_S });
    const module = require(resolve("test/support/harness/redis-context.cjs")) as unknown;
    const running = await startNodeRed(userDir, 0, {
      credentialSecret: false,
      logging: { console: { level: "off" } },
      contextStorage: { default: { module: "memory" }, redis: { module, config: { url: store.url } } },
    });
    const flows = JSON.parse(readFileSync(join(userDir, "flows.json"), "utf8")) as SavedNode[];
    const out = flows.find(({ type }) => type === "mqtt out");
    const enter = flows.find(({ type, name }) => type === "link in" && name === "events of all sites")?.id ?? "";
    // Kept alive for long: on a busy machine who hears the alerts must not be cut off, and miss some.
    for (const node of flows) if (node.type === "mqtt-broker") node["keepalive"] = "600";
    const at = { x: 1, y: 1, z: out?.z };
    const hears = { topic: "homenet-alerts/+", qos: "1", datatype: "json", broker: out?.["broker"], inputs: 0 };
    await running.deploy([
      ...flows,
      { id: "alerts", type: "mqtt in", ...at, ...hears, wires: [["sink"]] },
      { id: "sink", type: "debug", ...at, active: false, wires: [] },
    ]);
    return new Watcher(running, enter);
  }

  /** Tells so many events, and waits until all of them are handled. @returns milliseconds */
  async tell(count: number, sites: readonly Site[]): Promise<number> {
    const begun = performance.now();
    const goal = this.#heard + count;
    const done = new Promise<void>((all, fail) => {
      const late = setTimeout(
        () => fail(new Error(`${goal - this.#heard} events are not handled after ${LONGEST_MS / 1000} s.`)),
        LONGEST_MS,
      );
      this.#whenHeard = () => {
        if (this.#heard < goal) return;
        clearTimeout(late);
        all();
      };
    });
    const node = this.#running.red.nodes.getNode(this.#enter);
    for (let number = 0; number < count; number++) {
      const link = { id: "1", name: "Fibre" };
      const change = { event: "wan-down", ...link, at: new Date().toISOString(), current: link, previous: link };
      node?.receive({ site: sites[this.#told++ % sites.length]?.name, payload: change });
    }
    await done;
    return performance.now() - begun;
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { events: { type: "string" } } });
  const count = Number(values.events ?? 2000);
  if (!(count > 0)) throw new Error("--events must be a number above 0.");
  const missing = ExternalService.missing("mosquitto", "redis-server");
  if (missing.length > 0) throw new Error(`Not installed: ${missing.join(", ")}. See docs/fleet.md.`);

  const routers = fork(__filename, ["routers"]);
  const engines = { broker: await ExternalService.mosquitto(), store: await ExternalService.redis() };
  try {
    const sites = await hear<Site[]>(routers);
    const watcher = await Watcher.start(engines);
    const { length, [0]: cpu } = cpus();
    console.log(
      `${length} × ${cpu?.model ?? "?"}, Node ${process.versions.node}, ${ROUTERS} routers, ${count} events\n`,
    );
    console.log("| workers | events per second | memory per worker | memory of all workers |");
    console.log("| ------: | ----------------: | ----------------: | --------------------: |");
    for (const workers of WORKERS) console.log(await measured(workers, watcher, engines, sites, count));
    await watcher.stop();
  } finally {
    clearAway();
    routers.disconnect();
    await Promise.all([engines.broker.close(), engines.store.close()]);
  }
}

async function measured(
  workers: number,
  watcher: Watcher,
  { broker, store }: Engines,
  sites: readonly Site[],
  count: number,
): Promise<string> {
  const reds: NodeRedProcess[] = [];
  for (let number = 1; number <= workers; number++) {
    const userDir = userDirectory();
    writeFleet(userDir, "worker", sites, { MQTT_URL: broker.url, RETRY_S, WORKER: `worker ${number}` });
    const red = await NodeRedProcess.start(userDir, sharedStorage(store), undefined, "info");
    await red.until(() => red.log.includes("Connected to broker"));
    reds.push(red);
  }
  // Signs in, opens the connections and warms the code.
  await watcher.tell(sites.length * workers, sites);
  const ms = await watcher.tell(count, sites);
  const memory = reds.map(({ pid }) => megabytes(pid));
  await Promise.all(reds.map((red) => red.stop()));
  const all = memory.reduce((sum, one) => sum + one, 0);
  const row = [workers, ((count / ms) * 1000).toFixed(0), `${(all / workers).toFixed(0)} MB`, `${all.toFixed(0)} MB`];
  return `| ${row.join(" | ")} |`;
}

/** What a process holds in memory now. */
function megabytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

function hear<T>(child: ChildProcess): Promise<T> {
  return new Promise((said, fail) => {
    child.once("message", (message) => said(message as T));
    child.once("exit", () => fail(new Error("The routers have ended.")));
  });
}

/** The routers, in a process of their own: it ends with the one that started it. */
async function simulate(): Promise<void> {
  const routers = await Promise.all(Array.from({ length: ROUTERS }, () => PeplinkRouter.start({ http: true })));
  const sites: Site[] = routers.map(({ url, clientId, clientSecret }, index) => ({
    name: `site-${index + 1}`,
    router: { url, clientId, clientSecret },
  }));
  process.send?.(sites);
  process.once("disconnect", () => process.exit(0));
}

if (process.argv[2] === "routers") {
  simulate().catch(() => process.exit(1));
} else {
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
