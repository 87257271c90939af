import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";
import { OmadaController } from "../support/simulators/omada/controller";
import { TIMEOUT_MS } from "./browser";
import { createNodes, openEditor, type Dialog } from "./dialog-fixture";
import { COMMAND, configOf } from "./operation-fixture";

const ORDER = {
  act: "",
  target: "",
  targetType: "str",
  value: "",
  valueType: "str",
  verify: true,
  dryRun: false,
  path: "",
};

describe("The dialog of omada-command for acts", function () {
  this.timeout(2 * TIMEOUT_MS);
  let controller: OmadaController;
  let red: NodeRed;
  let dialog: Dialog;

  before(async function () {
    controller = await OmadaController.start({ version: "6.1.0" });
    const commands = createNodes(
      "omada-command",
      { ...COMMAND, ...ORDER },
      {
        chosen: { verify: undefined },
        previewed: { act: "client-name", target: "Till", value: "Kiosk" },
        several: { act: "port-poe" },
      },
    );
    ({ red, dialog } = await openEditor(this, [configOf("omada", controller), ...commands]));
  });

  afterEach(async () => {
    await dialog.closeAll();
    assert.deepEqual(dialog.editor.consoleErrors.splice(0), [], "the browser's console");
  });

  after(async () => {
    await dialog?.editor.close();
    await controller.close();
  });

  it("lists acts before operations, and what the chosen one can be done to", async () => {
    const { page } = dialog.editor;
    await dialog.open("chosen");
    assert.equal(await page.locator("#node-input-target").locator("xpath=..").isVisible(), false);

    const found = await dialog.search("poe port");
    assert.match(found[0] ?? "", /port-poe$/);
    await page.keyboard.press("Enter");
    await dialog.waitForRequests();

    assert.equal(await page.inputValue("#node-input-act"), "port-poe");
    assert.equal(await page.inputValue("#homenet-operation"), "Switch PoE of a port");
    assert.equal(await page.locator("#node-input-method").isVisible(), false);
    const ports = await dialog.editor.openList("#node-input-target");
    assert.ok(
      ports.some((row) => row.startsWith("Harbour switch/7 ")),
      ports.join("\n"),
    );
    await page.locator(".homenet-list li", { hasText: "Harbour switch/7" }).click();
    await dialog.done();

    const saved = await dialog.savedProperties("chosen", "act", "target", "targetType", "verify", "dryRun");
    assert.deepEqual(saved, {
      act: "port-poe",
      target: "Harbour switch/7",
      targetType: "str",
      verify: true,
      dryRun: false,
    });
    await dialog.deploy("chosen");
    const { msg, error } = await red.send("chosen", { payload: false });
    assert.equal(error, undefined);
    assert.equal(msg?.payload, false);
  });

  it("shows what would be sent, sends nothing, and turns it into a path and a body", async () => {
    const { page } = dialog.editor;
    await dialog.open("previewed");

    await page.click("#homenet-preview");
    await dialog.waitForRequests();
    const preview = await page.locator("#homenet-preview-result").innerText();
    await page.click("#homenet-to-path");
    await dialog.waitForRequests();
    await dialog.done();

    assert.match(
      preview,
      /^PATCH \/openapi\/v1\/\w+\/sites\/\w+\/clients\/02-00-5E-00-00-06\/name\n\{\s+"name": "Kiosk"/,
    );
    assert.equal(controller.client("Till").mac, "02-00-5E-00-00-06");
    const saved = await dialog.savedProperties("previewed", "act", "method", "path", "body");
    const { siteId } = controller.site("Harbour");
    const path = `/openapi/v1/${controller.omadacId}/sites/${siteId}/clients/02-00-5E-00-00-06/name`;
    assert.deepEqual(
      { ...saved, body: JSON.parse(String(saved["body"])) as unknown },
      {
        act: "",
        method: "PATCH",
        path,
        body: { name: "Kiosk" },
      },
    );
    await dialog.deploy("previewed");
    const { error } = await red.send("previewed");
    assert.equal(error, undefined);
    assert.equal(controller.client("Kiosk").mac, "02-00-5E-00-00-06");
  });

  it("says why there is nothing to show", async () => {
    const { page } = dialog.editor;
    await dialog.open("several");

    await page.click("#homenet-preview");
    await dialog.waitForRequests();

    assert.match(await page.locator("#homenet-preview-result").innerText(), /"target" is empty/);
    assert.equal(await page.locator("#homenet-to-path").isVisible(), false);
  });
});
