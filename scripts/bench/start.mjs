// Row 14: what loading costs, in a fresh process without anything else: node scripts/bench/start.mjs nodes|undici
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
const before = process.memoryUsage.rss();
const begun = performance.now();
for (const file of files) require(file).default?.(anything);
const ms = performance.now() - begun;
console.log(JSON.stringify({ ms, rss: process.memoryUsage.rss() - before }));
