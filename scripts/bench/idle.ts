import { BenchFlow, controller } from "./flows";
import { heapAfterCollection, sleep } from "./load";
import { SITE, type Addresses } from "./types";

/** What many config nodes cost that have nothing to do. */
export interface Idle {
  /** Of one CPU, in percent, beyond what Node-RED takes by itself. */
  cpuPercent: number;
  sockets: number;
  /** Timers of all kinds, beyond Node-RED's own. */
  timers: number;
  /** Bytes of heap for each. */
  heapEach: number;
}

/** undici lets go of a connection that was idle for four seconds. */
const KEEP_ALIVE_MS = 5500;

/** Row 23: config nodes that were used once, and then nothing. */
export async function idle({
  addresses,
  count,
  ms,
}: {
  addresses: Addresses;
  count: number;
  ms: number;
}): Promise<Idle> {
  const flow = await BenchFlow.start();
  try {
    // As many are used before, and gone again: what is loaded and compiled meanwhile is no cost of those that stay.
    await flow.deploy(nodes(addresses, count));
    await use(flow, count);
    await flow.running.deploy([]);
    await sleep(KEEP_ALIVE_MS);
    const without = await look(ms);
    await flow.deploy(nodes(addresses, count));
    await use(flow, count);
    await sleep(KEEP_ALIVE_MS);
    const withThem = await look(ms);
    return {
      cpuPercent: Math.max(0, withThem.cpuPercent - without.cpuPercent),
      sockets: withThem.sockets - without.sockets,
      timers: withThem.timers - without.timers,
      heapEach: (withThem.heap - without.heap) / count,
    };
  } finally {
    await flow.stop();
  }
}

function nodes(addresses: Addresses, count: number): { id: string; type: string }[] {
  return Array.from({ length: count }, (_, index) => [
    controller(addresses, `config-${index}`, false),
    { id: `node-${index}`, type: "omada-query", controller: `config-${index}`, site: SITE, path: "sites/{siteId}" },
  ]).flat();
}

async function use(flow: BenchFlow, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await flow.sender(`node-${index}`)();
}

async function look(ms: number): Promise<{ cpuPercent: number; sockets: number; timers: number; heap: number }> {
  const heap = heapAfterCollection();
  const resources = process.getActiveResourcesInfo();
  const many = (name: string): number => resources.filter((resource) => resource === name).length;
  const cpu = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(cpu);
  return { cpuPercent: (user + system) / ms / 10, sockets: many("TCPSocketWrap"), timers: many("Timeout"), heap };
}
