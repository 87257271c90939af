// Measures this package and its alternatives side by side in one run.
//   npm run bench                      everything; writes docs/performance.md and docs/performance.svg
//   npm run bench -- --quick           about seven minutes; prints only, unless --write is given
//   npm run bench -- --rows 9,15       some rows of the table
//   npm run bench -- --profile node    where a variant spends its time at c=16; writes a profile into .cache/bench
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { NODE_RED } from "../node-red";
import { renderChart } from "./chart";
import { installed } from "./clients";
import { comparedVariants, GOALS } from "./goals";
import { atConcurrency, type Results } from "./goals/results";
import { BenchProcess } from "./ipc";
import { dependencyFootprint, runIsolated } from "./isolated-runs";
import { LAN_CLIENTS } from "./lan";
import type { Profile } from "./profile";
import { describeMachine, describeNoise, goalsTable, renderMarkdown, variantsTable, type Run } from "./report";
import { CLIENT_CPU, Rounds, SERVER_CPU, type Plan, type RunLength } from "./schedule";
import { runStarts } from "./start-runs";
import { VARIANTS, type Addresses, type VariantName } from "./types";

const CLIENT_VERSIONS = {
  "tplink-cloud-api": "0.8.1",
  [LAN_CLIENTS.xor]: "5.0.0",
  [LAN_CLIENTS.klap]: "2.0.15",
} as const;
const CACHE = ".cache/bench";
const QUICK: RunLength = { processes: 1, rounds: 5, warmUp: 1, warmUpRequests: 3000, ms: 100 };
const FULL: RunLength = { processes: 3, rounds: 8, warmUp: 1, warmUpRequests: 12_000, ms: 200 };

interface Options {
  quick: boolean;
  write: boolean;
  rows: ReadonlySet<number>;
  profile: VariantName | undefined;
}

function parseOptions(): Options {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({ options: { quick: flag, write: flag, rows: text, profile: text } });
  const { quick = false, write = false } = values;
  const rows = values.rows?.split(",").map(Number) ?? GOALS.map(({ number }) => number);
  if (rows.some((row) => !GOALS.some(({ number }) => number === row)))
    throw new Error(`--rows must be numbers from 1 to ${GOALS.length}, separated by commas.`);
  const variant = VARIANTS.find((name) => name === values.profile);
  if (values.profile !== undefined && !variant) throw new Error(`--profile must be one of: ${VARIANTS.join(", ")}.`);
  return { quick, write: write || (!quick && values.rows === undefined), rows: new Set(rows), profile: variant };
}

async function main(): Promise<void> {
  const options = parseOptions();
  const start = performance.now();
  const log = (line: string): void => {
    const seconds = ((performance.now() - start) / 1000).toFixed(0).padStart(4);
    console.error(`${seconds} s  ${line}`);
  };
  mkdirSync(CACHE, { recursive: true });
  const hasClients = [21, 33, 34].some((row) => options.rows.has(row)) && installClients(log);
  const plan = createPlan(options, hasClients);
  const nodeRedVersion = versionIn(NODE_RED);
  const results: Results = { nodeRed: Number.parseInt(nodeRedVersion, 10), footprint: dependencyFootprint() };
  const length = options.quick ? QUICK : FULL;

  const server = BenchProcess.start("scripts/bench/server.ts", ["server"], SERVER_CPU);
  try {
    if (options.profile) return await profile(server, options.profile);
    if (plan.length > 0) results.rounds = await Rounds.run(server, plan, length, log);
    const addresses = await server.call<Addresses>("addresses");
    await runIsolated(addresses, { ...options, hasClients }, results, log);
    await runStarts(addresses, options, results, log);
  } finally {
    await server.stop();
  }
  const versions = {
    Node: process.versions.node,
    "Node-RED": nodeRedVersion,
    undici: versionIn("node_modules/undici"),
    zod: versionIn("node_modules/zod"),
  };
  const run: Run = { results, plan, versions, length, rows: options.rows, quick: options.quick };
  console.log(`${describeMachine(run)}\n${describeNoise(results, plan)}\n`);
  console.log(`${variantsTable(results, plan)}\n\n${goalsTable(results, options.rows)}`);
  if (!options.write) return;
  writeFileSync("docs/performance.md", renderMarkdown(run));
  writeFileSync("docs/performance.svg", renderChart(results));
  execFileSync(process.execPath, ["node_modules/prettier/bin/prettier.cjs", "--write", "docs/performance.md"]);
  console.log("\nWritten: docs/performance.md and docs/performance.svg.");
}

