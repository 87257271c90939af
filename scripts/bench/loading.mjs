// Row 14: the cost of loading in a process that has loaded Node-RED: node scripts/bench/loading.mjs nodes|undici
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve("package.json"));
// Stands for Node-RED's API while nodes register: every property is a function that returns the same again.
const anything = new Proxy(() => undefined, {
  get: (_, name) => (name === "toString" ? () => "" : anything),
  apply: () => anything,
});

const { "node-red": manifest } = JSON.parse(readFileSync("package.json", "utf8"));
const files = process.argv[2] === "undici" ? ["undici"] : Object.values(manifest.nodes).map((file) => resolve(file));
// Loads the parts of Node.js that both need, so that neither pays for them.
require(process.env.HOMENET_NODE_RED ?? "node-red");
const rssBefore = process.memoryUsage.rss();
const cpuBefore = process.cpuUsage();
for (const file of files) require(file).default?.(anything);
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ ms: (user + system) / 1000, rss: process.memoryUsage.rss() - rssBefore }));
