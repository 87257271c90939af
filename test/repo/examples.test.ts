import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";

interface ExampleNode {
  id: string;
  type: string;
  name?: string;
  info?: string;
  z?: string;
  x?: number;
  y?: number;
  [property: string]: unknown;
}

const CONFIG = /^(kasa-account|omada-controller|peplink-router)$/;
/** Node-RED draws a name with about seven pixels a letter, in steps of twenty, beside an icon and the ports. */
const LETTER_PX = 7;
const FRAME_PX = 50;

const files = readdirSync("examples", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
const load = (file: string): ExampleNode[] => JSON.parse(readFileSync(`examples/${file}`, "utf8")) as ExampleNode[];

describe("The examples", () => {
  it("have one setting of each config node: whoever imports several of them has it once", () => {
    const settings = new Map<string, string>();
    for (const file of files)
      for (const node of load(file).filter(({ id, type }) => CONFIG.test(type) && id.startsWith("5f1d0c"))) {
        const { id, ...rest } = node;
        assert.equal(JSON.stringify(rest), settings.get(id) ?? JSON.stringify(rest), `${file}: ${String(node.name)}`);
        settings.set(id, JSON.stringify(rest));
      }
    assert.ok(settings.size >= 3);
  });

  it("are in the README by the names that the menu shows", () => {
    const readme = readFileSync("README.md", "utf8");
    const missing = files.filter((file) => !new RegExp(`([_*]|→ )${basename(file, ".json")}[_*]`).test(readme));
    assert.deepEqual(missing, []);
  });

  it("have ids of their own, but for config nodes: Node-RED asks what to do about a node that is there already", () => {
    const owners = new Map<string, string>();
    for (const file of files)
      for (const { id, type, z } of load(file))
        if (z !== undefined || type === "tab") {
          assert.equal(owners.get(id) ?? file, file, id);
          owners.set(id, file);
        }
  });

  for (const file of files) {
    it(`"${file}" has no nodes that overlap`, () => {
      const placed = load(file).filter(({ type, x }) => x !== undefined && type !== "comment");
      for (const one of placed)
        for (const other of placed)
          if (one.id < other.id)
            assert.ok(!overlaps(one, other), `${one.name || one.type}, ${other.name || other.type}`);
    });

    it(`"${file}" shows errors as sentences`, () => {
      const shown = load(file).filter(({ type, complete }) => type === "debug" && complete === "error");
      assert.deepEqual(shown, []);
    });

    if (dirname(file) !== "First steps" && dirname(file) !== "Recipes") continue;
    it(`"${file}" says in its comment and in its tab's information how it is set up, config nodes by name`, () => {
      const nodes = load(file);
      const tab = nodes.find(({ type }) => type === "tab")?.info ?? "";
      const comment = nodes.find(({ type }) => type === "comment")?.info ?? "";
      assert.match(tab, /^1\. Double-click /);
      assert.match(tab, /\n\d\. Deploy/);
      assert.ok(comment.endsWith(tab));
      for (const { name = "" } of nodes.filter(({ type }) => CONFIG.test(type))) assert.ok(tab.includes(name), name);
    });
  }
});

function overlaps(one: ExampleNode, other: ExampleNode): boolean {
  if (one.z !== other.z || Math.abs(Number(one.y) - Number(other.y)) >= 30) return false;
  return Math.abs(Number(one.x) - Number(other.x)) < (widthOf(one) + widthOf(other)) / 2;
}

function widthOf({ type, name }: ExampleNode): number {
  if (type === "link in" || type === "link out") return 30;
  return Math.max(100, 20 * Math.ceil(((name || type).length * LETTER_PX + FRAME_PX) / 20));
}
