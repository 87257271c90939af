import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { nodeRed } from "../support/harness/node-red";
import { kasaCloud, peplinkRouter } from "../support/harness/platforms";
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
/** What Node-RED's own code draws into our dialogs: its pickers of types and of config nodes. */
const OF_NODE_RED = [
  "[id^='red-ui-trap-']",
  ".red-ui-tab-link-button",
  ".red-ui-typedInput-type-select",
  ".red-ui-typedInput-option-trigger",
  ".red-ui-typedInput-option-expand",
  "[id^='node-input-btn-']",
  "[id^='node-input-lookup-']",
  "[id^='node-config-input-btn-']",
  "[id^='node-config-input-lookup-']",
];

interface Axe {
  run(
    context: object,
    options: object,
  ): Promise<{
    violations: { id: string; nodes: { html: string }[] }[];
    passes: { id: string }[];
  }>;
}

describe("axe-core, in Chromium", function () {
  this.timeout(3 * TIMEOUT_MS);
  let editor: Editor;

  before(async function () {
    const path = pathOfAxe() ?? this.skip();
    const red = await nodeRed();
    await red.deploy([]);
    editor = await Editor.open(await launchBrowser(this), red);
    await editor.page.addScriptTag({ content: readFileSync(path, "utf8") });
  });

  after(async () => {
    await editor?.close();
  });

  /** What axe-core finds in the dialog on top, and in lists that are open. */
  const violations = (): Promise<string[]> =>
    editor.page.evaluate(async (exclude) => {
      const { axe } = globalThis as unknown as { axe: Axe };
      const form = [...document.querySelectorAll(".red-ui-tray-body")].at(-1);
      const list = document.querySelector(".homenet-list");
      const present = [form, list].filter((part) => part);
      const { violations: found, passes } = await axe.run(
        { include: present, exclude: exclude.filter((selector) => document.querySelector(selector)) },
        // A page of its own has landmarks and a title; a part of Node-RED's has Node-RED's.
        {
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
          rules: { region: { enabled: false } },
        },
      );
      if (present.length === 0 || !passes.some(({ id }) => id === "label")) return ["nothing was checked"];
      return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
    }, OF_NODE_RED);

  for (const type of TYPES) {
    it(`finds nothing in the dialog of ${type}${CONFIG[type] ? ` and of its ${CONFIG[type]}` : ""}`, async () => {
      await editor.edit(await editor.drag(type, 200, 150));
      const found = await violations();
      const config = CONFIG[type];
      if (config) {
        await editor.addConfig(config);
        found.push(...(await violations()));
        await editor.cancel();
      }
      await editor.cancel();
      assert.deepEqual(found, []);
    });
  }

  it("finds nothing in an open list, in a certificate, and in the form for an API client", async () => {
    const { cloud } = await kasaCloud();
    const { router } = await peplinkRouter();
    await editor.edit(await editor.drag("kasa-device", 200, 250));
    await editor.addConfig("account");
    const typed = { server: cloud.url, email: cloud.email, password: cloud.password };
    for (const [name, text] of Object.entries(typed)) await editor.page.fill(`#node-config-input-${name}`, text);
    await editor.testConnection();
    const tested = await violations();
    await editor.done();
    await editor.openList("#node-input-device");
    const list = await violations();
    await editor.page.keyboard.press("Escape");
    await editor.cancel();
    await editor.edit(await editor.drag("router-status", 200, 350));
    await editor.addConfig("router");
    await editor.page.fill("#node-config-input-server", router.url);
    await editor.testConnection();
    const certificate = await violations();
    await editor.page.click("#homenet-client");
    const form = await violations();
    await editor.cancel();
    await editor.cancel();

    assert.deepEqual({ tested, list, certificate, form }, { tested: [], list: [], certificate: [], form: [] });
  });
});

/** It is a development dependency; where it is not installed, its tests are skipped. */
function pathOfAxe(): string | undefined {
  try {
    return createRequire(__filename).resolve("axe-core/axe.min.js");
  } catch {
    return undefined;
  }
}
