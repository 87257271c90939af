// Runs the tests on each Node-RED and Node.js that we promise, and prints a table. What is not at hand is fetched into
// .cache. Only some of them: `node scripts/build/matrix.mjs 5/22 4.1/20`; what follows `--` goes to mocha.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const PROMISED = ["4.1/20", "4.1/22", "5/22", "5/24"];

const split = process.argv.indexOf("--");
const chosen = process.argv.slice(2, split < 0 ? undefined : split);
const forMocha = split < 0 ? [] : process.argv.slice(split + 1);
const rows = [];

for (const pair of chosen.length > 0 ? chosen : PROMISED) {
  const [nodeRed = "", nodeMajor = ""] = pair.split("/");
  rows.push(await run(folderOf(nodeRed), binaryOf(nodeMajor)));
}

console.log("\n| Node-RED | Node.js | passed | failed | skipped | seconds |\n| --- | --- | --- | --- | --- | --- |");
for (const { red, node, passing, failing, pending, seconds } of rows) {
  console.log(`| ${red} | ${node} | ${passing} | ${failing} | ${pending} | ${seconds} |`);
}
process.exit(rows.every(({ status }) => status === 0) ? 0 : 1);

function folderOf(version) {
  const folder = resolve(`.cache/node-red-${version}`);
  const nodeRed = resolve(folder, "node_modules/node-red");
  if (!existsSync(nodeRed)) {
    console.log(`Installing node-red@${version} into .cache …`);
    const flags = ["--no-save", "--no-audit", "--no-fund", "--engine-strict=false"];
    execFileSync("npm", ["install", "--prefix", folder, ...flags, `node-red@${version}`], { stdio: "inherit" });
  }
  return nodeRed;
}

function binaryOf(major) {
  if (process.versions.node.split(".")[0] === major) return process.execPath;
  const print = ["--yes", "-p", `node@${major}`, "node", "-p", "process.execPath"];
  return execFileSync("npx", print, { encoding: "utf8" }).trim();
}

async function run(nodeRed, node) {
  const version = (path) =>
    execFileSync(node, ["-p", `require(${JSON.stringify(path)}).version`], { encoding: "utf8" }).trim();
  const red = version(`${nodeRed}/package.json`);
  const nodeVersion = execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
  console.log(`\nNode-RED ${red} on Node.js ${nodeVersion}`);
  const started = Date.now();
  const mocha = resolve("node_modules/mocha/bin/mocha.js");
  const child = spawn(node, [mocha, "test/**/*.test.ts", ...forMocha], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, HOMENET_NODE_RED: nodeRed },
  });
  let text = "";
  child.stdout.on("data", (data) => {
    process.stdout.write(data);
    text = (text + String(data)).slice(-1_000_000);
  });
  const status = await new Promise((done) => child.once("exit", (code) => done(code ?? 1)));
  const count = (word) => Number(new RegExp(`^\\s*(\\d+) ${word}`, "m").exec(text)?.[1] ?? 0);
  const seconds = Math.round((Date.now() - started) / 1000);
  return {
    red,
    node: nodeVersion,
    status,
    seconds,
    passing: count("passing"),
    failing: count("failing"),
    pending: count("pending"),
  };
}
