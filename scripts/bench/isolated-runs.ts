import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LoadCost, Results } from "./goals/results";
import { BenchProcess, pinned } from "./ipc";
import type { IsolatedCommands } from "./isolated";
import type { LanAddresses } from "./lan-server";
import type { Burst } from "./messages";
import { CLIENT_CPU, SERVER_CPU } from "./schedule";
import type { Addresses } from "./types";

export type IsolatedCommand = keyof IsolatedCommands;
type ResultOf<Command extends IsolatedCommand> = Awaited<ReturnType<IsolatedCommands[Command]>>;

interface IsolatedOptions {
  quick: boolean;
  rows: ReadonlySet<number>;
  /** Whether the clients that are compared are installed. */
  hasClients: boolean;
}

/** Measures what is measured one by one, and adds it to the results. */
export async function runIsolated(
  addresses: Addresses,
  { quick, rows, hasClients }: IsolatedOptions,
  results: Results,
  log: (line: string) => void,
): Promise<void> {
  const run = <Command extends IsolatedCommand>(command: Command, options: object = {}) =>
    runInProcess(command, { addresses, ...options }, log);
  const isChosen = (...numbers: number[]): boolean => numbers.some((number) => rows.has(number));
  const amount = (quickAmount: number, fullAmount: number): number => (quick ? quickAmount : fullAmount);

  if (isChosen(9)) results.clone = await run("clone", { tries: amount(15, 41) });
  if (isChosen(11)) results.handshakes = await run("handshakes", { count: amount(3200, 10_000) });
  if (isChosen(12)) results.sessionTurns = await run("sessionTurns");
  if (isChosen(13)) {
    const options = { count: 500, tries: amount(3, 7) };
    const ours = await run("tokenStorm", options);
    results.storms = { ours, recipe: await run("tokenStormByRecipe", options) };
  }
  if (isChosen(14)) results.loading = measureLoading(amount(5, 15), log);
  if (isChosen(15)) results.parsing = await run("parsing", { tries: amount(31, 101) });
  if (isChosen(16)) {
    const options = { count: amount(200, 300) };
    results.pages = { ours: await run("pages", options), inSequence: await run("pagesInSequence", options) };
  }
  if (isChosen(17)) {
    const few = await run("heapOfPages", { count: 1000 });
    results.heapOfPages = { few, many: await run("heapOfPages", { count: 10_000 }) };
  }
  if (isChosen(18, 19)) {
    const [ours, core]: [Burst[], Burst[]] = [[], []];
    for (let left = amount(2, 5); left > 0; left--) {
      ours.push(await run("burst", { to: "ours", count: 2000, queue: 2000 }));
      core.push(await run("burst", { to: "core", count: 2000, queue: 2000 }));
    }
    const flood = await run("burst", { to: "ours", count: 20_000, queue: 1000 });
    const refusing = await run("burst", { to: "refusing", count: 20_000, queue: 1000 });
    results.bursts = { ours, core, flood, refusing };
  }
  if (isChosen(22)) results.delay = await run("delay", { tries: amount(11, 31) });
  if (isChosen(23)) results.idle = await run("idle", { count: 50, ms: amount(2000, 60_000) });
  if (isChosen(24)) results.closing = await run("closing", { count: 500 });
  if (isChosen(28)) results.pollCost = await run("pollCost", { count: 10_000, tries: amount(5, 21) });
  if (isChosen(29)) results.pollRequests = await run("pollRequests", { count: 1000 });
  if (isChosen(36)) results.manySites = await run("manySites", { tries: amount(11, 31), count: 4000 });
  if (isChosen(33, 34, 35)) {
    const house = BenchProcess.start("scripts/bench/lan-server.ts", ["lan"], SERVER_CPU);
    try {
      const lan = await house.call<LanAddresses>("addresses");
      const options = { lan, tries: amount(7, 21), count: amount(50, 200) };
      if (hasClients && isChosen(33)) results.lanSetXor = await run("lanSet", { ...options, transport: "xor" });
      if (hasClients && isChosen(34)) results.lanSetKlap = await run("lanSet", { ...options, transport: "klap" });
      if (isChosen(35)) results.lanPolling = await run("lanPolling", { lan, ms: amount(10_000, 60_000) });
    } finally {
      await house.stop();
    }
  }
}

/** Runs a command in a process of its own. @param flags of Node.js */
export async function runInProcess<Command extends IsolatedCommand>(
  command: Command,
  argument: object,
  log: (line: string) => void,
  flags?: string[],
): Promise<ResultOf<Command>> {
  log(command);
  const child = BenchProcess.start("scripts/bench/isolated.ts", [command], CLIENT_CPU, flags);
  try {
    return await child.call<ResultOf<Command>>(command, argument);
  } finally {
    await child.stop();
  }
}

function measureLoading(tries: number, log: (line: string) => void): { nodes: LoadCost[]; undici: LoadCost[] } {
  log("loading");
  const load = (what: "nodes" | "undici"): LoadCost => {
    const [executable = "", ...args] = pinned(CLIENT_CPU, [process.execPath, "scripts/bench/loading.mjs", what]);
    return JSON.parse(execFileSync(executable, args, { encoding: "utf8" })) as LoadCost;
  };
  // The first run reads from disk what later ones find in the file cache.
  load("nodes");
  load("undici");
  const runs = Array.from({ length: tries }, () => ({ nodes: load("nodes"), undici: load("undici") }));
  return { nodes: runs.map(({ nodes }) => nodes), undici: runs.map(({ undici }) => undici) };
}

/** The run-time dependencies, and their size on disk in bytes. */
export function dependencyFootprint(): { packages: string[]; bytes: number } {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
  const packages = Object.keys(dependencies);
  return { packages, bytes: packages.reduce((sum, name) => sum + folderSize(resolve("node_modules", name)), 0) };
}

function folderSize(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
