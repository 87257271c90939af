import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";
import { kasaCloud, omadaController, peplinkRouter } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { Plug } from "../support/simulators/kasa/plugs";
import { Editor, launchBrowser, shareEditor, TIMEOUT_MS } from "./browser";

/** What a new user does until the first plug is switched: clicks, drags, and fields that are filled in. */
const MAX_ACTIONS = 18;

describe("A new user, in Chromium", function () {
  this.timeout(2 * TIMEOUT_MS);
  let red: NodeRed;
  let editor: Editor;
  let actions = 0;

  shareEditor((opened) => ({ red, editor } = opened));

  beforeEach(async () => {
    await red.deploy([]);
    await editor.reload();
    actions = 0;
  });

  /** Does one thing that a user does, after which nothing on the screen may ask for a deploy first. */
  async function act<T>(action: Promise<T>): Promise<T> {
    actions++;
    const result = await action;
    assert.doesNotMatch(await editor.page.innerText("body"), /deploy first/i);
    return result;
  }
  const fill = (name: string, text = ""): Promise<void> => editor.page.fill(`#node-config-input-${name}`, text);
  const choose = (text: RegExp): Promise<void> =>
    editor.page.locator(".homenet-list li", { hasText: text }).first().click();

  it(`gets from an empty flow to a switched plug in ${MAX_ACTIONS} actions, and deploys once`, async () => {
    const { cloud } = await kasaCloud();
    const plug = cloud.device(Plug, "Modem");
    plug.on = false;

    const inject = await act(editor.drag("inject", 120, 150));
    const device = await act(editor.drag("kasa-device", 340, 150));
    await act(editor.wire(inject, device));
    await act(editor.edit(device));
    await act(editor.addConfig("account"));
    // The simulator's; Kasa's cloud is the default.
    await fill("server", cloud.url);
    await act(fill("email", cloud.email));
    await act(fill("password", cloud.password));
    const tested = await act(editor.testConnection());
    await act(editor.done());
    const devices = await act(editor.openList("#node-input-device"));
    await act(choose(/Modem/));
    const value = editor.page.locator(".form-row", { has: editor.page.locator("#node-input-value") });
    await act(value.locator(".red-ui-typedInput-input").fill("on"));
    await act(editor.done());
    await act(editor.deploy());
    await editor.waitForNode(red, device);
    await act(editor.press(inject));
    await editor.status(device).getByText("on", { exact: true }).waitFor();

    assert.match(tested, /^It works\./);
    assert.ok(devices.length > 1);
    assert.equal(plug.on, true);
    assert.ok(actions <= MAX_ACTIONS, `${actions} actions`);
    // The test and the list share a sign-in, and the deployed account makes its own.
    assert.equal(cloud.signIns(), 2);
  });

  it("gets to a list of clients, and deploys once", async () => {
    const { controller } = await omadaController();
    const inject = await act(editor.drag("inject", 120, 150));
    const query = await act(editor.drag("omada-query", 320, 150));
    const debug = await act(editor.drag("debug", 560, 150));
    await act(editor.wire(inject, query));
    await act(editor.wire(query, debug));
    await act(editor.edit(query));
    await act(editor.addConfig("controller"));
    await act(fill("server", controller.url));
    const untrusted = await act(editor.testConnection());
    const looked = await act(editor.testConnection("#homenet-pin"));
    await act(fill("clientId", controller.clientId));
    await act(fill("clientSecret", controller.clientSecret));
    const tested = await act(editor.testConnection());
    await act(editor.done());
    await act(editor.page.fill("#homenet-operation", "clients"));
    await act(choose(/GET .*\/clients$/));
    await act(editor.openList("#node-input-site"));
    await act(choose(/Harbour/));
    await act(editor.done());
    await act(editor.deploy());
    await editor.waitForNode(red, query);
    await act(editor.press(inject));
    await editor.status(query).getByText(/\d/).waitFor();

    assert.match(untrusted, /self-signed.*Trust exactly this certificate/);
    assert.match(looked, /^The server responds\. Version 5\.15\.24\.19 Enter the client id and the client secret/);
    assert.match(tested, /^It works\. Version 5\.15\.24\.19 Sites Harbour Depot$/);
    const clients = red.sent(query)[0]?.payload as { mac: string }[];
    assert.ok(clients.length > 0 && clients.every(({ mac }) => mac));
  });

  it("is told when the WAN goes down, and deploys once", async () => {
    const { router } = await peplinkRouter();
    const event = await act(editor.drag("router-event", 150, 150));
    const debug = await act(editor.drag("debug", 400, 150));
    await act(editor.wire(event, debug));
    await act(editor.edit(event));
    await act(editor.addConfig("router"));
    await act(fill("server", router.url));
    await act(editor.testConnection());
    const looked = await act(editor.testConnection("#homenet-pin"));
    await act(editor.page.click("#homenet-client"));
    await act(editor.page.fill("#homenet-admin-username", router.username));
    await act(editor.page.fill("#homenet-admin-password", router.password));
    const created = await act(editor.testConnection("#homenet-create-client"));
    const tested = await act(editor.testConnection());
    const name = await editor.page.inputValue("#node-config-input-name");
    await act(editor.done());
    await act(editor.openList("#node-input-filter"));
    await act(choose(/Fibre/));
    await act(editor.page.fill("#node-input-interval", "1"));
    await act(editor.done());
    await act(editor.deploy());
    await editor.waitForNode(red, event);
    await editor.status(event).waitFor();
    await red.until(() => router.calls("status.wan.connection") > 2);
    router.wan("Fibre").takeDown();
    await editor.status(event).getByText("wan-down: Fibre").waitFor();

    assert.match(looked, /^The server responds\. Firmware \d.* Enter the client id and the client secret/);
    assert.match(created, /The client was created/);
    assert.match(tested, /^It works\. Model/);
    assert.notEqual(name, "", "the name is what the router calls itself");
    assert.equal(red.sent(event)[0]?.["topic"], "wan-down");
  });

  it("keeps the focus where it was when a test or a certificate changes the dialog", async () => {
    const { router } = await peplinkRouter();
    const focused = (): Promise<string> => editor.page.evaluate(() => document.activeElement?.id ?? "");
    await editor.edit(await editor.drag("router-status", 150, 150));
    await editor.addConfig("router");
    await fill("server", router.url);
    const press = async (id: string): Promise<string> => {
      await editor.page.focus(id);
      await editor.page.keyboard.press("Enter");
      await editor.page.waitForSelector("#homenet-test:enabled");
      await editor.page.waitForSelector("#homenet-test-result:is(.homenet-good, .homenet-bad)");
      return focused();
    };

    const afterTest = await press("#homenet-test");
    const afterPin = await press("#homenet-pin");
    await editor.page.focus("#homenet-client");
    const closed = await editor.page.getAttribute("#homenet-client", "aria-expanded");
    await editor.page.keyboard.press("Enter");
    const open = await editor.page.getAttribute("#homenet-client", "aria-expanded");
    await editor.cancel();
    await editor.cancel();

    assert.deepEqual([afterTest, afterPin], ["homenet-test", "homenet-test-result"]);
    assert.deepEqual([closed, open], ["false", "true"]);
  });

  it("is warned when a server shows another certificate than the trusted one", async () => {
    const { router } = await peplinkRouter();
    const pinned = "ab".repeat(32);
    await editor.edit(await editor.drag("router-status", 150, 150));
    await editor.addConfig("router");
    await fill("server", router.url);
    await fill("fingerprint", pinned);

    const shown = await editor.testConnection();

    assert.match(shown, /This was another certificate before\./);
    assert.match(shown, /Trust it only if you know why it changed/);
    assert.ok(shown.includes(pinned) && shown.includes(router.fingerprint ?? "?"));
    assert.equal(await editor.text("#homenet-pin"), "Replace the trusted certificate");
    await editor.cancel();
    await editor.cancel();
  });

  it("reads what is wrong in German, and the names of the nodes as well", async function () {
    const { cloud } = await kasaCloud();
    const german = closeAfterTest(await Editor.open(await launchBrowser(this), red, { locale: "de" }));
    const palette = german.page.locator('.red-ui-palette-node[data-palette-type="kasa-device"]');
    await german.edit(await german.drag("kasa-device", 200, 150));
    await german.addConfig("account");
    const typed = { server: cloud.url, email: cloud.email, password: "wrong" };
    for (const [name, text] of Object.entries(typed)) await german.page.fill(`#node-config-input-${name}`, text);

    const refused = await german.testConnection();
    for (const name of ["email", "password"]) await german.page.fill(`#node-config-input-${name}`, "");
    const next = await german.testConnection();

    assert.match(refused, /^Die Anmeldedaten wurden abgelehnt\./);
    assert.match(next, /^Der Server antwortet\. E-Mail-Adresse und Passwort/);
    assert.match(await palette.innerText(), /Kasa.*Gerät/);
    assert.deepEqual(german.consoleErrors, []);
  });

  it("lists and revokes the API clients of a router", async () => {
    const { router } = await peplinkRouter();
    router.addClient("old script", "api");
    await editor.edit(await editor.drag("router-status", 150, 150));
    await editor.addConfig("router");
    await fill("server", router.url);
    await fill("fingerprint", router.fingerprint);
    await editor.page.click("#homenet-client");
    const admin = async (): Promise<void> => {
      await editor.page.fill("#homenet-admin-username", router.username);
      await editor.page.fill("#homenet-admin-password", router.password);
    };
    const revoke = editor.page.getByRole("button", { name: "Revoke old script" });

    await admin();
    const listed = await editor.testConnection("#homenet-list-clients");
    await revoke.click();
    const asked = await editor.text("#homenet-test-result");
    await admin();
    await revoke.click();
    await revoke.waitFor({ state: "detached" });
    await editor.page.waitForSelector("#homenet-test:enabled");
    const left = await editor.text("#homenet-test-result");
    await editor.cancel();
    await editor.cancel();

    assert.match(listed, /old script \(api/);
    assert.match(asked, /^Enter the password of the admin user again/);
    assert.match(left, /home automation/);
    assert.doesNotMatch(left, /old script/);
  });

  it("sees at once that an imported config node has no credentials", async () => {
    const nodes = [
      { id: "tab", type: "tab", label: "imported" },
      { id: "cfg", type: "kasa-account", name: "My Kasa account", server: "", reach: "auto", timeout: 15 },
      { id: "list", type: "kasa-device-list", z: "tab", account: "cfg", x: 200, y: 150, wires: [[]] },
    ];
    const isValid = (): Promise<boolean | undefined> =>
      editor.page.evaluate(() => {
        const { RED } = globalThis as unknown as { RED: { nodes: NodesOfEditor } };
        let valid: boolean | undefined;
        RED.nodes.eachConfig((config) => {
          if (config.type === "kasa-account") valid = config.valid;
        });
        return valid;
      });
    await editor.page.evaluate((flow) => {
      const { RED } = globalThis as unknown as { RED: { view: { importNodes(nodes: object[]): void } } };
      RED.view.importNodes(flow);
    }, nodes);
    const imported = await isValid();

    assert.equal(imported, false);
  });
});

interface NodesOfEditor {
  eachConfig(look: (config: { type: string; valid?: boolean }) => void): void;
}
