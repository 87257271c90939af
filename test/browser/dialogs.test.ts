import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { expandHelp } from "../../scripts/build/partials";
import { nodeRed } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { Editor, launchBrowser, TIMEOUT_MS } from "./browser";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { "node-red": { nodes: Record<string, string> } };
const CONFIG: Record<string, string> = {
  "kasa-login": "account",
  "omada-query": "controller",
  "router-status": "router",
};
const TYPES = Object.keys(manifest["node-red"].nodes).filter(
  (type) => !["kasa-account", "omada-controller", "peplink-router"].includes(type),
);

describe("Every node, in Chromium", function () {
  this.timeout(5 * TIMEOUT_MS);

  // German has the longest words.
  for (const locale of ["en-US", "de"]) {
    it(`can be dragged from the palette, and has a dialog with readable labels and placeholders in ${locale}`, async function () {
      const chromium = await launchBrowser(this);
      const red = await nodeRed();
      await red.deploy([]);
      const editor = closeAfterTest(await Editor.open(chromium, red, { locale }));

      for (const [index, type] of TYPES.entries()) {
        await editor.edit(await editor.drag(type, 150 + 250 * (index % 3), 80 + 60 * Math.floor(index / 3)));
        assert.deepEqual([type, await unreadableTexts(editor, type)], [type, []]);
        const config = CONFIG[type];
        if (config) {
          await editor.addConfig(config);
          assert.deepEqual([config, await unreadableTexts(editor, type)], [config, []]);
          const [button, field] = await Promise.all(["#homenet-test", "#node-config-input-name"].map(leftEdge(editor)));
          assert.equal(button, field, `the test button of the ${config} begins where the fields do`);
          await editor.cancel();
        }
        await editor.cancel();
      }
      assert.deepEqual(editor.consoleErrors, []);
    });
  }

  it("has a help text that is the same document without the tags that the build leaves out", async function () {
    const page = await (await launchBrowser(this)).newPage();
    const elementsOf = (help: string): Promise<string[]> =>
      page.evaluate(
        (html) => {
          const { body } = new DOMParser().parseFromString(html, "text/html");
          const elements = [...body.querySelectorAll("*")];
          return elements.map(({ tagName, textContent }) => `${tagName} ${textContent?.replace(/\s+/g, "")}`);
        },
        help.replace(/^<script[^>]*>|<\/script>\s*$/g, ""),
      );
    for (const language of readdirSync("nodes/locales"))
      for (const type of Object.keys(manifest["node-red"].nodes)) {
        const written = await elementsOf(expandHelp(language, type));
        assert.ok(written.length > 10);
        const built = readFileSync(`dist/nodes/locales/${language}/${type}.html`, "utf8");
        assert.deepEqual(await elementsOf(built), written, `${language} ${type}`);
      }
    await page.close();
  });

  it("says in a validation message which numbers are allowed", async function () {
    const red = await nodeRed();
    await red.deploy([]);
    const editor = closeAfterTest(await Editor.open(await launchBrowser(this), red));
    await editor.edit(await editor.drag("kasa-event", 200, 150));
    await editor.page.fill("#node-input-interval", "3");
    await editor.page.locator("#node-input-interval").blur();
    await editor.page.hover("#node-input-interval");

    await editor.page.getByText("Interval: enter a number of seconds from 15 to 604800.").waitFor();
  });
});

const leftEdge = (editor: Editor) => async (selector: string) => {
  const box = await editor.page.locator(selector).boundingBox();
  return Math.round(box?.x ?? NaN);
};

/** What cannot be read in the dialog on top: blank labels, keys instead of texts, and texts that are cut off. */
async function unreadableTexts(editor: Editor, type: string): Promise<string[]> {
  const { page } = editor;
  const rows = page.locator(".red-ui-tray .form-row");
  const keys = await rows.locator(`:text("${type}.")`).count();
  const blank = await rows
    .locator("[data-i18n]:not(input)")
    .evaluateAll((all) =>
      (all as HTMLElement[]).filter((one) => one.checkVisibility() && one.innerText === "").map((one) => one.outerHTML),
    );
  const fields = rows.locator("input[placeholder], select");
  const cutOff = await fields.evaluateAll((all) => {
    const pen = document.createElement("canvas").getContext("2d");
    return (all as (HTMLInputElement | HTMLSelectElement)[]).flatMap((field) => {
      if (!pen || !field.checkVisibility()) return [];
      const { font, paddingLeft, paddingRight } = getComputedStyle(field);
      pen.font = font;
      const arrow = field instanceof HTMLSelectElement ? 16 : 0;
      const room = field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - arrow;
      // A select of config nodes has names that its owner has given them, and texts of Node-RED's own: neither is ours.
      const texts =
        field instanceof HTMLSelectElement
          ? [...field.options].filter(({ dataset }) => dataset["i18n"]).map(({ text }) => text)
          : [field.placeholder];
      return texts.filter((text) => pen.measureText(text).width > room + 1);
    });
  });
  return [...blank, ...cutOff, ...(keys ? ["a key instead of a text"] : [])];
}
