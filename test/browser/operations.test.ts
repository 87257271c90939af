import assert from "node:assert/strict";
import type { Message, NodeRed } from "../support/harness/node-red";
import { OmadaController } from "../support/simulators/omada/controller";
import { TIMEOUT_MS } from "./browser";
import { createNodes, openEditor, type Dialog } from "./dialog-fixture";
import { COMMAND, configOf, HOSTILE, makeHostile, QUERY } from "./operation-fixture";

describe("The dialogs that search for an operation of a controller", function () {
  this.timeout(2 * TIMEOUT_MS);
  const controllers: OmadaController[] = [];
  let controller: OmadaController;
  let red: NodeRed;
  let dialog: Dialog;

  const start = async (options: object = {}): Promise<OmadaController> => {
    const started = await OmadaController.start(options);
    controllers.push(started);
    return started;
  };

  before(async function () {
    controller = await start({ version: "6.1.0" });
    const [hostile, unreachable] = [await start(), await start()];
    makeHostile(hostile);
    const configs = [configOf("omada", controller), configOf("hostile", hostile), configOf("unreachable", unreachable)];
    await unreachable.close();
    const queries = createNodes("omada-query", QUERY, {
      wans: {},
      sites: { site: "", path: "sites/{siteId}/devices" },
      alerts: {},
      posted: {},
      hostileQuery: { controller: "hostile", params: JSON.stringify({ [HOSTILE]: 1, many: [HOSTILE] }) },
      unreachableQuery: { controller: "unreachable" },
      newQuery: {},
    });
    const commands = createNodes("omada-command", COMMAND, { poe: {}, forget: {} });
    ({ red, dialog } = await openEditor(this, [...configs, ...queries, ...commands]));
  });

  afterEach(async () => {
    await dialog.closeAll();
    assert.deepEqual(dialog.editor.consoleErrors.splice(0), [], "the browser's console");
  });

  after(async () => {
    await dialog?.editor.close();
    await Promise.all(controllers.map((started) => started.close()));
  });

  it("find an operation by words, draw its form, and list values for its path, with the keyboard alone", async () => {
    const { page } = dialog.editor;
    await dialog.open("wans");
    const gateway = controller.device("Harbour gateway");

    const found = await dialog.search("wan gateway");
    assert.match(found[0] ?? "", /^Show the state of a gateway's WAN ports .*GET sites\/\{siteId\}\/gateways/);
    await page.keyboard.press("Enter");
    await dialog.waitForRequests();

    assert.equal(await page.inputValue("#homenet-operation"), "Show the state of a gateway's WAN ports");
    assert.match(
      await dialog.editor.text("#homenet-operation-about"),
      /\d+ operations, as described by your controller.*6\.1\.0/,
    );
    assert.deepEqual(await dialog.fields(), ["gatewayMac*"]);
    await dialog.row("gatewayMac").locator("input").press("ArrowDown");
    const gateways = await dialog.editor.listedRows();
    assert.equal(gateways.length, 1, gateways.join("\n"));
    assert.match(gateways[0] ?? "", /^Harbour gateway gateway ·/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await dialog.done();

    const saved = await dialog.savedProperties("wans", "method", "path", "pathType", "params", "paramsType");
    assert.deepEqual(saved, {
      method: "GET",
      path: "sites/{siteId}/gateways/{gatewayMac}/wan-status",
      pathType: "str",
      params: JSON.stringify({ gatewayMac: gateway.mac }),
      paramsType: "json",
    });
    await dialog.deploy("wans");
    const { msg } = await red.send("wans");
    assert.deepEqual(
      namesIn(msg),
      gateway.wans.map(({ name }) => name),
    );
  });

  it("list the sites of the controller", async () => {
    await dialog.open("sites");

    const sites = await dialog.editor.openList("#node-input-site");
    assert.deepEqual(
      sites.map((site) => site.split(" ")[0]),
      ["Harbour", "Depot"],
    );
    await dialog.editor.page.locator(".homenet-list li", { hasText: "Depot" }).click();
    await dialog.done();

    assert.deepEqual(await dialog.savedProperties("sites", "site", "siteType"), { site: "Depot", siteType: "str" });
  });

  it("show types, choices and required fields of the parameters", async () => {
    const { page } = dialog.editor;
    await dialog.open("alerts");
    await dialog.choose("alerts");

    assert.deepEqual(await dialog.fields(), [
      "filters.timeStart*",
      "filters.timeEnd*",
      "filters.module",
      "filters.resolved",
    ]);
    const modules = await dialog.row("filters.module").locator("option").allInnerTexts();
    assert.deepEqual(modules, ["", "System", "Device", "Client"]);
    assert.match(await page.locator(".homenet-form-hint").innerText(), /msg\.params is used/);

    await dialog.fill("filters.timeStart", "yesterday");
    assert.match(await dialog.row("filters.timeStart").innerText(), /Enter a whole number\./);
    assert.match(await dialog.row("filters.timeEnd").innerText(), /This field is required/);
    await dialog.fill("filters.timeStart", "1700000000000");
    await dialog.fill("filters.timeEnd", "1700086400000");
    await dialog.fill("filters.resolved", "false");
    assert.equal(await page.locator(".homenet-form-row .input-error").count(), 0);
    await dialog.done();

    const { params } = await dialog.savedProperties("alerts", "params");
    assert.equal(
      params,
      '{"filters.timeStart":1700000000000,"filters.timeEnd":1700086400000,"filters.resolved":false}',
    );
  });

  it("show the body of a list that is read by POST, and a page only if one page is read", async () => {
    const { page } = dialog.editor;
    await dialog.open("posted");
    await dialog.choose("list the clients of");
    assert.equal(await page.inputValue("#node-input-method"), "POST");
    assert.deepEqual(await dialog.fields(), [
      "scope",
      "searchKey",
      "sorts",
      "filters.wireless",
      "filters.apMacs",
      "filters.not",
    ]);

    await dialog.row("searchKey").locator("input").focus();
    await page.evaluate(() => {
      const { $ } = globalThis as unknown as JQueryWindow;
      $("#node-input-paging").val("one").trigger("change");
    });
    await dialog.waitForRequests();
    assert.deepEqual((await dialog.fields()).slice(0, 3), ["page", "pageSize", "scope"]);
    const focused = await page
      .locator("*:focus")
      .evaluate((input) => input.closest("[data-name]")?.getAttribute("data-name"));
    assert.equal(focused, "searchKey", "the cursor stays in its field when the form is drawn again");

    assert.equal(await dialog.row("scope").locator("option").first().innerText(), "default: 1");
    await dialog.fill("pageSize", "2");
    await dialog.fill("scope", "3");
    await dialog.fill("filters.wireless", "true");
    await dialog.fill("sorts", '{"name": "asc"}');
    await dialog.done();
    const { params } = await dialog.savedProperties("posted", "params");
    assert.deepEqual(JSON.parse(String(params)), {
      pageSize: 2,
      scope: 3,
      filters: { wireless: true },
      sorts: { name: "asc" },
    });
    await dialog.deploy("posted");
    const { msg } = await red.send("posted");
    assert.deepEqual(namesIn(msg), ["Stranger"]);
  });

  it("fill in the body of a command, and set its method", async () => {
    const { page } = dialog.editor;
    await dialog.open("poe");
    const { mac, ports } = controller.device("Harbour switch");
    await dialog.choose("poe mode port");
    assert.deepEqual(await dialog.fields(), ["switchMac*", "port*", "poeMode*"]);
    assert.equal(await page.inputValue("#node-input-method"), "PUT");
    assert.equal(await page.locator("#homenet-confirm-note").isVisible(), false);

    await dialog.fill("switchMac", mac);
    await dialog.fill("port", "3");
    await dialog.fill("poeMode", "0");
    await dialog.done();

    assert.deepEqual(await dialog.savedProperties("poe", "method", "params", "body"), {
      method: "PUT",
      params: JSON.stringify({ switchMac: mac, port: "3" }),
      body: '{"poeMode":0}',
    });
    await dialog.deploy("poe");
    for (const port of ports) port.profileOverrideEnable = true;
    const { error } = await red.send("poe");
    assert.equal(error, undefined);
    assert.equal(ports.find(({ port }) => port === 3)?.poeMode, 0);
  });

  it("warn of destructive operations, and find only operations that write", async () => {
    const { page } = dialog.editor;
    await dialog.open("forget");

    const found = await dialog.search("device");
    // Acts come first, and have no method.
    const operations = found.filter((row) => !/ device-\w+$| firmware-upgrade$/.test(row));
    assert.ok(operations.length > 1 && found.length > operations.length, found.join("\n"));
    assert.ok(
      operations.every((row) => / (POST|PUT|PATCH|DELETE) /.test(row)),
      found.join("\n"),
    );
    const forget = (await dialog.search("forget")).join("");
    assert.match(forget, /Forget a device .*destructive/);
    await page.keyboard.press("Enter");
    await dialog.waitForRequests();
    const nothing = await dialog.search("zebra");

    assert.match(nothing.join(), /^Nothing was found for these words/);
    assert.ok(await page.locator("#homenet-confirm-note").isVisible());
    assert.match(await page.locator(".form-row", { has: page.locator("#node-input-body") }).innerText(), /no body/);
  });

  it("show the texts of a hostile controller as text", async () => {
    const { page } = dialog.editor;
    await dialog.open("hostileQuery");

    assert.match(await page.inputValue("#homenet-operation"), /^<img src=x onerror/);
    assert.match(await page.locator(".homenet-form").first().innerText(), /<img src=x onerror/);
    assert.match((await dialog.editor.openList("#node-input-site"))[0] ?? "", /^<img src=x onerror/);
    await page.keyboard.press("Escape");
    assert.match((await dialog.search("sites"))[0] ?? "", /<script>window\.hacked=2/);
    await page.keyboard.press("Enter");
    await dialog.waitForRequests();
    await dialog.fill("with", HOSTILE);
    await dialog.done();

    assert.equal(await page.evaluate(() => (globalThis as { hacked?: unknown }).hacked), undefined);
    assert.equal(
      JSON.parse(String((await dialog.savedProperties("hostileQuery", "params"))["params"]))["with"],
      HOSTILE,
    );
  });

  it("use the bundled table, and say why, if the controller cannot be reached", async () => {
    await dialog.open("unreachableQuery");

    assert.match((await dialog.search("site list"))[0] ?? "", /GET sites$/);
    assert.match(await dialog.editor.text("#homenet-operation-about"), /bundled table/);
    await dialog.editor.page.keyboard.press("Enter");
    await dialog.waitForRequests();
    assert.ok((await dialog.fields()).includes("searchKey"));
  });

  it("are those of the bundled table while the controller is not deployed", async () => {
    const { page } = dialog.editor;
    await dialog.open("newQuery");
    await page.evaluate(() => {
      const { $ } = globalThis as unknown as JQueryWindow;
      $("#node-input-controller").append('<option value="fresh">fresh</option>').val("fresh").trigger("change");
    });
    await dialog.waitForRequests();

    assert.match(await dialog.editor.text("#homenet-operation-about"), /The operations of a bundled table are shown/);
    assert.match((await dialog.search("wan status gateway"))[0] ?? "", /wan-status$/);
  });
});

const namesIn = (msg: Message = {}): string[] => (msg.payload as { name: string }[]).map(({ name }) => name);

interface JQuery {
  val(value: string): JQuery;
  append(html: string): JQuery;
  trigger(event: string): JQuery;
}
interface JQueryWindow {
  $: (selector: string) => JQuery;
}
