// Puts into dist what tsc leaves out: the nodes' html, texts and icons where Node-RED looks for them, and tables of facts.
// What is laid out for its readers here is stored without that there: see docs/decisions/0011-what-the-package-weighs.md.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { byLine } from "./source-maps.mjs";

const files = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(ending));

const rewrite = (from, to, change) => writeFileSync(to, change(readFileSync(from, "utf8")));
const compact = (json) => JSON.stringify(JSON.parse(json));
// In a `pre` white space is text.
const unindented = (html) => html.replace(/<pre>[^]*?<\/pre>|\n\s+/g, (found) => (found[0] === "<" ? found : "\n"));

// An older build may have left what has no source any more, or what is no longer made of it.
for (const stale of files("dist", ".js")) {
  if (existsSync(stale.replace(/\.js$/, ".ts"))) continue;
  for (const ending of [".js", ".js.map"]) rmSync(`dist/${stale.replace(/\.js$/, ending)}`, { force: true });
}
for (const made of files("dist", ".d.ts")) {
  const source = made.replace(/\.d\.ts$/, ".ts");
  if (!made.startsWith("src/") || !existsSync(source)) rmSync(`dist/${made}`);
}

for (const map of files("dist", ".js.map")) {
  rewrite(`dist/${map}`, `dist/${map}`, (text) => JSON.stringify(byLine(JSON.parse(text))));
}

for (const stale of files("dist/nodes", ".html")) rmSync(`dist/nodes/${stale}`);
for (const file of files("nodes", ".html")) cpSync(`nodes/${file}`, `dist/nodes/${file}`);

for (const stale of files("dist/src", ".json")) rmSync(`dist/src/${stale}`);
for (const file of files("src", ".json")) rewrite(`src/${file}`, `dist/src/${file}`, compact);

for (const [from, to] of [
  ["nodes/locales", "dist/nodes/locales"],
  ["icons", "dist/nodes/icons"],
]) {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
for (const [ending, change] of [
  [".json", compact],
  [".html", unindented],
]) {
  for (const file of files("dist/nodes/locales", ending)) {
    rewrite(`dist/nodes/locales/${file}`, `dist/nodes/locales/${file}`, change);
  }
}

// Node-RED serves scripts to the editor from "resources" at a package's root only, and lets several of them load in any
// order: so they become one, the one on which the others build first.
const scripts = files("nodes/editor", ".js").toSorted(
  (one, other) => first(other) - first(one) || (one < other ? -1 : 1),
);
rmSync("resources", { recursive: true, force: true });
mkdirSync("resources");
writeFileSync("resources/editor.js", scripts.map((file) => readFileSync(`nodes/editor/${file}`, "utf8")).join("\n"));
for (const style of files("nodes/editor", ".css")) cpSync(`nodes/editor/${style}`, `resources/${style}`);

function first(file) {
  return Number(file === "core.js");
}
