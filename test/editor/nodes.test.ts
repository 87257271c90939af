import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { nodeRed } from "../harness/node-red";
import { browser, Editor } from "./browser";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { "node-red": { nodes: Record<string, string> } };
const CONFIG = ["kasa-account", "omada-controller", "peplink-router"];
const TYPES = Object.keys(manifest["node-red"].nodes).filter((type) => !CONFIG.includes(type));

describe("Every node, in Chromium (skipped where there is none)", function () {
  this.timeout(120_000);
  let editor: Editor;

  before(async function () {
    const chromium = await browser(this);
    const red = await nodeRed();
    await red.deploy([]);
    editor = await Editor.open(chromium, red);
  });
  after(async () => {
    await editor?.close();
  });

  it("is dragged from the palette, and opens with fields that have labels and no complaint", async () => {
    for (const [index, type] of TYPES.entries()) {
      const id = await editor.drag(type, 150 + 250 * (index % 3), 80 + 60 * Math.floor(index / 3));
      await editor.edit(id);
      const unlabelled = await editor.page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>(".red-ui-tray .form-row [data-i18n]")]
          .filter((element) => element.checkVisibility() && element.innerText === "" && !element.matches("input"))
          .map((element) => element.dataset["i18n"]),
      );
      const keys = await editor.page.locator(`.red-ui-tray .form-row :text("${type}.")`).count();
      assert.deepEqual([type, unlabelled, keys], [type, [], 0]);
      await editor.cancel();
    }
    assert.deepEqual(editor.complaints, []);
  });
});
