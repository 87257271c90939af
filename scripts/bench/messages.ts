import { getHeapStatistics } from "node:v8";
import { NODE_RED } from "../node-red";
import { MEGABYTE } from "./answers";
import { control } from "./control";
import { BenchFlow, controller, nodesOf, type Arrived } from "./flows";
import { compared, heapAfterCollection, sleep } from "./load";
import { SITE, type Addresses } from "./types";

/** What a burst did. */
export interface Burst {
  ms: number;
  /** Bytes of heap at most, beyond what there was before. */
  peak: number;
  good: number;
  refused: number;
  /** Until the last one was refused. */
  refusedMs: number;
}

const query = (id: string, path: string, more: object = {}) => {
  return { id, type: "omada-query", controller: "http", site: SITE, path: `sites/{siteId}${path}`, ...more };
};

/** Rows 18 and 19: many messages at once. */
export async function burst(how: {
  addresses: Addresses;
  core: boolean;
  count: number;
  queue: number;
}): Promise<Burst> {
  const { addresses, core, count, queue } = how;
  const flow = await BenchFlow.start();
  try {
    const ours = [controller(addresses, "http", false, { queue }), query("http-small", "")];
    await flow.deploy(core ? nodesOf("core", addresses) : ours);
    const send = flow.sender("http-small");
    for (let warm = 0; warm < 20; warm++) await Promise.all(Array.from({ length: 50 }, () => send()));

    const result: Burst = { ms: 0, peak: 0, good: 0, refused: 0, refusedMs: 0 };
    const before = heapAfterCollection();
    const begun = performance.now();
    const done = new Promise<void>((done) => {
      flow.onArrival = ({ error }: Arrived) => {
        if (error) {
          result.refused++;
          result.refusedMs = performance.now() - begun;
        } else result.good++;
        const ended = result.good + result.refused;
        if (ended % 20 === 0) result.peak = Math.max(result.peak, getHeapStatistics().used_heap_size - before);
        if (ended === count) done();
      };
    });
    const node = flow.running.red.nodes.getNode("http-small");
    for (let bench = 0; bench < count; bench++) node?.receive({ bench });
    await done;
    return { ...result, ms: performance.now() - begun };
  } finally {
    await flow.stop();
  }
}

/** Row 9: cloning a whole message against cloning what it brings. One ratio per try. */
export async function clone({ addresses, tries }: { addresses: Addresses; tries: number }): Promise<number[]> {
  const { util } = require(NODE_RED) as { util: { cloneMessage(msg: object): object } };
  const flow = await BenchFlow.start();
  try {
    await flow.deploy([controller(addresses, "http", false), query("list", "/devices", { paging: "one" })]);
    const msg = await flow.sender("list")();
    const bare = { payload: msg.payload };
    const several = (what: object): (() => void) => {
      return () => {
        for (let times = 0; times < 4; times++) util.cloneMessage(what);
      };
    };
    return compared(tries, several(msg), several(bare));
  } finally {
    await flow.stop();
  }
}

/** Row 22: how long nothing else has its turn while a megabyte is handled, against parsing it. One ratio per try. */
export async function delay({ addresses, tries }: { addresses: Addresses; tries: number }): Promise<number[]> {
  const flow = await BenchFlow.start();
  try {
    const page = query("list", "/megabyte", { paging: "one", params: '{"page":1,"pageSize":1000}' });
    await flow.deploy([controller(addresses, "http", false), page]);
    const send = flow.sender("list");
    const handle = async (): Promise<void> => {
      const { payload } = await send();
      if ((payload as unknown[]).length !== 1000) throw new Error("The page did not come whole.");
    };
    const parse = async (): Promise<void> => {
      await sleep(1);
      JSON.parse(MEGABYTE);
    };
    for (let warm = 0; warm < 10; warm++) await handle().then(parse);
    const found: number[] = [];
    for (let index = 0; index < tries; index++) found.push((await longestTurn(handle)) / (await longestTurn(parse)));
    return found;
  } finally {
    await flow.stop();
  }
}

async function longestTurn(act: () => Promise<void>): Promise<number> {
  let [longest, going, at] = [0, true, performance.now()];
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - at);
    at = now;
    if (going) setImmediate(tick);
  };
  setImmediate(tick);
  await act();
  await sleep(1);
  going = false;
  return longest;
}

/** Row 24: a deploy that takes away a node with so many messages in flight. */
export async function closing({ addresses, count }: { addresses: Addresses; count: number }): Promise<{
  ms: number;
  ended: number;
  endedOnce: number;
}> {
  const flow = await BenchFlow.start();
  const { hooks, nodes } = flow.running.red;
  const ends = new Map<number, number>();
  try {
    await flow.deploy([controller(addresses, "http", false, { concurrency: count }), query("hang", "/hang")]);
    hooks.add("onComplete.bench", ({ node, msg }: { node: { id: string }; msg: Arrived }) => {
      if (node.id === "hang") ends.set(msg.bench, (ends.get(msg.bench) ?? 0) + 1);
    });
    for (let bench = 0; bench < count; bench++) nodes.getNode("hang")?.receive({ bench });
    for (let tries = 0; tries < 500 && (await control<number>(addresses, "hanging")) < count; tries++) await sleep(10);
    const begun = performance.now();
    await flow.running.deploy([]);
    const ms = performance.now() - begun;
    await sleep(200);
    const all = [...ends.values()];
    return { ms, ended: all.length, endedOnce: all.filter((times) => times === 1).length };
  } finally {
    hooks.remove("onComplete.bench");
    await control(addresses, "hangUp");
    await flow.stop();
  }
}
