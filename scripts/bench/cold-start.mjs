// Row 38: the cost of starting Node-RED until its flows run: node scripts/bench/cold-start.mjs <user directory>
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve("package.json"));
const red = require(process.env.HOMENET_NODE_RED ?? "node-red");
const server = createServer((request, response) => red.httpAdmin(request, response));
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
red.init(server, {
  userDir: process.argv[2],
  flowFile: "flows.json",
  httpNodeRoot: false,
  credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, palette: { catalogues: [] } },
  logging: { console: { level: "off" } },
});
const started = new Promise((resolve) => red.events.once("flows:started", resolve));
await red.start();
await started;
const { user, system } = process.cpuUsage();
const wallMs = performance.now();
// Node-RED reads the package.json of each.
const files = Object.keys(require.cache).filter((file) => !file.endsWith(".json"));
const loaded = ["undici", "zod"].filter((name) => files.some((file) => file.includes(`/node_modules/${name}/`)));
// Both times from the start of the process.
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, loaded }));
process.exit(0);
