// Puts into dist what tsc leaves out: the nodes' html, texts and icons where Node-RED looks for them, and tables of facts.
import { cpSync, readdirSync, rmSync } from "node:fs";

for (const [from, to, ending] of [
  ["nodes", "dist/nodes", ".html"],
  ["src", "dist/src", ".json"],
]) {
  const files = (folder) => readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(ending));
  for (const stale of files(to)) rmSync(`${to}/${stale}`);
  for (const file of files(from)) cpSync(`${from}/${file}`, `${to}/${file}`);
}

for (const [from, to] of [
  ["nodes/locales", "dist/nodes/locales"],
  ["icons", "dist/nodes/icons"],
]) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
