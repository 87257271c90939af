// Puts into dist what tsc leaves out: the nodes' html, texts and icons where Node-RED looks for them, and tables of facts.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const files = (folder, ending) => readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(ending));

for (const stale of files("dist/nodes", ".html")) rmSync(`dist/nodes/${stale}`);
for (const file of files("nodes", ".html")) cpSync(`nodes/${file}`, `dist/nodes/${file}`);

// Tables of facts are laid out for their readers here; nobody reads them there.
for (const stale of files("dist/src", ".json")) rmSync(`dist/src/${stale}`);
for (const file of files("src", ".json")) {
  writeFileSync(`dist/src/${file}`, JSON.stringify(JSON.parse(readFileSync(`src/${file}`, "utf8"))));
}

for (const [from, to] of [
  ["nodes/locales", "dist/nodes/locales"],
  ["icons", "dist/nodes/icons"],
]) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
