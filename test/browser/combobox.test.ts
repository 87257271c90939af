import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";
import { kasaCloud } from "../support/harness/platforms";
import { CONFIG_NODE_DEFAULTS, shareEditor, TIMEOUT_MS, type Editor } from "./browser";

const DEVICE = { id: "device", type: "kasa-device", name: "", account: "kasa", command: "set", x: 200, y: 150 };
const BLANK = { device: "", deviceType: "str", outlet: "", outletType: "str", value: "", valueType: "str" };
const FIELD = { device: "#node-input-device", outlet: "#node-input-outlet" };

describe("The list of a field, in Chromium", function () {
  this.timeout(2 * TIMEOUT_MS);
  let red: NodeRed;
  let editor: Editor;
  shareEditor((opened) => ({ red, editor } = opened));

  /** Opens the dialog of a Kasa device whose account is deployed. */
  async function open(more: object = {}) {
    const { cloud, account } = await kasaCloud(CONFIG_NODE_DEFAULTS);
    await red.deploy([account, { ...DEVICE, ...BLANK, ...more }]);
    await editor.reload();
    await editor.edit("device");
    return { cloud };
  }
  const value = (field: keyof typeof FIELD): Promise<string> => editor.page.inputValue(FIELD[field]);
  const typedInput = (field: keyof typeof FIELD) =>
    editor.page.locator(".form-row", { has: editor.page.locator(FIELD[field]) }).locator(".red-ui-typedInput-input");
  const press = (...keys: string[]): Promise<void> =>
    keys.reduce((before, key) => before.then(() => editor.page.keyboard.press(key)), Promise.resolve());

  it("is searched by words and used by keyboard, and the node controls what was chosen", async () => {
    const { cloud } = await open();

    const all = await editor.openList(FIELD.device);
    await editor.page.keyboard.type("hs300 DES");
    const found = await editor.listedRows();
    await press("Enter");
    const outlets = await editor.openList(FIELD.outlet);
    await press("ArrowDown", "ArrowDown", "Enter");
    const chosen = [await value("device"), await value("outlet")];
    await editor.page.fill(".kasa-device-value .red-ui-typedInput-input", "on");
    await editor.done();
    await editor.deploy();
    await editor.waitForNode(red, "device");
    red.inject("device");
    await editor.status("device").getByText("on", { exact: true }).waitFor();

    assert.equal(all.length, cloud.devices.length);
    assert.deepEqual(found, ["Desk HS300(US) online"]);
    assert.deepEqual(outlets.slice(0, 2), ["Screen 0 off", "Printer 1 off"]);
    assert.deepEqual(chosen, ["Desk", "Printer"]);
    const strip = cloud.devices.find(({ alias }) => alias === "Desk") as unknown as { outlets: { on: boolean }[] };
    assert.deepEqual(
      strip.outlets.map(({ on }) => on),
      [false, true, false, false, false, false],
    );
  });

  it("takes what was typed last when Enter is pressed, not what it still shows", async () => {
    await open();
    await editor.openList(FIELD.device);
    await press("ArrowDown");

    // Both events in one turn: the list cannot be updated in between.
    await typedInput("device").evaluate((input: HTMLInputElement) => {
      input.value = "hs300";
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    });

    await editor.page.locator(".homenet-list").waitFor({ state: "detached" });
    assert.equal(await value("device"), "Desk");
    await editor.cancel();
  });

  it("is used by mouse, and fills in the ID if the alias is ambiguous", async () => {
    const { cloud } = await open();

    await editor.openList(FIELD.device);
    await editor.page.locator(".homenet-list li", { hasText: "KL120" }).click();

    const twin = cloud.devices.find(({ alias }) => alias === "hall lamp");
    assert.equal(await value("device"), twin?.deviceId);
    assert.equal(await editor.page.locator(".homenet-list").count(), 0);
    await editor.cancel();
  });

  it("does not replace a complete name by a longer one, and closes with the dialog", async () => {
    const { cloud } = await open();
    const [other] = cloud.devices;
    assert.ok(other);
    other.alias = "A freezer";
    await typedInput("device").fill("freezer");
    const found = await editor.listedRows();
    await press("Enter");
    const first = await value("device");
    await typedInput("device").fill("Freezer");
    await editor.listedRows();
    await press("Enter");

    assert.equal(found.length, 2);
    assert.deepEqual([first, await value("device")], ["A freezer", "Freezer"]);
    await editor.openList(FIELD.device);
    await press("Control+Enter");
    await editor.page.locator("#node-dialog-ok").waitFor({ state: "detached" });
    assert.equal(await editor.page.locator(".homenet-list").count(), 0);
  });

  it("closes when Escape is pressed, while the dialog stays open and the text unchanged", async () => {
    await open({ device: "Desk" });

    await editor.openList(FIELD.device);
    await press("ArrowDown", "Escape");

    assert.equal(await editor.page.locator(".homenet-list").count(), 0);
    assert.equal(await value("device"), "Desk");
    await editor.cancel();
  });

  it("stays closed if it was closed before its response arrived", async () => {
    const { cloud } = await open();
    cloud.server.injectFault({ kind: "late", ms: 4000 });
    const answered = editor.page.waitForResponse((answer) => answer.url().endsWith("/devices"));

    await editor.page.locator(".homenet-list-button").first().click();
    await editor.page.locator(".homenet-list .fa-spin").waitFor();
    await press("Escape");
    await answered;
    await editor.wait(300);

    assert.equal(await editor.page.locator(".homenet-list").count(), 0);
    assert.equal(cloud.calls("getDeviceList"), 1);
    await editor.cancel();
  });

  it("accepts text that is not in it, and disappears for other types of values", async () => {
    await open();

    await typedInput("device").fill("a lamp that comes tomorrow");
    const [note] = await editor.listedRows();
    await press("Enter", "Tab");

    assert.match(note ?? "", /^Nothing in the list matches/);
    assert.equal(await value("device"), "a lamp that comes tomorrow");
    await editor.page.locator(".kasa-device-outlet .red-ui-typedInput-type-select").click();
    await editor.page.locator(".red-ui-typedInput-options:visible a", { hasText: "msg." }).click();
    assert.equal(await editor.page.locator(".kasa-device-outlet .homenet-list-button").isVisible(), false);
    await editor.cancel();
  });

  it("says why it is not available, and keeps what was typed", async () => {
    const { cloud } = await open({ device: "Freezer" });
    cloud.server.injectFault({ kind: "reset" }, { times: 9 });

    const rows = await editor.openList(FIELD.device);

    assert.match(rows.join(), /^The connection .* What you typed is kept\.$/);
    assert.equal(await value("device"), "Freezer");
    await editor.cancel();
  });

  it("asks for a config node if none is selected, and reads the list with a new one before any deploy", async () => {
    const { cloud } = await kasaCloud();
    await red.deploy([]);
    await editor.reload();
    await editor.edit(await editor.drag("kasa-device", 200, 150));
    const none = await editor.openList(FIELD.device);
    await editor.addConfig("account");
    const typed = { server: cloud.url, email: cloud.email, password: cloud.password };
    for (const [name, text] of Object.entries(typed)) await editor.page.fill(`#node-config-input-${name}`, text);
    await editor.done();
    const fresh = await editor.openList(FIELD.device);
    await editor.page.keyboard.press("Escape");
    const outlets = await editor.openList(FIELD.outlet);

    assert.match(none.join(), /^Select a config node first/);
    assert.match(fresh.join(), /Modem .*online/);
    assert.match(outlets.join(), /^Select a device first/);
    assert.equal(cloud.signIns(), 1);
    await editor.cancel();
  });

  it("shows names of devices as text, even if they are HTML", async () => {
    const { cloud } = await open();
    const alias = "<img src=x onerror=\"document.title='run'\">$t(list.open)__count__";
    const [first] = cloud.devices;
    assert.ok(first);
    first.alias = alias;

    const rows = await editor.openList(FIELD.device);
    await editor.page.locator(".homenet-list li", { hasText: "<img" }).click();
    await editor.done();

    assert.ok(
      rows.some((row) => row.startsWith(`${alias} `)),
      rows.join("\n"),
    );
    assert.equal(await editor.page.locator("img[src=x]").count(), 0);
    assert.notEqual(await editor.page.title(), "run");
  });
});
