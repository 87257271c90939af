import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import { CONFIG_NODE_DEFAULTS, shareEditor, TIMEOUT_MS, type Editor } from "./browser";

const BLANK = { outlet: "", outletType: "str", value: "", valueType: "str" };
const NODE = { id: "device", type: "kasa-device", name: "", account: "kasa", command: "set", deviceType: "str" };

describe("The dialog of kasa-device, in Chromium", function () {
  this.timeout(2 * TIMEOUT_MS);
  let red: NodeRed;
  let editor: Editor;
  shareEditor((opened) => ({ red, editor } = opened));

  /** Opens the dialog of a node with a device whose account is deployed. */
  async function open(device: string, more: object = {}): Promise<void> {
    const { account } = await kasaCloud(CONFIG_NODE_DEFAULTS);
    await red.deploy([account, { ...NODE, ...BLANK, device, x: 200, y: 150, ...more }]);
    await editor.reload();
    await editor.edit("device");
    await editor.page.waitForFunction(() => (globalThis as unknown as { $: { active: number } }).$.active === 0);
  }
  const value = (): Promise<string> => editor.page.inputValue("#node-input-value");
  /** Moves a slider, or chooses a colour, as the browser reports it. */
  const choose = (control: string, chosen: string): Promise<void> =>
    editor.page.locator(`#homenet-kasa-${control}`).evaluate((input, to) => {
      (input as HTMLInputElement).value = to;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }, chosen);
  const isShown = (control: string): Promise<boolean> => editor.page.locator(`#homenet-kasa-${control}`).isVisible();
  const disabledCommands = (): Promise<string[]> =>
    editor.page
      .locator("#node-input-command option:disabled")
      .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));

  it("lists the values that the device takes, and writes colour and level as plain text", async () => {
    await open("Shelf");

    const rows = await editor.openList("#node-input-value");
    await editor.page.keyboard.press("Escape");
    await choose("colour", "#00ff00");
    await choose("brightness", "40");
    const colour = await value();
    await choose("white", "3000");
    const white = await value();
    await editor.done();
    await editor.deploy();
    await editor.waitForNode(red, "device");

    assert.deepEqual(rows.slice(0, 3), ["on", "off", "toggle"]);
    assert.ok(rows.includes('{"effect":"Aurora"}') && rows.includes('{"brightness":25}'), rows.join());
    assert.deepEqual(JSON.parse(colour), { hue: 120, saturation: 100, brightness: 40 });
    assert.deepEqual(JSON.parse(white), { brightness: 40, colorTemp: 3000 });
  });

  it("shows the commands and controls that the device has, and keeps what was saved", async () => {
    await open("<b>Porch</b>", { command: "energy" });
    const dimmer = [await disabledCommands(), await isShown("brightness")];
    await editor.page.selectOption("#node-input-command", "set");
    const shown = [await isShown("brightness"), await isShown("colour"), await isShown("white")];
    await editor.cancel();

    await open("Modem");
    const plug = [await disabledCommands(), await isShown("brightness"), await isShown("colour")];
    await editor.cancel();

    assert.deepEqual(dimmer, [["history"], false]);
    assert.deepEqual(shown, [true, false, false]);
    assert.deepEqual(plug, [[], false, false]);
  });

  it("offers values for every command, also where the device does not respond", async () => {
    await open("Nobody");

    const offered: Record<string, string[]> = {};
    for (const command of ["set", "history", "countdown", "schedule", "raw"]) {
      await editor.page.selectOption("#node-input-command", command);
      offered[command] = await editor.openList("#node-input-value");
      await editor.page.keyboard.press("Escape");
    }
    const isColourShown = await isShown("colour");
    await editor.cancel();

    assert.ok(
      Object.values(offered).every((rows) => rows.length >= 2),
      JSON.stringify(offered),
    );
    assert.ok(offered["countdown"]?.includes('{"afterS":600,"on":false}'));
    assert.equal(isColourShown, false);
  });
});
