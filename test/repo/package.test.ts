import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dialogOf, NODE_TYPES } from "./dialog-definition";
import { NODE_CONTRACTS } from "./node-contracts";

interface Manifest {
  keywords: string[];
  license: string;
  engines: { node: string };
  files: string[];
  dependencies: Record<string, string>;
  "node-red": { version: string; nodes: Record<string, string> };
}

describe("The package", () => {
  const read = (file: string): string => readFileSync(file, "utf8");
  const manifest = JSON.parse(read("package.json")) as Manifest;

  it("has what the flow library needs to list it", () => {
    assert.ok(manifest.keywords.includes("node-red"));
    assert.equal(manifest.license, "MIT");
    assert.ok(existsSync("LICENSE"));
    assert.match(manifest["node-red"].version, /^>=4/);
    assert.match(manifest.engines.node, /^>=20/);
    for (const folder of ["dist", "examples"]) assert.ok(manifest.files.includes(folder), folder);
  });

  it("has few dependencies, and its lock file names no download address", () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
    assert.ok(!read("package-lock.json").includes('"resolved": "http'));
  });

  it("has every node where Node-RED looks for it", () => {
    for (const [type, file] of Object.entries(manifest["node-red"].nodes)) assert.equal(file, `dist/nodes/${type}.js`);
  });

  it("shows every node in an example", () => {
    const files = readdirSync("examples", { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".json"),
    );
    const flows = files.map((file) => JSON.parse(read(`examples/${file}`)) as { type: string }[]);
    const shown = new Set(flows.flat().map(({ type }) => type));
    const missing = NODE_TYPES.filter((type) => dialogOf(type).definition.category !== "config" && !shown.has(type));
    assert.deepEqual(missing, []);
  });

  it("has one colour, category and icon per platform, and an icon for each trigger node", () => {
    const appearances = new Map<string, Set<string>>();
    const icons = new Set<string>();
    for (const type of NODE_TYPES) {
      const { category, color, icon } = dialogOf(type).definition;
      const platform = type.replace(/-.*/, "").replace("router", "peplink");
      const appearance = (appearances.get(platform) ?? new Set()).add(color);
      appearances.set(platform, category === "config" ? appearance : appearance.add(category));
      assert.equal(icon, `${NODE_CONTRACTS[type]?.isTrigger ? type : platform}.svg`);
      icons.add(icon);
    }
    for (const [platform, appearance] of appearances) assert.equal(appearance.size, 2, platform);
    assert.deepEqual(readdirSync("icons").toSorted(), [...icons].toSorted());
  });

  it("has icons in white on a transparent background, in the shape that fits a node", () => {
    for (const icon of readdirSync("icons")) {
      const drawing = read(`icons/${icon}`);
      assert.match(drawing, /<svg [^>]*viewBox="0 0 40 60"/);
      for (const [, paint = ""] of drawing.matchAll(/(?:fill|stroke)="([^"]*)"/g)) assert.match(paint, /^(#fff|none)$/);
    }
  });
});
