// Runs the tests of some layers, or of all, in worker processes:
//   node scripts/build/test.mjs [--coverage] [unit|nodes|runtime|browser|system …] [-- options of mocha]
// Everything but `unit` needs a build. The longest files start first, as the last run measured them.
import { fork, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";

const LAYERS = {
  unit: ["test/unit", "test/support", "test/repo"],
  nodes: ["test/nodes"],
  runtime: ["test/runtime"],
  browser: ["test/browser"],
  system: ["test/system"],
};
// A worker has one Node-RED, or the test helper's parts of one: never both. Most tests wait more than they compute.
const POOLS = [
  { layers: ["unit", "nodes"], jobs: availableParallelism() },
  { layers: ["system", "browser", "runtime"], jobs: availableParallelism() + 2 },
];
const DURATIONS = ".cache/test-durations.json";
const COVERAGE = resolve("coverage/tmp");

const split = process.argv.indexOf("--");
const mochaOptions = split < 0 ? [] : process.argv.slice(split + 1);
const { values: flags, positionals: chosen } = parseArgs({
  args: process.argv.slice(2, split < 0 ? undefined : split),
  options: { coverage: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = chosen.filter((layer) => !Object.hasOwn(LAYERS, layer));
if (unknown.length > 0) throw new Error(`There is no layer ${unknown.join(", ")}: ${Object.keys(LAYERS).join(", ")}.`);
const layers = chosen.length > 0 ? chosen : Object.keys(LAYERS);

const durations = readDurations();
const started = Date.now();
if (flags.coverage) rmSync(COVERAGE, { recursive: true, force: true });
const outcomes = await Promise.all(POOLS.map(run));
const coverageStatus = flags.coverage ? reportCoverage() : 0;
const failureCount = report(outcomes);
process.exitCode = failureCount > 0 ? 1 : coverageStatus;

async function run({ layers: ofPool, jobs }) {
  const files = ofPool.filter((layer) => layers.includes(layer)).flatMap((layer) => LAYERS[layer].flatMap(testsIn));
  if (files.length === 0) return { files: {}, failures: [], retries: [] };
  const sorted = files.toSorted((one, other) => expectedMs(other) - expectedMs(one));
  const options = ["--parallel", "--jobs", String(jobs), "--reporter", "scripts/build/test-reporter.cjs"];
  const env = flags.coverage ? { ...process.env, NODE_V8_COVERAGE: COVERAGE } : process.env;
  const mocha = fork("node_modules/mocha/bin/mocha.js", [...options, ...mochaOptions, ...sorted], { env });
  let result;
  mocha.once("message", (message) => {
    result = message;
  });
  const reason = await new Promise((resolve) => mocha.once("close", (code, signal) => resolve(signal ?? code)));
  const error = `It ended with ${reason}, and without a result.`;
  return result ?? { files: {}, failures: [{ file: "", title: "Mocha", error }], retries: [] };
}

function testsIn(folder) {
  try {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return files.filter((file) => file.endsWith(".test.ts")).map((file) => `${folder}/${file.replaceAll("\\", "/")}`);
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

// A file that was never measured: the system's tests take longest, and long files longer than short ones.
function expectedMs(file) {
  const guess = file.startsWith(LAYERS.system[0]) ? 60_000 : 0;
  return durations[file] ?? guess + statSync(file).size;
}

function readDurations() {
  try {
    return JSON.parse(readFileSync(DURATIONS, "utf8"));
  } catch {
    return {};
  }
}

// Which lines of TypeScript ran, in any process: see .c8rc.json, which also says how many have to.
function reportCoverage() {
  return spawnSync(process.execPath, ["node_modules/c8/bin/c8.js", "report"], { stdio: "inherit" }).status;
}

function report(results) {
  const files = Object.assign({}, ...results.map((result) => result.files));
  const failures = results.flatMap((result) => result.failures);
  failures.forEach(({ file, title, error }, index) => console.log(`\n${index + 1}) ${file}: ${title}\n${error}`));

  // With --retries of mocha, as where two cores are shared with others: each of them is a test to mend.
  for (const { file, title, error } of results.flatMap(({ retries }) => retries))
    console.log(`\nFailed at the first try: ${file}: ${title}\n${error}`);

  const sum = (of, result) => of.reduce((total, [, counts]) => total + counts[result], 0);
  const line = (of) => ["passed", "failed", "skipped"].map((result) => `${sum(of, result)} ${result}`).join(", ");
  console.log();
  for (const layer of layers) {
    const ofLayer = Object.entries(files).filter(([file]) =>
      LAYERS[layer].some((folder) => file.startsWith(`${folder}/`)),
    );
    if (ofLayer.length > 0) console.log(`${layer}: ${line(ofLayer)}, ${Math.round(sum(ofLayer, "ms") / 1000)} s`);
  }
  console.log(`${Math.round((Date.now() - started) / 1000)} seconds on ${availableParallelism()} cores\n`);

  const measured = Object.fromEntries(Object.entries(files).map(([file, { ms }]) => [file, ms]));
  mkdirSync(dirname(DURATIONS), { recursive: true });
  writeFileSync(DURATIONS, JSON.stringify({ ...durations, ...measured }));

  // Failures that belong to no test, such as that of a hook or of mocha itself, count as well.
  const all = Object.entries(files);
  const failed = Math.max(sum(all, "failed"), failures.length);
  console.log(`${sum(all, "passed")} passed, ${failed} failed, ${sum(all, "skipped")} skipped`);
  return failed;
}
