import { BenchFlow, controllerNode } from "./flows";
import { heapAfterCollection, sleep } from "./load";
import { SITE, type Addresses } from "./types";

/** The cost of config nodes that have nothing to do. */
export interface IdleCost {
  /** Percent of one CPU, beyond Node-RED's own. */
  cpuPercent: number;
  sockets: number;
  /** Timers of all kinds, beyond Node-RED's own. */
  timers: number;
  /** Bytes of heap per config node. */
  heapEach: number;
}

/** undici closes a connection that was idle for four seconds. */
const KEEP_ALIVE_MS = 5500;

/** Row 23: config nodes that were used once and are idle since. */
export async function idle({
  addresses,
  count,
  ms,
}: {
  addresses: Addresses;
  count: number;
  ms: number;
}): Promise<IdleCost> {
  const flow = await BenchFlow.start();
  try {
    // As many were used and removed before, so that code which is loaded and compiled once does not count.
    await flow.deploy(nodes(addresses, count));
    await sendOnce(flow, count);
    await flow.nodeRed.deploy([]);
    await sleep(KEEP_ALIVE_MS);
    const baseline = await sample(ms);
    await flow.deploy(nodes(addresses, count));
    await sendOnce(flow, count);
    await sleep(KEEP_ALIVE_MS);
    const idling = await sample(ms);
    return {
      cpuPercent: Math.max(0, idling.cpuPercent - baseline.cpuPercent),
      sockets: idling.sockets - baseline.sockets,
      timers: idling.timers - baseline.timers,
      heapEach: (idling.heap - baseline.heap) / count,
    };
  } finally {
    await flow.stop();
  }
}

function nodes(addresses: Addresses, count: number): { id: string; type: string }[] {
  return Array.from({ length: count }, (_, index) => [
    controllerNode(addresses, `config-${index}`, false),
    { id: `node-${index}`, type: "omada-query", controller: `config-${index}`, site: SITE, path: "sites/{siteId}" },
  ]).flat();
}

async function sendOnce(flow: BenchFlow, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await flow.sender(`node-${index}`)();
}

async function sample(ms: number): Promise<{ cpuPercent: number; sockets: number; timers: number; heap: number }> {
  const heap = heapAfterCollection();
  const resources = process.getActiveResourcesInfo();
  const countOf = (name: string): number => resources.filter((resource) => resource === name).length;
  const cpu = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(cpu);
  return { cpuPercent: (user + system) / ms / 10, sockets: countOf("TCPSocketWrap"), timers: countOf("Timeout"), heap };
}
