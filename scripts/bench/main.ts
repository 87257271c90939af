// Measures this package against what else there is, side by side in one run.
//   npm run bench                      all, with docs/performance.md and .svg
//   npm run bench -- --quick           under two minutes, prints only (with --write also into docs)
//   npm run bench -- --rows 9,15       some rows of the table only
//   npm run bench -- --profile node    where a variant spends its time, at c=16; the profile goes into .cache/bench
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { NODE_RED } from "../node-red";
import { picture } from "./chart";
import { TPLINK_CLOUD_API } from "./clients";
import { c, COMPARED, ROWS, type Loaded, type Results } from "./goals";
import type { Idle } from "./idle";
import { Helper, pinned } from "./ipc";
import type { Burst } from "./messages";
import type { Profile } from "./profile";
import { goals, machine, markdown, quietness, sideBySide, type Run } from "./report";
import { CLIENT_CPU, Rounds, SERVER_CPU, type Plan } from "./schedule";
import type { Storm } from "./tokens";
import { VARIANTS, type Addresses, type Case, type VariantName } from "./types";

const TPLINK_VERSION = "0.8.1";
const CACHE = ".cache/bench";

interface Wanted {
  quick: boolean;
  write: boolean;
  rows: ReadonlySet<number>;
  profile: VariantName | undefined;
}

function wanted(): Wanted {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = { quick: flag, write: flag, rows: text, profile: text };
  const { quick = false, write = false, rows, profile } = parseArgs({ options }).values;
  const chosen = rows?.split(",").map(Number) ?? ROWS.map(({ number }) => number);
  if (chosen.some((number) => !ROWS.some((row) => row.number === number)))
    throw new Error("--rows must be numbers from 1 to 29, with commas between them.");
  const profiled = VARIANTS.find((variant) => variant === profile);
  if (profile !== undefined && !profiled) throw new Error(`--profile must be one of: ${VARIANTS.join(", ")}.`);
  return { quick, write: write || (!quick && rows === undefined), rows: new Set(chosen), profile: profiled };
}

async function main(): Promise<void> {
  const asked = wanted();
  const begun = performance.now();
  const tell = (what: string): void => {
    const seconds = ((performance.now() - begun) / 1000).toFixed(0).padStart(4);
    console.error(`${seconds} s  ${what}`);
  };
  mkdirSync(CACHE, { recursive: true });
  const plan = planOf(asked, asked.rows.has(21) && haveTplinkCloudApi(tell));
  const { version } = JSON.parse(readFileSync(join(NODE_RED, "package.json"), "utf8")) as { version: string };
  const results: Results = { nodeRed: Number.parseInt(version, 10), footprint: footprint() };
  const length = asked.quick
    ? { rounds: 5, warmUp: 1, warmRequests: 3000, ms: 100 }
    : { rounds: 15, warmUp: 2, warmRequests: 12_000, ms: 250 };

  const server = Helper.start("scripts/bench/server.ts", ["server"], SERVER_CPU);
  try {
    if (asked.profile) return await profile(server, asked.profile);
    if (plan.length > 0) results.rounds = await Rounds.run(server, plan, length, tell);
    await trials(await server.ask<Addresses>("addresses"), asked, results, tell);
  } finally {
    await server.stop();
  }
  const versions = {
    Node: process.versions.node,
    "Node-RED": version,
    undici: versionOf("undici"),
    zod: versionOf("zod"),
  };
  const run: Run = { results, plan, versions, rounds: length.rounds, rows: asked.rows, quick: asked.quick };
  console.log(
    `${machine(run)}\n${quietness(results, plan)}\n\n${sideBySide(results, plan)}\n\n${goals(results, asked.rows)}`,
  );
  if (!asked.write) return;
  writeFileSync("docs/performance.md", markdown(run));
  writeFileSync("docs/performance.svg", picture(results));
  execFileSync(process.execPath, ["node_modules/prettier/bin/prettier.cjs", "--write", "docs/performance.md"]);
  console.log("\nWritten: docs/performance.md and docs/performance.svg.");
}

/** Who is measured in which cases; nobody where no row compares any. */
function planOf({ quick, rows }: Wanted, tplink: boolean): Plan {
  const compared = new Set([...rows].flatMap((number) => COMPARED.get(number) ?? []));
  if (compared.size === 0) return [];
  const usual = [c(1), c(16), c(64), c(16, "large"), c(16, "small", true)];
  const more = [c(1, "large"), c(64, "large"), c(1, "small", true), c(64, "small", true), c(16, "large", true)];
  const all = quick ? usual : [...usual, ...more];
  const kasa: Case[] = [c(1), c(16), c(64)];
  const plan: Plan = [
    ["limit", all],
    ["limit again", usual],
    ["floor", all],
    ["engine", all],
    ["node", all],
    ["router node", quick ? [c(16)] : usual],
    ["core", all],
    ["session", [c(16)]],
    ["constant token", [c(16)]],
    ["guarded", [c(16)]],
    ["bare", [c(16)]],
    ["kasa", kasa],
    ["tplink-cloud-api", kasa],
  ];
  return plan.filter(([variant]) => {
    if (variant === "tplink-cloud-api" && !tplink) return false;
    return variant.startsWith("limit") || compared.has(variant);
  });
}

