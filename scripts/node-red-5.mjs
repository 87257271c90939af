// Runs the tests on Node-RED 5, which needs Node 22: both are fetched into .cache where they are not at hand.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const folder = resolve(".cache/node-red-5");
const nodeRed = resolve(folder, "node_modules/node-red");

if (!existsSync(nodeRed)) {
  console.log("Installing node-red@5 into .cache …");
  execFileSync("npm", ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "node-red@5"], {
    stdio: "inherit",
  });
}

const major = Number(process.versions.node.split(".")[0]);
const node =
  major >= 22
    ? process.execPath
    : execFileSync("npx", ["--yes", "-p", "node@22", "node", "-p", "process.execPath"], { encoding: "utf8" }).trim();

console.log(`Node-RED 5 on ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
const mocha = resolve("node_modules/mocha/bin/mocha.js");
const { status } = spawnSync(node, [mocha, "test/**/*.test.ts", ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, HOMENET_NODE_RED: nodeRed },
});
process.exit(status ?? 1);
