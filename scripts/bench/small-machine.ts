import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { limitCpu } from "./cgroup";
import { BenchFlow } from "./flows";
import { sleep } from "./load";
import { spread } from "./statistics";
import { deployAndWait } from "./watch";
import type { WatchedSite } from "./world";

/** How Node-RED with this package does on a small machine. Times are in milliseconds, sizes in bytes. */
export interface SmallMachine {
  /** Version of the control groups that limited the CPU. */
  cgroup: 1 | 2;
  /** Until the flows of Node-RED run, and until each trigger has polled once. */
  startMs: number;
  firstPollsMs: number;
  messages: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  /** Polls of the VPN of each router, and how many there should have been. */
  polls: number;
  duePolls: number;
  /** Percent of a core. */
  cpuPercent: number;
  maxHeap: number;
  maxRss: number;
}

const CORES = 0.5;
const MESSAGES_PER_S = 20;

/**
 * Row 40: half a core and a heap of 256 MB.
 * @param sites each has a trigger for each of its sources, and gets a node that reads
 * @returns undefined where the CPU cannot be limited
 */
export async function smallMachine({
  sites,
  intervalS,
  ms,
}: {
  sites: WatchedSite[];
  intervalS: number;
  ms: number;
}): Promise<SmallMachine | undefined> {
  const limit = limitCpu(CORES);
  if (!limit) return undefined;
  try {
    return { cgroup: limit.version, ...(await measure(sites, intervalS, ms)) };
  } finally {
    limit.end();
  }
}

async function measure(
  sites: readonly WatchedSite[],
  intervalS: number,
  ms: number,
): Promise<Omit<SmallMachine, "cgroup">> {
  const startedAt = performance.now();
  const flow = await BenchFlow.start();
  try {
    const startMs = performance.now() - startedAt;
    const deployedAt = performance.now();
    await deployAndWait(
      flow,
      sites,
      sites.map(({ reader }) => reader),
    );
    const firstPollsMs = performance.now() - deployedAt;
    const routers = sites.filter(({ config }) => config.type === "peplink-router").length;
    const duePolls = routers * Math.floor(ms / 1000 / intervalS);
    let polls = 0;
    const countPoll = (message: unknown): void => {
      const { request } = message as { request: { path: string } };
      if (request.path.startsWith("/api/status.pepvpn")) polls++;
    };
    subscribe("undici:request:create", countPoll);
    const senders = sites.map(({ reader }) => flow.sender(reader.id));
    const cpu = process.cpuUsage();
    const figures = await sendSteadily(senders, ms);
    const { user, system } = process.cpuUsage(cpu);
    unsubscribe("undici:request:create", countPoll);
    return { startMs, firstPollsMs, ...figures, polls, duePolls, cpuPercent: (user + system) / ms / 10 };
  } finally {
    await flow.stop();
  }
}

async function sendSteadily(senders: readonly (() => Promise<unknown>)[], ms: number) {
  const latencies: number[] = [];
  const pending = new Set<Promise<void>>();
  let [failed, maxHeap, maxRss] = [0, 0, 0];
  const send = async (sender: () => Promise<unknown>): Promise<void> => {
    const sentAt = performance.now();
    await sender().catch(() => failed++);
    latencies.push(performance.now() - sentAt);
  };
  const end = performance.now() + ms;
  let due = performance.now();
  for (let number = 0; performance.now() < end; number++) {
    const sender = senders[number % senders.length];
    if (sender) {
      const sent = send(sender).then(() => void pending.delete(sent));
      pending.add(sent);
    }
    const { heapUsed, rss } = process.memoryUsage();
    [maxHeap, maxRss] = [Math.max(maxHeap, heapUsed), Math.max(maxRss, rss)];
    due += 1000 / MESSAGES_PER_S;
    await sleep(Math.max(0, due - performance.now()));
  }
  await Promise.all(pending);
  latencies.sort((one, other) => one - other);
  const p99Ms = latencies[Math.floor((latencies.length - 1) * 0.99)] ?? Number.NaN;
  return { messages: latencies.length, failed, p50Ms: spread(latencies).median, p99Ms, maxHeap, maxRss };
}