async function profile(server: Helper, variant: VariantName): Promise<void> {
  const helper = Helper.start("scripts/bench/worker.ts", [variant], CLIENT_CPU);
  try {
    await helper.ask("begin", { variant, addresses: await server.ask("addresses") });
    const asked = c(16);
    await helper.ask("prepare", { asked, count: 5000 });
    const file = resolve(CACHE, `${variant.replaceAll(" ", "-")}.cpuprofile`);
    const { totalUs, parts, functions } = await helper.ask<Profile>("profile", { asked, ms: 5000, file });
    const lines = ([name, share]: [string, number]): string => `${(share * 100).toFixed(1).padStart(6)} %  ${name}`;
    console.log(`${variant}, ${(totalUs / 1000).toFixed(0)} ms of work\n${parts.slice(0, 20).map(lines).join("\n")}\n`);
    console.log(`${functions.slice(0, 40).map(lines).join("\n")}\n\n${file}`);
  } finally {
    await helper.stop();
  }
}

/** What is measured one by one. */
async function trials(addresses: Addresses, { quick, rows }: Wanted, results: Results, tell: (what: string) => void) {
  const trial = async <Result>(order: string, argument: object = {}): Promise<Result> => {
    tell(order);
    const helper = Helper.start("scripts/bench/isolated.ts", [order], CLIENT_CPU);
    try {
      return await helper.ask<Result>(order, { addresses, ...argument });
    } finally {
      await helper.stop();
    }
  };
  const any = (...numbers: number[]): boolean => numbers.some((number) => rows.has(number));
  const of = <Thing>(few: Thing, many: Thing): Thing => (quick ? few : many);

  if (any(9)) results.clone = await trial<number[]>("clone", { tries: of(15, 41) });
  if (any(11)) results.handshakes = await trial("handshakes", { count: of(3200, 10_000) });
  if (any(12)) results.turns = await trial<number>("turns");
  if (any(13)) {
    const stormy = { count: 500, tries: of(3, 7) };
    const ours = await trial<Storm[]>("storm", stormy);
    results.storms = { ours, recipe: await trial<Storm[]>("stormByRecipe", stormy) };
  }
  if (any(14)) results.start = starts(of(5, 15), tell);
  if (any(15)) results.parsing = await trial<number[]>("parsing", { tries: of(31, 101) });
  if (any(16)) {
    const many = { count: of(200, 300) };
    results.pages = { ours: await trial("pages", many), inTurn: await trial("pagesInTurn", many) };
  }
  if (any(17)) {
    const few = await trial<number>("heapOfPages", { count: 1000 });
    results.heapOfPages = { few, many: await trial("heapOfPages", { count: 10_000 }) };
  }
  if (any(18, 19)) {
    const [ours, core]: [Burst[], Burst[]] = [[], []];
    for (let left = of(2, 5); left > 0; left--) {
      ours.push(await trial<Burst>("burst", { core: false, count: 2000, queue: 2000 }));
      core.push(await trial<Burst>("burst", { core: true, count: 2000, queue: 2000 }));
    }
    const flood = await trial<Burst>("burst", { core: false, count: 20_000, queue: 1000 });
    results.bursts = { ours, core, flood };
  }
  if (any(22)) results.delay = await trial<number[]>("delay", { tries: of(11, 31) });
  if (any(23)) results.idle = await trial<Idle>("idle", { count: 50, ms: of(2000, 60_000) });
  if (any(24)) results.closing = await trial("closing", { count: 500 });
  if (any(28)) results.watching = await trial<number[]>("watching", { count: 10_000, tries: of(5, 21) });
  if (any(29)) results.watchers = await trial("watchers", { count: 1000 });
}

function starts(tries: number, tell: (what: string) => void): { nodes: Loaded[]; undici: Loaded[] } {
  tell("start");
  const load = (what: string): Loaded => {
    const [command = "", ...args] = pinned(CLIENT_CPU, [process.execPath, "scripts/bench/start.mjs", what]);
    return JSON.parse(execFileSync(command, args, { encoding: "utf8" })) as Loaded;
  };
  // The first of each reads from the disk what the others find in memory.
  load("nodes");
  load("undici");
  const all = Array.from({ length: tries }, () => ({ nodes: load("nodes"), undici: load("undici") }));
  return { nodes: all.map(({ nodes }) => nodes), undici: all.map(({ undici }) => undici) };
}

/** Installs it for the run only; the measurements go on without it where it cannot be had. */
function haveTplinkCloudApi(tell: (what: string) => void): boolean {
  if (existsSync(TPLINK_CLOUD_API)) return true;
  tell(`installing tplink-cloud-api ${TPLINK_VERSION} into ${CACHE}`);
  try {
    const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", CACHE];
    execFileSync("npm", ["install", ...options, `tplink-cloud-api@${TPLINK_VERSION}`], { stdio: "ignore" });
    return true;
  } catch {
    tell("it cannot be had: row 21 is left out");
    return false;
  }
}

function footprint(): { packages: string[]; bytes: number } {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
  const packages = Object.keys(dependencies);
  return { packages, bytes: packages.reduce((sum, name) => sum + size(resolve("node_modules", name)), 0) };
}

function size(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")) as { version: string }).version;

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
