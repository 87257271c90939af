import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { NodeRed } from "../support/harness/node-red";
import { NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { selfSigned } from "../support/simulators/certificate";
import { OmadaController } from "../support/simulators/omada/controller";
import { CONFIG_NODE_DEFAULTS, Editor, launchBrowser, shareEditor, TIMEOUT_MS } from "./browser";

describe("The dialog of a config node, in Chromium", function () {
  this.timeout(2 * TIMEOUT_MS);
  let red: NodeRed;
  let editor: Editor;
  shareEditor((opened) => ({ red, editor } = opened));

  /** Fills fields of the dialog on top, as a person would. */
  async function fill(values: Record<string, string | undefined>): Promise<void> {
    for (const [name, value] of Object.entries(values))
      await editor.page.fill(`#node-config-input-${name}`, value ?? "");
  }
  const value = (name: string): Promise<string> => editor.page.inputValue(`#node-config-input-${name}`);
  /** Drags a node, and one that it sends to. */
  async function dragWired(type: string): Promise<string> {
    const [node, debug] = [await editor.drag(type, 200, 150), await editor.drag("debug", 450, 150)];
    await editor.wire(node, debug);
    return node;
  }
  const pressed = (button: string): Promise<void> => editor.page.click(button);

  it("tests a Kasa account, obtains a refresh token, and then needs no password", async () => {
    const { cloud } = await kasaCloud();
    const node = await dragWired("kasa-device-list");
    await editor.edit(node);
    await editor.addConfig("account");
    await fill({ server: cloud.url, email: cloud.email, password: "wrong" });

    const refused = await editor.testConnection();
    await fill({ password: cloud.password });
    cloud.requireTwoStep = true;
    const twoStep = await editor.testConnection();
    const still = await editor.testConnection("#homenet-refresh-token");
    cloud.requireTwoStep = false;
    const obtained = await editor.testConnection("#homenet-refresh-token");
    const page = await editor.page.content();
    await pressed("#homenet-forget-password");
    cloud.requireTwoStep = true;
    const works = await editor.testConnection();
    await editor.done();
    await editor.done();
    await editor.deploy();
    await editor.waitForNode(red, node);
    const { msg } = await red.send(node);

    assert.match(refused, /e-mail address or the password.*sign-in/);
    for (const text of [twoStep, still]) assert.match(text, /2-Step Verification off.*refresh token remains valid/);
    assert.match(obtained, /The refresh token was obtained/);
    assert.match(works, /It works\. Account o\*\*\*@example\.com Devices \d+, of which \d+ online/);
    assert.equal((msg?.payload as unknown[] | undefined)?.length, cloud.devices.length);
    for (const secret of cloud.secrets().filter((one) => one !== cloud.email)) assert.ok(!page.includes(secret));
  });

  it("tests saved credentials, and keeps them when it is left with Cancel or Update", async () => {
    const { cloud, account } = await kasaCloud();
    const list = { id: "list", type: "kasa-device-list", account: "kasa", detail: "list", output: "array" };
    await red.deploy([
      { ...CONFIG_NODE_DEFAULTS, ...account },
      { name: "", ...list, x: 200, y: 200 },
    ]);
    await editor.reload();
    const again = async (leave: "cancel" | "done"): Promise<string> => {
      await editor.edit("list");
      await editor.editConfig("account");
      const text = await editor.testConnection();
      await editor[leave]();
      await editor.cancel();
      return text;
    };

    assert.match(await again("cancel"), /It works/);
    assert.match(await again("done"), /It works/);
    assert.ok((await red.send("list")).msg);
    assert.equal(await editor.page.locator("#red-ui-header-button-deploy.disabled").count(), 1, "nothing has changed");
    assert.ok(cloud.signIns() > 0);
  });

  it("saves a refresh token although nothing else was changed", async () => {
    const { cloud, account } = await kasaCloud();
    const list = { id: "list", type: "kasa-device-list", account: "kasa", detail: "list", output: "array" };
    await red.deploy([
      { ...CONFIG_NODE_DEFAULTS, ...account },
      { name: "", ...list, x: 200, y: 200 },
    ]);
    await editor.reload();
    await editor.edit("list");
    await editor.editConfig("account");
    await editor.testConnection();
    await editor.testConnection("#homenet-refresh-token");
    await editor.done();
    await editor.cancel();
    await editor.deploy();
    await editor.waitForNode(red, "list");
    cloud.requireTwoStep = true;
    cloud.expireTokens();

    const { msg, error } = await red.send("list");

    assert.ok(msg, error?.message);
  });

  it("says that a user who may only read is not allowed to test", async () => {
    const node = await dragWired("kasa-device-list");
    await editor.edit(node);
    await editor.addConfig("account");
    const path = "**/homenet/kasa-account/test";
    await editor.page.route(path, (route) => route.fulfill({ status: 401 }));

    const result = await editor.testConnection();

    await editor.page.unroute(path);
    assert.match(result, /does not have the permission.*forbidden/s);
    // The browser logs the status of the response.
    editor.consoleErrors.length = 0;
    await editor.cancel();
    await editor.cancel();
  });

  it("shows a self-signed certificate as text, and pins it", async () => {
    const certificate = selfSigned({ subject: "<img src=x onerror=\"document.title='run'\">" });
    const controller = closeAfterTest(await OmadaController.start({ certificate }));
    const site = "<b onmouseover=\"document.title='run'\">Harbour</b>";
    controller.addSite(site);
    const { clientId, clientSecret, omadacId } = controller;
    await red.deploy([]);
    await editor.reload();
    await editor.edit(await editor.drag("omada-query", 200, 100));
    await editor.addConfig("controller");
    await fill({ server: controller.url, omadacId, clientId, clientSecret });

    const shown = await editor.testConnection();
    const requests = controller.server.journal.length;
    const works = await editor.testConnection("#homenet-pin");

    assert.match(shown, /self-signed/);
    assert.ok(shown.includes("<img src=x onerror=\"document.title='run'\">"), shown);
    assert.ok(shown.includes(controller.fingerprint ?? "?"), shown);
    assert.equal(requests, 0);
    assert.equal(await value("fingerprint"), controller.fingerprint);
    assert.match(works, /It works\. Version 5\.15\.24\.19 Sites Harbour Depot/);
    assert.ok(works.includes(site), works);
    assert.equal(await editor.page.locator("#homenet-test-result img, #homenet-test-result b").count(), 0);
    assert.notEqual(await editor.page.title(), "run");
    await editor.cancel();
    await editor.cancel();
  });

  it("creates an API client on a router, and forgets the admin's password", async () => {
    const { router } = await peplinkRouter();
    await red.deploy([]);
    await editor.reload();
    const node = await dragWired("router-status");
    await editor.edit(node);
    await editor.addConfig("router");
    await fill({ server: router.url });
    await pressed("#homenet-client");
    await editor.page.fill("#homenet-admin-username", router.username);
    await editor.page.fill("#homenet-admin-password", router.password);
    await editor.page.selectOption("#homenet-client-scope", "api");

    const untrusted = await editor.testConnection("#homenet-create-client");
    const created = await editor.testConnection("#homenet-pin");
    const works = await editor.testConnection();
    const password = await editor.page.inputValue("#homenet-admin-password");
    await editor.done();
    await editor.done();
    await editor.deploy();
    await editor.waitForNode(red, node);
    const { msg } = await red.send(node);

    assert.match(untrusted, /self-signed/);
    assert.match(created, /The client was created/);
    assert.match(works, /It works\. Model Pepwave MAX Simulated .* Firmware \d/);
    assert.equal(password, "");
    assert.ok(msg?.payload);
    assert.equal(router.calls("logout"), 1);
  });

  it("works with a path in front of the editor, and says so if a user may not test", async function () {
    // Two editors and a Node-RED of their own.
    this.timeout(5 * TIMEOUT_MS);
    const { cloud } = await kasaCloud();
    const auth = `{ type: "credentials", users: async () => null, authenticate: async () => null, tokens: async (name) =>
      ({ writer: { username: name, permissions: "*" }, reader: { username: name, permissions: "read" } })[name] }`;
    const below = await NodeRedProcess.start(userDirectory(), undefined, `${auth}, httpAdminRoot: "/red"`);
    const asUser = async (name: string): Promise<string> => {
      const theirs = await Editor.open(await launchBrowser(this), { url: `${below.url}/?access_token=${name}` });
      try {
        await theirs.edit(await theirs.drag("kasa-login", 200, 150));
        await theirs.addConfig("account");
        const typed = { server: cloud.url, email: cloud.email, password: cloud.password };
        for (const [field, text] of Object.entries(typed)) await theirs.page.fill(`#node-config-input-${field}`, text);
        const answer = await theirs.testConnection();
        const frame = await theirs.page.locator("#homenet-test-result").evaluate((shown) => getComputedStyle(shown));
        assert.equal(frame.borderLeftWidth, "4px", "the style sheet is there");
        return answer;
      } finally {
        await theirs.close();
      }
    };

    assert.match(await asUser("writer"), /^It works/);
    assert.match(await asUser("reader"), /^Your Node-RED user does not have the permission/);
    assert.equal(cloud.signIns(), 1);
  });

  it("downloads the diagnostics of a deployed node, without its secrets, and says that another one has none yet", async () => {
    const { controller, config } = await omadaController();
    await red.deploy([
      { ...CONFIG_NODE_DEFAULTS, ...config },
      { id: "query", type: "omada-query", controller: "omada", path: "sites", x: 200, y: 100 },
    ]);
    await editor.reload();
    await editor.edit("query");
    await editor.editConfig("controller");

    const [download] = await Promise.all([editor.page.waitForEvent("download"), pressed("#homenet-diagnostics")]);
    const text = readFileSync(await download.path(), "utf8");
    await editor.cancel();
    await editor.addConfig("controller");
    await pressed("#homenet-diagnostics");
    await editor.page.getByText("There is nothing to report yet").waitFor();
    await editor.cancel();
    await editor.cancel();

    assert.equal(download.suggestedFilename(), "omada-controller-diagnostics.json");
    assert.match(text, /"type": "omada-controller"/);
    for (const secret of [controller.clientId, controller.clientSecret]) assert.ok(!text.includes(secret));
  });

  it("says in words that the controller cannot be reached", async () => {
    const { controller, config } = await omadaController();
    await controller.close();
    await red.deploy([
      config,
      { id: "query", type: "omada-query", controller: "omada", path: "sites", x: 200, y: 100 },
    ]);
    await editor.reload();
    await editor.edit("query");
    await editor.editConfig("controller");

    assert.match(await editor.testConnection(), /The connection was refused\..*network/);
    await editor.cancel();
    await editor.cancel();
  });
});
