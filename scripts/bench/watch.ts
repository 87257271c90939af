import { BenchFlow } from "./flows";
import { cpuOf, heapAfterCollection, sleep } from "./load";
import { spread } from "./statistics";
import type { WatchedSite } from "./world";

/** What it costs to watch sites, beyond a Node-RED that has watched three of them before. */
export interface WatchCost {
  sites: number;
  /** Bytes after a garbage collection. */
  heap: number;
  rss: number;
  /** Milliseconds of CPU per second, on average. */
  cpuMsPerS: number;
  /** The same in the median second: V8 still collects garbage in a few of the others. */
  usualCpuMsPerS: number;
  /** How many timers went off per second and source. */
  timersPerS: number;
}

/** undici closes a connection that was idle for four seconds. */
const KEEP_ALIVE_MS = 5500;
const IDLE_SECONDS = 9;
const MAX_START_MS = 50_000;

/**
 * Rows 39 and 41: all triggers of sites.
 * @param seconds how long CPU and timers are measured: a multiple of the interval, or less for the time between two polls
 */
export async function watch({ sites, seconds }: { sites: WatchedSite[]; seconds: number }): Promise<WatchCost> {
  const flow = await BenchFlow.start();
  try {
    // Code is loaded and compiled once.
    await deployAndWait(flow, sites.slice(0, 3));
    await flow.nodeRed.deploy([]);
    await sleep(KEEP_ALIVE_MS);
    const before = { heap: heapAfterCollection(), rss: process.memoryUsage.rss() };
    const idleMsPerS = spread(await cpuBySecond(IDLE_SECONDS)).median;
    await deployAndWait(flow, sites);
    await sleep(KEEP_ALIVE_MS);
    const heap = heapAfterCollection() - before.heap;
    const rss = process.memoryUsage.rss() - before.rss;
    const timers = countTimers();
    const cpuMs = await cpuBySecond(seconds);
    const sources = sites.reduce((sum, { triggers }) => sum + triggers.length, 0);
    // One in each second is that of this function.
    const timersPerS = timers.stop() / seconds - 1;
    return {
      sites: sites.length,
      heap,
      rss,
      cpuMsPerS: Math.max(0, cpuMs.reduce((sum, ms) => sum + ms, 0) / seconds - idleMsPerS),
      usualCpuMsPerS: Math.max(0, spread(cpuMs).median - idleMsPerS),
      timersPerS: timersPerS / sources,
    };
  } finally {
    await flow.stop();
  }
}

/** The milliseconds of CPU in each of some seconds. */
async function cpuBySecond(seconds: number): Promise<number[]> {
  const cpuMs: number[] = [];
  for (let second = 0; second < seconds; second++) cpuMs.push(await cpuOf(() => sleep(1000)));
  return cpuMs;
}

/** Deploys sites and other nodes, and waits until each trigger has polled. */
export async function deployAndWait(
  flow: BenchFlow,
  sites: readonly WatchedSite[],
  others: WatchedSite["triggers"] = [],
): Promise<void> {
  const waiting = new Set(sites.flatMap(({ triggers }) => triggers.map(({ id }) => id)));
  const errors = new Map<string, string>();
  const onStatus = ({ id, status }: { id: string; status: { fill?: string; text?: string } }): void => {
    if (status.fill === "green") waiting.delete(id);
    if (status.fill === "red") errors.set(id, status.text ?? "");
  };
  const { events } = flow.nodeRed.red;
  events.on("node-status", onStatus);
  try {
    await flow.deploy([...sites.flatMap(({ config, triggers }) => [config, ...triggers]), ...others]);
    const end = Date.now() + MAX_START_MS;
    while (waiting.size > 0 && Date.now() < end) await sleep(25);
    const [first] = waiting;
    if (first !== undefined) throw new Error(`${waiting.size} triggers have not polled: ${first} ${errors.get(first)}`);
  } finally {
    events.off("node-status", onStatus);
  }
}

/** Counts the timers that are started from now on and go off. */
function countTimers(): { stop: () => number } {
  const { setTimeout: original } = globalThis;
  let count = 0;
  const counting = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
    original(() => {
      count++;
      callback(...args);
    }, ms);
  globalThis.setTimeout = counting as unknown as typeof setTimeout;
  return {
    stop() {
      globalThis.setTimeout = original;
      return count;
    },
  };
}
