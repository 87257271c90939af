import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";
import { PeplinkRouter } from "../support/simulators/peplink/router";
import { TIMEOUT_MS } from "./browser";
import { CONNECTION_DEFAULTS, createNodes, openEditor, type Dialog } from "./dialog-fixture";

const STATUS = {
  router: "router",
  endpoint: "status.wan.connection",
  endpointType: "str",
  params: "",
  paramsType: "json",
  shape: "raw",
  secrets: "hide",
};
const POST = {
  router: "router",
  endpoint: "config.wan.connection.priority",
  endpointType: "str",
  body: "",
  bodyType: "json",
  apply: false,
  confirm: false,
};
/** An act; the endpoint is blank, as in a node that has never had one. */
const PREFER = {
  act: "",
  target: "",
  targetType: "str",
  value: "",
  valueType: "str",
  verify: true,
  dryRun: false,
  endpoint: "",
};
const HOSTILE = '<img src=x onerror="window.hacked=1">';

describe("The dialogs of the nodes that call a router", function () {
  this.timeout(2 * TIMEOUT_MS);
  let router: PeplinkRouter;
  let red: NodeRed;
  let dialog: Dialog;

  before(async function () {
    router = await PeplinkRouter.start();
    const { url, fingerprint, clientId, clientSecret } = router;
    const config = { ...CONNECTION_DEFAULTS, id: "router", type: "peplink-router", server: url, fingerprint, rate: "" };
    const states = createNodes("router-status", STATUS, {
      states: {},
      clients: {},
      byHand: { endpoint: "status.pepvpn", params: '{"infoType": ["peer"], "mine": 1}' },
      unknown: { endpoint: "status.made.up" },
      typed: { endpoint: "what", endpointType: "msg" },
    });
    const posts = createNodes("router-config-post", POST, { priority: {}, kept: { body: '{"mine": 1}' }, others: {} });
    const acts = createNodes(
      "router-config-post",
      { ...POST, ...PREFER },
      {
        chosen: { verify: undefined },
        previewed: { act: "wan-enable", target: "Harbour Wi-Fi", value: "true", valueType: "bool" },
      },
    );
    const nodes = [{ ...config, credentials: { clientId, clientSecret } }, ...states, ...posts, ...acts];
    ({ red, dialog } = await openEditor(this, nodes));
  });

  afterEach(async () => {
    await dialog.closeAll();
    assert.deepEqual(dialog.editor.consoleErrors.splice(0), [], "the browser's console");
  });

  after(async () => {
    await dialog?.editor.close();
    await router?.close();
  });

  /** Types the name of an endpoint, and takes the first. */
  async function choose(words: string): Promise<void> {
    const { page } = dialog.editor;
    await page.fill("#node-input-endpoint ~ .red-ui-typedInput-container input:visible", words);
    await dialog.editor.listedRows();
    await page.keyboard.press("Enter");
    await dialog.waitForRequests();
  }

  const about = (): Promise<string> => dialog.editor.text("#homenet-endpoint-about");

  it("list the endpoints that read, with their required parameters and their stability", async () => {
    await dialog.open("states");

    const listed = await dialog.editor.openList("#node-input-endpoint");

    assert.ok(listed.length > 50);
    assert.match(listed[0] ?? "", /^status\./);
    assert.ok(listed.includes("status.wan.connection 8.0.0"));
    assert.ok(listed.includes("status.pepvpn 7.1.0 · beta"));
    assert.ok(listed.includes("status.traffic undocumented"));
    assert.ok(listed.includes("cmd.sms.get 8.1.0 · connId"));
    assert.ok(!listed.some((row) => row.startsWith("cmd.system.reboot")));
    assert.match(await about(), /^since firmware 8\.0\.0 · stable · .*read-only/);
  });

  it("have a field for each parameter, and send it in the form that the router expects", async () => {
    await dialog.open("clients");
    await choose("status.client");

    assert.deepEqual(await dialog.fields(), [
      "vlanId",
      "activeOnly",
      "connectionType",
      "size",
      "outputWeight",
      "infoType",
    ]);
    await dialog.fill("activeOnly", "true");
    // Leaving the field of the endpoint refreshes the form, which must not disturb somebody who types into it.
    const typing = dialog.row("size").locator("input");
    await typing.focus();
    await typing.evaluate((input) => {
      const { $ } = globalThis as unknown as { $: (selector: string) => { trigger(event: string): void } };
      Object.assign(input, { theSame: true });
      $("#node-input-endpoint").trigger("change");
    });
    await dialog.waitForRequests();
    assert.ok(await typing.evaluate((input) => "theSame" in input && input === document.activeElement));
    await dialog.fill("connectionType", "ethernet, wireless");
    await dialog.fill("outputWeight", "full");
    await dialog.done();

    const saved = await dialog.savedProperties("clients", "endpoint", "params");
    assert.equal(saved["endpoint"], "status.client");
    assert.equal(saved["params"], '{"activeOnly":true,"connectionType":["ethernet","wireless"],"outputWeight":"full"}');
    await dialog.deploy("clients");
    const { error } = await red.send("clients");
    assert.equal(error, undefined);
    const { query } = router.server.journal.find(({ path }) => path === "/api/status.client") ?? assert.fail();
    assert.deepEqual(
      ["activeOnly", "connectionType", "outputWeight"].map((name) => query.get(name)),
      ["yes", "ethernet wireless", "full"],
    );
  });

  it("list the WAN links by name, as text even if it is HTML", async () => {
    const [first] = router.wans;
    assert.ok(first);
    first.name = HOSTILE;
    await dialog.open("states");

    await dialog.row("id").locator(".homenet-list-button").click();
    const listed = await dialog.editor.listedRows();
    assert.match(listed[0] ?? "", /^<img src=x onerror/);
    await dialog.editor.page.keyboard.press("ArrowDown");
    await dialog.editor.page.keyboard.press("Enter");

    assert.equal(await dialog.value("id"), String(first.id));
    await dialog.done();
    assert.equal((await dialog.savedProperties("states", "params"))["params"], `{"id":[${first.id}]}`);
    assert.equal(await dialog.editor.page.evaluate(() => (globalThis as { hacked?: unknown }).hacked), undefined);
  });

  it("open JSON that was written by hand, and keep names that the endpoint does not have", async () => {
    await dialog.open("byHand");

    assert.equal(await dialog.value("infoType"), "peer");
    assert.match(await dialog.row("infoType").innerText(), /one of: profile, peer, tunnel/);
    assert.match(await dialog.editor.text(".homenet-form-hint"), /mine$/);
    await dialog.fill("infoType", "peer, tunel");
    assert.match(await dialog.row("infoType").locator(".homenet-form-problem").innerText(), /one of/);
    await dialog.fill("infoType", "peer, tunnel");
    await dialog.done();

    const { params } = await dialog.savedProperties("byHand", "params");
    assert.deepEqual(JSON.parse(String(params)), { infoType: ["peer", "tunnel"], mine: 1 });
  });

  it("accept any endpoint, also one that comes with the message", async () => {
    await dialog.open("unknown");
    assert.match(await about(), /not in the table/);
    await dialog.done();
    await dialog.open("typed");
    assert.equal(await about(), "");
    await dialog.done();

    assert.deepEqual(await dialog.savedProperties("unknown", "endpoint"), { endpoint: "status.made.up" });
    assert.deepEqual(await dialog.savedProperties("typed", "endpoint", "endpointType"), {
      endpoint: "what",
      endpointType: "msg",
    });
  });

  it("insert a template into the body, which the form then changes", async () => {
    await dialog.open("priority");
    await dialog.editor.page.click(".homenet-template");
    assert.equal(await dialog.value("instantActive"), "true");
    await dialog.fill("list", '[{"connId": 2, "priority": 3, "enable": true}]');
    await dialog.done();

    const { body, bodyType } = await dialog.savedProperties("priority", "body", "bodyType");
    assert.equal(bodyType, "json");
    assert.deepEqual(JSON.parse(String(body)), {
      instantActive: true,
      list: [{ connId: 2, priority: 3, enable: true }],
    });
    await dialog.deploy("priority");
    const { error } = await red.send("priority");
    assert.equal(error, undefined);
    assert.equal(router.wans.find(({ id }) => id === 2)?.priority, 3);
  });

  it("restore the body that a template has replaced", async () => {
    const { page } = dialog.editor;
    await dialog.open("kept");

    await page.click(".homenet-template");
    assert.equal(await dialog.editor.text(".homenet-template"), "Restore what was there");
    await page.click(".homenet-template");
    await dialog.done();

    assert.deepEqual(await dialog.savedProperties("kept", "body", "bodyType"), {
      body: '{"mine": 1}',
      bodyType: "json",
    });
  });

  it("warn of destructive requests, and say if an endpoint has no body or an unknown one", async () => {
    const { page } = dialog.editor;
    await dialog.open("others");
    const body = page.locator(".form-row", { has: page.locator("#node-input-body") });

    assert.equal(await page.locator("#homenet-confirm-note").isVisible(), false);
    await choose("cmd.config.restore");
    assert.ok(await page.locator("#homenet-confirm-note").isVisible());
    assert.match(await about(), /own tests/);
    await choose("cmd.config.apply");
    assert.equal(await page.locator("#homenet-confirm-note").isVisible(), false);
    assert.match(await body.innerText(), /takes no body/);
    assert.equal(await page.locator(".homenet-template").isVisible(), false);
    await choose("config.firewall");
    assert.match(await body.innerText(), /not documented/);
  });

  it("list the acts, and what the chosen one can be done to", async () => {
    const { page } = dialog.editor;
    await dialog.open("chosen");
    assert.equal(await page.locator("#node-input-target").locator("xpath=..").isVisible(), false);

    const acts = await dialog.editor.openList("#node-input-act");
    assert.match(acts.join("\n"), /^Use a WAN link before all others/m);
    await page.locator(".homenet-list li", { hasText: "wan-prefer" }).click();
    for (const unused of ["value", "apply"])
      assert.equal(await page.locator(`#node-input-${unused}`).locator("xpath=..").isVisible(), false);
    await dialog.editor.openList("#node-input-target");
    await page.locator(".homenet-list li", { hasText: "Fibre" }).click();
    await dialog.done();

    const saved = await dialog.savedProperties("chosen", "act", "target", "verify", "dryRun");
    assert.deepEqual(saved, { act: "wan-prefer", target: "Fibre", verify: true, dryRun: false });
    await dialog.deploy("chosen");
    const { msg, error } = await red.send("chosen");
    assert.equal(error, undefined);
    assert.equal(msg?.payload, "Fibre");
  });

  it("find acts and endpoints in one list, and show the form of an endpoint without an act alone", async () => {
    const { page } = dialog.editor;
    await dialog.open("previewed");
    await page.fill("#node-input-act", "priority");
    const found = await dialog.editor.listedRows();
    assert.match(found.join("\n"), /wan-priority\n[^]*^config\.wan\.connection\.priority/m);
    await page.locator(".homenet-list li", { hasText: "config.wan.connection.priority" }).click();

    assert.equal(await page.inputValue("#node-input-act"), "");
    assert.equal(await page.inputValue("#node-input-endpoint"), "config.wan.connection.priority");
    assert.equal(await page.locator(".homenet-form:visible").count(), 1);
    await page.fill("#node-input-act", "wan-enable");
    assert.equal(await page.locator(".homenet-form:visible").count(), 0);
  });

  it("show what an act would send, send nothing, and turn it into an endpoint and a body", async () => {
    const { page } = dialog.editor;
    await dialog.open("previewed");

    await page.click("#homenet-preview");
    await dialog.waitForRequests();
    const preview = await page.locator("#homenet-preview-result").innerText();
    await page.click("#homenet-to-path");
    await dialog.waitForRequests();
    await dialog.done();

    assert.match(preview, /^POST config\.wan\.connection\.priority\n\{\s+"instantActive": true/);
    assert.equal(router.wan("Harbour Wi-Fi").enable, false);
    const saved = await dialog.savedProperties("previewed", "act", "endpoint", "body");
    assert.deepEqual([saved["act"], saved["endpoint"]], ["", "config.wan.connection.priority"]);
    assert.deepEqual(JSON.parse(String(saved["body"])), { instantActive: true, list: [{ connId: 4, enable: true }] });
    await dialog.deploy("previewed");
    assert.equal((await red.send("previewed")).error, undefined);
    assert.equal(router.wan("Harbour Wi-Fi").enable, true);
  });
});
