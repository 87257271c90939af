import { getHeapStatistics } from "node:v8";
import { NODE_RED } from "../node-red";
import { control } from "./control";
import { BenchFlow, controllerNode, variantNodes, type SinkMessage } from "./flows";
import { heapAfterCollection, measureRatios, sleep } from "./load";
import { MEGABYTE } from "./responses";
import { SITE, type Addresses } from "./types";

/** The figures of a burst. */
export interface Burst {
  ms: number;
  /** Peak of the heap in bytes, beyond what there was before. */
  peak: number;
  succeeded: number;
  refused: number;
  /** Time until the last message was refused. */
  refusedMs: number;
}

const query = (id: string, path: string, properties: object = {}) => {
  return { id, type: "omada-query", controller: "http", site: SITE, path: `sites/{siteId}${path}`, ...properties };
};

/** Rows 18 and 19: many messages at once. */
export async function burst({
  addresses,
  to,
  count,
  queue,
}: {
  addresses: Addresses;
  to: "ours" | "core" | "refusing";
  count: number;
  queue: number;
}): Promise<Burst> {
  const flow = await BenchFlow.start();
  try {
    if (to === "core") await flow.deploy(variantNodes("core", addresses));
    else if (to === "ours")
      await flow.deploy([controllerNode(addresses, "http", false, { queue }), query("http-small", "")]);
    else
      await flow.deploy([
        { id: "http-small", type: "bench-unguarded", refuses: true, origin: addresses.http } as object as {
          id: string;
          type: string;
        },
      ]);
    const send = flow.sender("http-small");
    const sendOnce = (): Promise<unknown> => send().catch(() => undefined);
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 50 }, sendOnce));

    const result: Burst = { ms: 0, peak: 0, succeeded: 0, refused: 0, refusedMs: 0 };
    const before = heapAfterCollection();
    const start = performance.now();
    const finished = new Promise<void>((resolve) => {
      flow.onArrival = ({ error }: SinkMessage) => {
        if (error) {
          result.refused++;
          result.refusedMs = performance.now() - start;
        } else result.succeeded++;
        const ended = result.succeeded + result.refused;
        if (ended % 20 === 0) result.peak = Math.max(result.peak, getHeapStatistics().used_heap_size - before);
        if (ended === count) resolve();
      };
    });
    const node = flow.nodeRed.red.nodes.getNode("http-small");
    for (let bench = 0; bench < count; bench++) node?.receive({ bench });
    await finished;
    return { ...result, ms: performance.now() - start };
  } finally {
    await flow.stop();
  }
}

/** Row 9: cloning a message relative to cloning its payload. One ratio per try. */
export async function clone({ addresses, tries }: { addresses: Addresses; tries: number }): Promise<number[]> {
  const { util } = require(NODE_RED) as { util: { cloneMessage(msg: object): object } };
  const flow = await BenchFlow.start();
  try {
    await flow.deploy([controllerNode(addresses, "http", false), query("list", "/devices", { paging: "one" })]);
    const msg = await flow.sender("list")();
    const payloadOnly = { payload: msg.payload };
    const cloneRepeatedly = (message: object): (() => void) => {
      return () => {
        for (let times = 0; times < 4; times++) util.cloneMessage(message);
      };
    };
    return measureRatios(tries, cloneRepeatedly(msg), cloneRepeatedly(payloadOnly));
  } finally {
    await flow.stop();
  }
}

/** Row 22: how long a megabyte blocks the event loop, relative to parsing it. One ratio per try. */
export async function delay({ addresses, tries }: { addresses: Addresses; tries: number }): Promise<number[]> {
  const flow = await BenchFlow.start();
  try {
    const page = query("list", "/megabyte", { paging: "one", params: '{"page":1,"pageSize":1000}' });
    await flow.deploy([controllerNode(addresses, "http", false), page]);
    const send = flow.sender("list");
    const handle = async (): Promise<void> => {
      const { payload } = await send();
      if ((payload as unknown[]).length !== 1000) throw new Error("The page is incomplete.");
    };
    const parse = async (): Promise<void> => {
      await sleep(1);
      JSON.parse(MEGABYTE);
    };
    for (let round = 0; round < 10; round++) await handle().then(parse);
    const ratios: number[] = [];
    for (let index = 0; index < tries; index++) ratios.push((await longestBlock(handle)) / (await longestBlock(parse)));
    return ratios;
  } finally {
    await flow.stop();
  }
}

async function longestBlock(act: () => Promise<void>): Promise<number> {
  let [longest, running, lastTick] = [0, true, performance.now()];
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - lastTick);
    lastTick = now;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  await act();
  await sleep(1);
  running = false;
  return longest;
}

/** Row 24: a deploy that removes a node with messages in flight. */
export async function closing({ addresses, count }: { addresses: Addresses; count: number }): Promise<{
  ms: number;
  ended: number;
  endedOnce: number;
}> {
  const flow = await BenchFlow.start();
  const { hooks, nodes } = flow.nodeRed.red;
  const timesEnded = new Map<number, number>();
  try {
    await flow.deploy([controllerNode(addresses, "http", false, { concurrency: count }), query("hang", "/hang")]);
    hooks.add("onComplete.bench", ({ node, msg }: { node: { id: string }; msg: SinkMessage }) => {
      if (node.id === "hang") timesEnded.set(msg.bench, (timesEnded.get(msg.bench) ?? 0) + 1);
    });
    for (let bench = 0; bench < count; bench++) nodes.getNode("hang")?.receive({ bench });
    for (let tries = 0; tries < 500 && (await control<number>(addresses, "hanging")) < count; tries++) await sleep(10);
    const start = performance.now();
    await flow.nodeRed.deploy([]);
    const ms = performance.now() - start;
    await sleep(200);
    const counts = [...timesEnded.values()];
    return { ms, ended: counts.length, endedOnce: counts.filter((times) => times === 1).length };
  } finally {
    hooks.remove("onComplete.bench");
    await control(addresses, "hangUp");
    await flow.stop();
  }
}
