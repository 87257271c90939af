// Puts into dist what tsc leaves out: the nodes' html, texts and icons where Node-RED looks for them, and tables of facts.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const files = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(ending));

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

// Node-RED serves scripts to the editor from "resources" at a package's root only, and lets several of them load in any
// order: so they become one, the one on which the others build first.
const scripts = files("nodes/resources", ".js").toSorted(
  (one, other) => first(other) - first(one) || (one < other ? -1 : 1),
);
rmSync("resources", { recursive: true, force: true });
mkdirSync("resources");
writeFileSync("resources/editor.js", scripts.map((file) => readFileSync(`nodes/resources/${file}`, "utf8")).join("\n"));
for (const style of files("nodes/resources", ".css")) cpSync(`nodes/resources/${style}`, `resources/${style}`);

function first(file) {
  return Number(file === "homenet.js");
}
