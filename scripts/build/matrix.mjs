// Runs the tests on each Node-RED and Node.js that the package supports, and prints a table. What is not installed is
// fetched into .cache. Only some of them: `node scripts/build/matrix.mjs 5/22 4.1/20`; what follows `--` goes to mocha.
// With --install it only fetches.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const SUPPORTED = ["5/24", "5/22", "4.1/22", "4.1/20"];

const split = process.argv.indexOf("--");
const { values: settings, positionals: chosen } = parseArgs({
  args: process.argv.slice(2, split < 0 ? undefined : split),
  options: { install: { type: "boolean", default: false } },
  allowPositionals: true,
});
const mochaOptions = split < 0 ? [] : process.argv.slice(split);
const installed = (chosen.length > 0 ? chosen : SUPPORTED).map((pair) => {
  const [nodeRedVersion = "", nodeMajor = ""] = pair.split("/");
  return { nodeRed: installNodeRed(nodeRedVersion), node: nodeBinary(nodeMajor) };
});
if (settings.install) process.exit();
const rows = [];
for (const { nodeRed, node } of installed) rows.push(await run(nodeRed, node));

console.log("\n| Node-RED | Node.js | passed | failed | skipped | seconds |\n| --- | --- | --- | --- | --- | --- |");
for (const { nodeRed, node, passed, failed, skipped, seconds } of rows) {
  console.log(`| ${nodeRed} | ${node} | ${passed} | ${failed} | ${skipped} | ${seconds} |`);
}
const sum = (result) => rows.reduce((total, row) => total + row[result], 0);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = rows.every(({ status }) => status === 0) ? 0 : 1;

function installNodeRed(version) {
  const folder = resolve(`.cache/node-red-${version}`);
  const nodeRed = resolve(folder, "node_modules/node-red");
  if (!existsSync(nodeRed)) {
    console.log(`Installing node-red@${version} into .cache …`);
    const flags = ["--no-save", "--no-audit", "--no-fund", "--engine-strict=false"];
    execFileSync("npm", ["install", "--prefix", folder, ...flags, `node-red@${version}`], { stdio: "inherit" });
  }
  return nodeRed;
}

function nodeBinary(major) {
  if (process.versions.node.split(".")[0] === major) return process.execPath;
  const print = ["--yes", "-p", `node@${major}`, "node", "-p", "process.execPath"];
  return execFileSync("npx", print, { encoding: "utf8" }).trim();
}

async function run(folder, binary) {
  const evaluate = (code) => execFileSync(binary, ["-p", code], { encoding: "utf8" }).trim();
  const nodeRed = evaluate(`require(${JSON.stringify(`${folder}/package.json`)}).version`);
  const node = evaluate("process.versions.node");
  console.log(`\nNode-RED ${nodeRed} on Node.js ${node}`);
  const started = Date.now();
  const child = spawn(binary, ["scripts/build/test.mjs", ...mochaOptions], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, HOMENET_NODE_RED: folder },
  });
  let end = "";
  child.stdout.on("data", (data) => {
    process.stdout.write(data);
    end = `${end}${String(data)}`.slice(-1000);
  });
  const status = await new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  const lastLine = end.trimEnd().split("\n").at(-1);
  const count = (result) => Number(new RegExp(`(\\d+) ${result}`).exec(lastLine)?.[1] ?? 0);
  const seconds = Math.round((Date.now() - started) / 1000);
  return {
    nodeRed,
    node,
    status,
    seconds,
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
}
