// Row 14: what loading costs a process in which Node-RED is loaded already: node scripts/bench/start.mjs nodes|undici
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve("package.json"));
// Whatever a node asks of it at its registration, it gets.
const anything = new Proxy(() => undefined, {
  get: (_, name) => (name === "toString" ? () => "" : anything),
  apply: () => anything,
});

const { "node-red": manifest } = JSON.parse(readFileSync("package.json", "utf8"));
const files = process.argv[2] === "undici" ? ["undici"] : Object.values(manifest.nodes).map((file) => resolve(file));
// Parts of Node.js that both need are there before either.
require(process.env.HOMENET_NODE_RED ?? "node-red");
const before = process.memoryUsage.rss();
const begun = process.cpuUsage();
for (const file of files) require(file).default?.(anything);
const { user, system } = process.cpuUsage(begun);
console.log(JSON.stringify({ ms: (user + system) / 1000, rss: process.memoryUsage.rss() - before }));
