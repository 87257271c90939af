import assert from "node:assert/strict";
import { nodeRed } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { OmadaController } from "../support/simulators/omada/controller";
import { Editor, launchBrowser, TIMEOUT_MS } from "./browser";

describe("A new user, in Chromium", function () {
  this.timeout(2 * TIMEOUT_MS);

  it("gets from an empty flow to live data with nothing but the dialogs", async function () {
    const chromium = await launchBrowser(this);
    const controller = closeAfterTest(await OmadaController.start());
    const { clientId, clientSecret } = controller;
    const red = await nodeRed();
    await red.deploy([]);
    const editor = closeAfterTest(await Editor.open(chromium, red));
    const { page } = editor;

    // A flow: an Inject node, a query and a Debug node.
    const [inject, query, debug] = [
      await editor.drag("inject", 120, 150),
      await editor.drag("omada-query", 320, 150),
      await editor.drag("debug", 560, 150),
    ];
    await editor.wire(inject, query);
    await editor.wire(query, debug);

    // A controller: its address, its credentials, and its self-signed certificate.
    await editor.edit(query);
    await editor.addConfig("controller");
    await page.fill("#node-config-input-server", controller.url);
    await page.fill("#node-config-input-clientId", clientId);
    await page.fill("#node-config-input-clientSecret", clientSecret);
    const untrusted = await editor.testConnection();
    const trusted = await editor.testConnection("#homenet-pin");
    await editor.done();

    // Lists need a deployed controller, and say so.
    const beforeDeploy = await editor.openList("#node-input-site");
    await page.keyboard.press("Escape");
    await editor.done();
    await editor.deploy();
    await editor.waitForNode(red, query);

    // An operation and a site, found by searching.
    await editor.edit(query);
    await page.click("#homenet-operation");
    await page.fill("#homenet-operation", "client list");
    await page
      .locator(".homenet-list li", { hasText: /clients/ })
      .first()
      .waitFor();
    const operations = await editor.listedRows();
    await page
      .locator(".homenet-list li", { hasText: /GET .*\/clients$/ })
      .first()
      .click();
    await editor.openList("#node-input-site");
    await page.keyboard.type("harb");
    const sites = await editor.listedRows();
    await page.keyboard.press("Enter");
    await editor.done();
    await editor.deploy();
    await editor.waitForNode(red, query);

    // Live data.
    await editor.press(inject);
    await editor.status(query).getByText(/\d/).waitFor();
    const shown = await editor.status(query).textContent();
    await page.locator(".red-ui-debug-msg").first().waitFor({ state: "attached" });
    const [message] = red.sent(query);

    assert.match(untrusted, /self-signed.*Trust exactly this certificate/);
    assert.match(trusted, /^It works\. Version 5\.15\.24\.19 Sites Harbour Depot$/);
    assert.match(beforeDeploy.join(), /^Deploy first/);
    assert.ok(operations.length > 0, "operations");
    assert.equal(sites.length, 1);
    const clients = message?.payload as { mac: string }[];
    assert.ok(clients.length > 0 && clients.every(({ mac }) => mac));
    assert.match(shown ?? "", new RegExp(String(clients.length)));
    assert.deepEqual(editor.consoleErrors, []);
  });
});
