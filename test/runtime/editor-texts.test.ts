import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

const SCRIPTS = readdirSync("nodes/editor").filter((file) => file.endsWith(".js"));
const script = SCRIPTS.map((file) => readFileSync(`nodes/editor/${file}`, "utf8")).join("\n");

function keysOf(language: string): string[] {
  const walk = (branch: object, at: string): string[] =>
    Object.entries(branch).flatMap(([name, value]: [string, unknown]) =>
      typeof value === "object" && value !== null ? walk(value, `${at}${name}.`) : [at + name],
    );
  const catalog = readFileSync(`nodes/locales/${language}/homenet-editor.json`, "utf8");
  return walk(JSON.parse(catalog) as object, "");
}

describe("The scripts that the dialogs share", () => {
  it("find every text in their catalog, which holds no other", () => {
    const keys = keysOf("en-US");
    const called = [...script.matchAll(/(?:homenet\.|[^.\w])text\(\s*"([^"]+)"/g)].map(([, key]) => key ?? "");
    // A key may be put together, such as `kasa.step.${step}`, or be handed on.
    const made = [...script.matchAll(/`([a-z][\w.]*\.)\$\{/gi)].map(([, begin]) => begin ?? "");
    const said = new Set([...script.matchAll(/"([a-z]\w*(?:\.\w+)+)"/gi)].map(([, key]) => key ?? ""));
    const isUsed = (key: string): boolean =>
      said.has(key) || made.some((begin) => key.startsWith(begin) && !key.slice(begin.length).includes("."));

    assert.deepEqual(
      called.filter((key) => !keys.includes(key)),
      [],
    );
    assert.deepEqual(
      keys.filter((key) => !isUsed(key)),
      [],
    );
  });

  it("have their texts in every language", () => {
    for (const language of readdirSync("nodes/locales"))
      assert.deepEqual(keysOf(language).toSorted(), keysOf("en-US").toSorted(), language);
  });

  it("write no data into the page as HTML, and leave colours to the theme", () => {
    assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.html\(/);
    // What jQuery makes of a text is HTML: such a text must be all our own.
    for (const [, markup] of script.matchAll(/\$\(\s*(`[^`]*`)/g)) assert.doesNotMatch(markup ?? "", /</);
    for (const file of readdirSync("nodes/editor").filter((name) => name.endsWith(".css"))) {
      const rules = readFileSync(`nodes/editor/${file}`, "utf8").replace(/\/\*[^]*?\*\//g, "");
      const paints = [...rules.matchAll(/(?:color|background|border[\w-]*|box-shadow):([^;]*);/g)];
      for (const [rule, paint] of paints)
        assert.doesNotMatch(paint ?? "", /#[0-9a-f]{3}|rgb|hsl|\b(white|black|red|green|grey)\b(?!-)/i, rule);
    }
  });

  it("are one script, the first of which the others need", () => {
    const html = readFileSync("nodes/homenet-editor.html", "utf8");
    assert.equal(html.trim(), '<script src="resources/@homenet/node-red-homenet/editor.js"></script>');
    const built = readFileSync("resources/editor.js", "utf8");
    assert.ok(built.startsWith(readFileSync("nodes/editor/core.js", "utf8")));
    for (const file of SCRIPTS) assert.ok(built.includes(readFileSync(`nodes/editor/${file}`, "utf8")), file);
  });
});
