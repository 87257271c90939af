import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { catalogOf } from "../repo/dialog-definition";

const FOLDER = "nodes/editor";
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file}`);
const read = (file: string): string => readFileSync(file, "utf8");

describe("The scripts that the dialogs share", () => {
  const script = [...filesIn(FOLDER, ".ts"), "nodes/shared/sentences.ts"].map(read).join("\n");

  it("find every text in their catalog, which has no other", () => {
    const keys = [...catalogOf("homenet-editor", "en-US").keys()];
    const called = [...script.matchAll(/(?<![.\w])text\(\s*"([^"]+)"/g)].map(([, key = ""]) => key);
    const missing = called.filter((key) => !keys.includes(key));
    // A key may be composed, as in `kasa.step.${step}`, or be passed on.
    const prefixes = [...script.matchAll(/`([a-z][\w.]*\.)\$\{/gi)].map(([, prefix = ""]) => prefix);
    const literals = new Set([...script.matchAll(/"([a-z]\w*(?:\.\w+)+)"/gi)].map(([, key]) => key));
    const isUsed = (key: string): boolean =>
      literals.has(key) || prefixes.some((prefix) => key.startsWith(prefix) && !key.slice(prefix.length).includes("."));
    const unused = keys.filter((key) => !isUsed(key));

    assert.deepEqual({ missing, unused }, { missing: [], unused: [] });
  });

  it("have their texts in every language", () => {
    const keysOf = (language: string): string[] => [...catalogOf("homenet-editor", language).keys()].toSorted();
    for (const language of readdirSync("nodes/locales")) assert.deepEqual(keysOf(language), keysOf("en-US"), language);
  });

  it("write no data into the page as HTML, and leave colours to the theme", () => {
    assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.html\(/);
    // jQuery parses such a text as HTML, so nothing may be inserted into it.
    for (const [, markup = ""] of script.matchAll(/\$\(\s*(`[^`]*`)/g)) assert.doesNotMatch(markup, /</);
    for (const file of filesIn(FOLDER, ".css")) {
      const rules = read(file).replace(/\/\*[^]*?\*\//g, "");
      const paints = [...rules.matchAll(/(?:color|background|border[\w-]*|box-shadow):([^;]*);/g)];
      for (const [rule, paint = ""] of paints)
        assert.doesNotMatch(paint, /#[0-9a-f]{3}|rgb|hsl|\b(white|black|red|green|grey)\b(?!-)/i, rule);
    }
  });

  it("are one script, which the editor loads before the nodes, and which defines all that the nodes' html calls", () => {
    const html = read("nodes/homenet-editor.html");
    assert.equal(html.trim(), '<script src="resources/@homenet/node-red-homenet/editor.js"></script>');
    const page = { document: { createElement: () => ({}), head: { append: () => undefined } }, $: () => ({}) };
    const homenet = runInNewContext(`${read("resources/editor.js")};\nhomenet`, page) as Record<string, unknown>;
    const called = filesIn("nodes", ".html").flatMap((file) => [...read(file).matchAll(/\bhomenet\.(\w+)\(/g)]);
    const names = [...new Set(called.map(([, name = ""]) => name))].toSorted();
    assert.deepEqual(names, Object.keys(homenet).toSorted());
    for (const name of names) assert.equal(typeof homenet[name], "function", name);
  });
});
