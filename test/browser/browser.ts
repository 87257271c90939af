import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { nodeRed, type NodeRed } from "../support/harness/node-red";
import { cleanUpAfterAll } from "../support/mocha-hooks";
import { Editor, launch } from "./editor-page";

export { Editor, TIMEOUT_MS, CONFIG_NODE_DEFAULTS } from "./editor-page";

let shared: Promise<Browser | undefined> | undefined;

/** The browser that all tests share; skips the test if there is none. */
export async function launchBrowser(test: Mocha.Context): Promise<Browser> {
  shared ??= launch();
  return (await shared) ?? test.skip();
}

/**
 * Opens an editor that all tests of a suite share, and fails a test that leaves an error in its console.
 * @param onOpen is handed the editor, and the Node-RED behind it, before the first test
 */
export function shareEditor(onOpen: (opened: { red: NodeRed; editor: Editor }) => void): void {
  let editor: Editor | undefined;
  before(async function () {
    const chromium = await launchBrowser(this);
    const red = await nodeRed();
    await red.deploy([]);
    editor = await Editor.open(chromium, red);
    onOpen({ red, editor });
  });
  after(async () => {
    await editor?.close();
  });
  afterEach(() => {
    if (editor) assert.deepEqual(editor.consoleErrors, []);
  });
}

cleanUpAfterAll(async () => {
  await (await shared)?.close();
});
