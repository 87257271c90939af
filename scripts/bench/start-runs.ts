import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coldStarts } from "./cold-start";
import type { Results } from "./goals/results";
import { BenchProcess } from "./ipc";
import { runInProcess, type IsolatedCommand } from "./isolated-runs";
import { SERVER_CPU } from "./schedule";
import type { Addresses } from "./types";
import type { WatchCost } from "./watch";
import type { WatchedSite, WorldOptions } from "./world";

interface StartOptions {
  quick: boolean;
  rows: ReadonlySet<number>;
}

/** Longer than anything here takes: between two polls. */
const IDLE_INTERVAL_S = 600;
const SMALL_HEAP = ["--max-old-space-size=256"];

/** Measures how Node-RED starts, and what many config nodes cost, and adds it to the results. */
export async function runStarts(
  addresses: Addresses,
  { quick, rows }: StartOptions,
  results: Results,
  log: (line: string) => void,
): Promise<void> {
  const run = <Command extends IsolatedCommand>(command: Command, argument: object, flags?: string[]) =>
    runInProcess(command, argument, log, flags);

  if (rows.has(37)) {
    const userDir = mkdtempSync(join(tmpdir(), "homenet-bench-"));
    try {
      // The first process signs in and stores the sessions that the second one finds.
      for (let times = 0; times < 2; times++)
        results.firstCalls = await run("firstCalls", { addresses, count: 200, userDir });
    } finally {
      rmSync(userDir, { recursive: true, force: true });
    }
  }
  if (rows.has(38)) {
    log("coldStarts");
    results.coldStarts = coldStarts(quick ? 5 : 15);
  }
  if (![39, 40, 41].some((row) => rows.has(row))) return;
  const world = BenchProcess.start("scripts/bench/world.ts", ["world"], SERVER_CPU);
  const watch = async (options: WorldOptions, seconds: number): Promise<WatchCost> => {
    const sites = await world.call<WatchedSite[]>("sites", options);
    const cost = await run("watch", { sites, seconds });
    await world.call("forget");
    return cost;
  };
  try {
    if (rows.has(39)) {
      results.watching = [];
      for (const count of [1, 50, 200])
        results.watching.push(await watch({ count, routersOnly: false, intervalS: IDLE_INTERVAL_S }, quick ? 9 : 30));
    }
    if (rows.has(40)) {
      // As often as a hurried owner may poll, and then the default.
      const intervalS = quick ? 5 : 30;
      const sites = await world.call<WatchedSite[]>("sites", { count: 20, routersOnly: false, intervalS });
      const argument = { sites, intervalS, ms: quick ? 20_000 : 120_000 };
      results.smallMachine = await run("smallMachine", argument, SMALL_HEAP);
    }
    if (rows.has(41)) {
      results.growth = { intervalS: quick ? 6 : 10, costs: [] };
      const { intervalS, costs } = results.growth;
      for (const count of quick ? [10, 100] : [10, 100, 1000])
        costs.push(await watch({ count, routersOnly: true, intervalS }, 2 * intervalS));
    }
  } finally {
    await world.stop();
  }
}