/** The variants that the chosen rows compare, each with its cases; empty when no row compares any. */
function createPlan({ quick, rows }: Options, hasTplinkCloudApi: boolean): Plan {
  const compared = comparedVariants(rows);
  if (compared.size === 0) return [];
  const [c1, c16, c64] = [atConcurrency(1), atConcurrency(16), atConcurrency(64)];
  const c16Large = atConcurrency(16, "large");
  const usual = [c1, c16, c64, c16Large, atConcurrency(16, "small", true)];
  const further = [
    atConcurrency(1, "large"),
    atConcurrency(64, "large"),
    atConcurrency(1, "small", true),
    atConcurrency(64, "small", true),
    atConcurrency(16, "large", true),
  ];
  const all = quick ? usual : [...usual, ...further];
  const plan: Plan = [
    ["limit", all],
    ["floor", all],
    ["engine", all],
    ["node", all],
    ["router node", quick ? [c16, c64, c16Large] : usual],
    ["unguarded node", quick ? [c16, c64, c16Large] : usual],
    ["core", all],
    ["session", [c16]],
    ["constant token", [c16]],
    ["guarded", [c16]],
    ["bare", [c16]],
    ["kasa", [c1, c16, c64]],
    ["tplink-cloud-api", [c1, c16, c64]],
    // Last, so that it is as far from the first as any, and in the same cases, whose garbage the next ones still feel.
    ["limit again", all],
  ];
  return plan.filter(([variant]) => {
    if (variant === "tplink-cloud-api" && !hasTplinkCloudApi) return false;
    return variant.startsWith("limit") || compared.has(variant);
  });
}

async function profile(server: BenchProcess, variant: VariantName): Promise<void> {
  const worker = BenchProcess.start("scripts/bench/worker.ts", [variant], CLIENT_CPU);
  try {
    await worker.call("start", { variant, addresses: await server.call("addresses") });
    const loadCase = atConcurrency(16);
    await worker.call("warmUp", { loadCase, count: 5000 });
    const file = resolve(CACHE, `${variant.replaceAll(" ", "-")}.cpuprofile`);
    const { totalUs, parts, functions } = await worker.call<Profile>("profile", { loadCase, ms: 5000, file });
    const format = ([name, share]: [string, number]): string => `${(share * 100).toFixed(1).padStart(6)} %  ${name}`;
    console.log(`${variant}, ${(totalUs / 1000).toFixed(0)} ms of CPU time`);
    console.log(`${parts.slice(0, 20).map(format).join("\n")}\n`);
    console.log(`${functions.slice(0, 40).map(format).join("\n")}\n\n${file}`);
  } finally {
    await worker.stop();
  }
}

/** Installs the clients that are compared into the cache. Without them, for instance offline, their rows are skipped. */
function installClients(log: (line: string) => void): boolean {
  const versions = Object.entries(CLIENT_VERSIONS).map(([name, version]) => `${name}@${version}`);
  if (Object.keys(CLIENT_VERSIONS).every((name) => existsSync(installed(name)))) return true;
  log(`installing ${versions.join(", ")} into ${CACHE}`);
  try {
    // All at once: npm removes what it is not told of.
    const flags = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", CACHE];
    execFileSync("npm", ["install", ...flags, ...versions], { stdio: "ignore" });
    return true;
  } catch {
    log("they cannot be installed: their rows are skipped");
    return false;
  }
}

function versionIn(packageFolder: string): string {
  return (JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { version: string }).version;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
