// Adds to dist what tsc leaves out: the nodes' html, texts and icons where Node-RED looks for them, and tables of facts.
// Scripts are minified, and white space that only helps whoever reads the sources is left out: see docs/decisions/0011-package-size.md.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { buildSync } from "esbuild";
import { compressTable, minifyScript } from "./minify";
import { expandDialog, expandHelp } from "./partials";

const LOCALES = "nodes/locales";

removeStale();
trimDeclarations();
for (const file of filesIn("src", ".json")) write(`dist/src/${file}`, compact(readFileSync(`src/${file}`, "utf8")));
compressTable("dist/src/omada/operations.json", "dist/src/omada/operations.js");
for (const script of filesIn("dist", ".js")) minifyScript(`dist/${script}`);
cpSync("icons", "dist/nodes/icons", { recursive: true });
writeDialogs();
writeLocales();
bundleEditor();

// An older build may have left what no longer has a source.
function removeStale(): void {
  for (const script of filesIn("dist", ".js")) {
    if (existsSync(script.replace(/\.js$/, ".ts"))) continue;
    for (const ending of [".js", ".js.map"]) rmSync(`dist/${script.replace(/\.js$/, ending)}`, { force: true });
  }
  for (const declaration of filesIn("dist", ".d.ts")) {
    const source = declaration.replace(/\.d\.ts$/, ".ts");
    if (!declaration.startsWith("src/") || !existsSync(source)) rmSync(`dist/${declaration}`);
  }
  for (const ending of [".json", ".json.br"])
    for (const file of filesIn("dist/src", ending)) rmSync(`dist/src/${file}`);
  for (const file of filesIn("dist/nodes", ".html")) rmSync(`dist/nodes/${file}`);
  for (const folder of ["dist/nodes/locales", "dist/nodes/icons", "resources"])
    rmSync(folder, { recursive: true, force: true });
}

// The package exports src/index.ts alone, so that nobody can import the declarations that it does not lead to.
function trimDeclarations(): void {
  const exported = new Set<string>();
  const visit = (declaration: string): void => {
    if (exported.has(declaration)) return;
    exported.add(declaration);
    const text = readFileSync(`dist/${declaration}`, "utf8");
    for (const [, path = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g))
      visit(posix.join(posix.dirname(declaration), `${path}.d.ts`));
  };
  visit("src/index.d.ts");
  for (const declaration of filesIn("dist", ".d.ts")) {
    if (exported.has(declaration)) write(`dist/${declaration}`, unindent(readFileSync(`dist/${declaration}`, "utf8")));
    else rmSync(`dist/${declaration}`);
  }
}

function writeDialogs(): void {
  for (const file of readdirSync("nodes").filter((name) => name.endsWith(".html")))
    write(
      `dist/nodes/${file}`,
      // The script stays as it is: tools read the definition of a type from it.
      expandDialog(file.replace(".html", "")).replace(/<script type="text\/html"[^]*$/, unindent),
    );
}

function writeLocales(): void {
  for (const language of readdirSync(LOCALES))
    for (const file of readdirSync(`${LOCALES}/${language}`)) {
      const target = `dist/${LOCALES}/${language}/${file}`;
      if (file.endsWith(".json")) write(target, compact(readFileSync(`${LOCALES}/${language}/${file}`, "utf8")));
      if (file.endsWith(".html"))
        write(target, withoutOptionalTags(unindent(expandHelp(language, file.replace(".html", "")))));
    }
}

// Node-RED serves scripts to the editor from "resources" at a package's root, and nowhere else.
function bundleEditor(): void {
  buildSync({
    entryPoints: [
      { in: "nodes/editor/index.ts", out: "editor" },
      { in: "nodes/editor/index.css", out: "editor" },
    ],
    outdir: "resources",
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "homenet",
    target: "es2022",
    charset: "utf8",
    tsconfig: "nodes/editor/tsconfig.json",
    logLevel: "warning",
  });
}

function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(ending));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function compact(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

// In a `pre` white space is text.
function unindent(html: string): string {
  return html.replace(/<pre>[^]*?<\/pre>|\n\s+/g, (part) => (part.startsWith("<") ? part : "\n"));
}

// HTML ends these elements by itself where a sibling begins or their parent ends.
function withoutOptionalTags(html: string): string {
  return html
    .replace(/<\/(?:li|dt|dd|tr|td|th|thead|tbody)>\s*(?=<)/g, "")
    .replace(/<\/p>\s*(?=<(?:dl|h3|ol|p|pre|table|ul)\b|<\/(?:dd|li)>)/g, "");
}
