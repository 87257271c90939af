import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { transformSync } from "esbuild";

/** Minifies a script that tsc has written, together with its source map. */
export function minifyScript(file: string): void {
  const code = readFileSync(file, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "");
  const original = readFileSync(`${file}.map`);
  // esbuild maps back to the TypeScript by the map of its input.
  const input = `${code}\n//# sourceMappingURL=data:application/json;base64,${original.toString("base64")}`;
  const { code: minified, map } = transformSync(input, {
    minify: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    charset: "utf8",
    sourcemap: "external",
    sourcesContent: false,
    sourcefile: basename(file),
  });
  const { sources } = JSON.parse(original.toString()) as { sources: string[] };
  writeFileSync(file, `${minified.trimEnd()}\n//# sourceMappingURL=${basename(file)}.map\n`);
  writeFileSync(`${file}.map`, JSON.stringify({ ...(JSON.parse(map) as object), sources }));
}

/**
 * Compresses a table of facts that a script requires: `<table>.json` becomes `<table>.json.br`, and the script unpacks it.
 * @param script whose `require("./<table>.json")` is replaced
 */
export function compressTable(json: string, script: string): void {
  const table = JSON.stringify(JSON.parse(readFileSync(json, "utf8")));
  const name = basename(json);
  const code = readFileSync(script, "utf8");
  const call = new RegExp(`require\\("\\./${name.replace(".", "\\.")}"\\)`);
  if (!call.test(code)) throw new Error(`${script} does not require ${name}.`);
  const read = `require("node:fs").readFileSync(require("node:path").join(__dirname,"${name}.br"))`;
  writeFileSync(script, code.replace(call, `JSON.parse(require("node:zlib").brotliDecompressSync(${read}))`));
  writeFileSync(`${json}.br`, brotliCompressSync(table));
  rmSync(json);
}
