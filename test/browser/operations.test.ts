import assert from "node:assert/strict";
import type { Message, NodeRed } from "../support/harness/node-red";
import { OmadaController } from "../support/simulators/omada/controller";
import { PATIENCE_MS } from "./browser";
import { CONNECTION, editing, placed, type Dialog } from "./dialog";

const TYPES = { siteType: "str", pathType: "str", paramsType: "json" };
const QUERY = {
  ...TYPES,
  controller: "omada",
  site: "Harbour",
  method: "GET",
  path: "sites",
  params: "",
  limit: 0,
  paging: "all",
  output: "array",
};
const COMMAND = {
  ...TYPES,
  controller: "omada",
  site: "Harbour",
  method: "POST",
  path: "sites/{siteId}/led",
  params: "",
  body: "",
  bodyType: "json",
  confirm: false,
};
const ALERTS = "sites/{siteId}/logs/alerts";
const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>$t(form.blank)__count__';

/** Written by hand, in all ways that the nodes take. */
const BY_HAND = '{\n  "filters": {"timeStart": 1700000000000, "own": [1]},\n  "filters.timeEnd": 2,\n  "mine": true\n}';
const ODDLY_SPACED = '{ "filters" : {"timeStart":1},\t"mine": "ü \\" " }';

/** Texts that no form can hold, and what is said of them. */
const TEXTS: Record<string, [settings: { params: string; paramsType?: string }, says: RegExp]> = {
  "that is no JSON": [{ params: '{"filters.resolved": tr' }, /no JSON/],
  "that is no object": [{ params: "[1, 2]" }, /no object/],
  "with a number that is too long": [{ params: '{"id": 123456789012345678901}' }, /write differently/],
  "that comes with the message": [{ params: "filter", paramsType: "msg" }, /not JSON/],
};

describe("The dialogs that search for an operation of a controller", function () {
  this.timeout(2 * PATIENCE_MS);
  const controllers: OmadaController[] = [];
  let controller: OmadaController;
  let red: NodeRed;
  let dialog: Dialog;

  const start = async (options: object = {}): Promise<OmadaController> => {
    const started = await OmadaController.start(options);
    controllers.push(started);
    return started;
  };
  const configOf = (id: string, { url, fingerprint, omadacId, clientId, clientSecret }: OmadaController) => {
    const credentials = { clientId, clientSecret };
    return { ...CONNECTION, id, type: "omada-controller", server: url, fingerprint, omadacId, rate: 1000, credentials };
  };

  before(async function () {
    controller = await start({ version: "6.1.0" });
    const [hostile, gone] = [await start(), await start()];
    describeHostilely(hostile);
    const configs = [configOf("omada", controller), configOf("hostile", hostile), configOf("gone", gone)];
    await gone.close();
    const queries = placed("omada-query", QUERY, {
      wans: {},
      sites: { site: "", path: "sites/{siteId}/devices" },
      alerts: {},
      posted: {},
      byHand: { path: `/openapi/v1/{omadacId}/${ALERTS}`, params: BY_HAND },
      untouched: { path: ALERTS, params: ODDLY_SPACED },
      unknown: { path: "sites/{siteId}/made/{up}/list", params: '{"up":"1"}' },
      hostileQuery: { controller: "hostile", params: JSON.stringify({ [HOSTILE]: 1, many: [HOSTILE] }) },
      goneQuery: { controller: "gone" },
      fresh: {},
      ...Object.fromEntries(Object.entries(TEXTS).map(([what, [settings]]) => [what, { path: ALERTS, ...settings }])),
    });
    const commands = placed("omada-command", COMMAND, { poe: {}, forget: {} });
    ({ red, dialog } = await editing(this, [...configs, ...queries, ...commands]));
  });

  afterEach(async () => {
    await dialog.leave();
    assert.deepEqual(dialog.editor.complaints.splice(0), [], "the browser's console");
  });

  after(async () => {
    await dialog?.editor.close();
    await Promise.all(controllers.map((started) => started.close()));
  });

  it("find it by words, draw its form, and list what has a place in its path: all by the keyboard", async () => {
    const { page } = dialog.editor;
    await dialog.open("wans");
    const gateway = controller.device("Harbour gateway");

    const found = await dialog.search("wan gateway");
    assert.match(found[0] ?? "", /^Show the state of a gateway's WAN ports .*GET sites\/\{siteId\}\/gateways/);
    await page.keyboard.press("Enter");
    await dialog.quiet();

    assert.equal(await page.inputValue("#homenet-operation"), "Show the state of a gateway's WAN ports");
    assert.match(await dialog.editor.text("#homenet-operation-about"), /\d+ operations, as your controller.*6\.1\.0/);
    assert.deepEqual(await dialog.fields(), ["gatewayMac*"]);
    await dialog.row("gatewayMac").locator("input").press("ArrowDown");
    const gateways = await dialog.editor.listed();
    assert.equal(gateways.length, 1, gateways.join("\n"));
    assert.match(gateways[0] ?? "", /^Harbour gateway gateway ·/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await dialog.done();

    const saved = await dialog.saved("wans", "method", "path", "pathType", "params", "paramsType");
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

  it("list the sites", async () => {
    await dialog.open("sites");

    const sites = await dialog.editor.openList("#node-input-site");
    assert.deepEqual(
      sites.map((site) => site.split(" ")[0]),
      ["Harbour", "Depot"],
    );
    await dialog.editor.page.locator(".homenet-list li", { hasText: "Depot" }).click();
    await dialog.done();

    assert.deepEqual(await dialog.saved("sites", "site", "siteType"), { site: "Depot", siteType: "str" });
  });

  it("ask for types, allowed values and what has to be given", async () => {
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
    assert.match(await dialog.row("filters.timeStart").innerText(), /whole number\./);
    assert.match(await dialog.row("filters.timeEnd").innerText(), /has to be given/);
    await dialog.fill("filters.timeStart", "1700000000000");
    await dialog.fill("filters.timeEnd", "1700086400000");
    await dialog.fill("filters.resolved", "false");
    assert.equal(await page.locator(".homenet-form-row .input-error").count(), 0);
    await dialog.done();

    const { params } = await dialog.saved("alerts", "params");
    assert.equal(
      params,
      '{"filters.timeStart":1700000000000,"filters.timeEnd":1700086400000,"filters.resolved":false}',
    );
  });

  it("ask for a page only where one is wanted, and for the body of a list that is read by POST", async () => {
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
    await dialog.quiet();
    assert.deepEqual((await dialog.fields()).slice(0, 3), ["page", "pageSize", "scope"]);
    const focused = await page
      .locator("*:focus")
      .evaluate((input) => input.closest("[data-name]")?.getAttribute("data-name"));
    assert.equal(focused, "searchKey", "drawn anew, it keeps the place where somebody types");

    assert.equal(await dialog.row("scope").locator("option").first().innerText(), "default: 1");
    await dialog.fill("pageSize", "2");
    await dialog.fill("scope", "3");
    await dialog.fill("filters.wireless", "true");
    await dialog.fill("sorts", '{"name": "asc"}');
    await dialog.done();
    const { params } = await dialog.saved("posted", "params");
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

  it("fill in a command's body, with its method set", async () => {
    const { page } = dialog.editor;
    await dialog.open("poe");
    const { mac, ports } = controller.device("Harbour switch");
    await dialog.choose("poe port");
    assert.deepEqual(await dialog.fields(), ["switchMac*", "port*", "poeMode*"]);
    assert.equal(await page.inputValue("#node-input-method"), "PUT");
    assert.equal(await page.locator("#homenet-confirm-note").isVisible(), false);

    await dialog.fill("switchMac", mac);
    await dialog.fill("port", "3");
    await dialog.fill("poeMode", "0");
    await dialog.done();

    assert.deepEqual(await dialog.saved("poe", "method", "params", "body"), {
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

  it("warn of what destroys, and find only what writes", async () => {
    const { page } = dialog.editor;
    await dialog.open("forget");

    const found = await dialog.search("device");
    assert.ok(found.length > 1 && found.every((row) => / (POST|PUT|PATCH|DELETE) /.test(row)), found.join("\n"));
    const forget = (await dialog.search("forget")).join("");
    assert.match(forget, /Forget a device .*destroys/);
    await page.keyboard.press("Enter");
    await dialog.quiet();
    const nothing = await dialog.search("zebra");

    assert.match(nothing.join(), /^Nothing is found by these words/);
    assert.ok(await page.locator("#homenet-confirm-note").isVisible());
    assert.match(await page.locator(".form-row", { has: page.locator("#node-input-body") }).innerText(), /no body/);
  });

  it("open what was written by hand in the form, and change only what is touched", async () => {
    await dialog.open("byHand");

    assert.equal(await dialog.value("filters.timeStart"), "1700000000000");
    assert.equal(await dialog.value("filters.timeEnd"), "2");
    assert.match(await dialog.editor.text(".homenet-form-hint"), /sent as well: mine$/);
    await dialog.fill("filters.timeEnd", "1700086400000");
    await dialog.done();

    const saved = await dialog.saved("byHand", "path", "params");
    assert.equal(saved["path"], "/openapi/v1/{omadacId}/sites/{siteId}/logs/alerts");
    assert.deepEqual(JSON.parse(String(saved["params"])), {
      filters: { timeStart: 1700000000000, own: [1] },
      "filters.timeEnd": 1700086400000,
      mine: true,
    });
  });

  it("leave every letter alone when nothing is touched", async () => {
    await dialog.open("untouched");

    await dialog.asText("params");
    assert.equal(await dialog.row("filters.timeStart").count(), 0);
    await dialog.asForm("params");
    assert.equal(await dialog.value("filters.timeStart"), "1");
    await dialog.fill("filters.timeStart", "1");
    await dialog.done();

    assert.deepEqual(await dialog.saved("untouched", "params", "path"), { params: ODDLY_SPACED, path: ALERTS });
  });

  for (const [what, [settings, says]] of Object.entries(TEXTS)) {
    it(`show a text ${what} as it is, and say why`, async () => {
      const { page } = dialog.editor;
      await dialog.open(what);

      assert.deepEqual(await dialog.fields(), []);
      const row = page.locator(".form-row", { has: page.locator("#node-input-params") });
      assert.ok(await row.getByText(says).isVisible());
      assert.ok(await dialog.switch("params").getByRole("button", { name: "Form" }).isDisabled());
      await dialog.done();

      assert.deepEqual(await dialog.saved(what, ...Object.keys(settings)), settings);
    });
  }

  it("take any path, and ask for the places in one that nobody knows", async () => {
    const { page } = dialog.editor;
    await dialog.open("unknown");

    assert.deepEqual(await dialog.fields(), ["up*"]);
    assert.match(await dialog.editor.text("#homenet-operation-note"), /none of the operations/);
    await page.fill("#node-input-path + .red-ui-typedInput-container input", "../{up}");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    await dialog.quiet();
    assert.match(await dialog.editor.text("#homenet-operation-note"), /must not contain/);
    await dialog.done();

    assert.deepEqual(await dialog.saved("unknown", "path", "params"), { path: "../{up}", params: '{"up":"1"}' });
  });

  it("show a hostile controller's texts as the texts that they are", async () => {
    const { page } = dialog.editor;
    await dialog.open("hostileQuery");

    assert.match(await page.inputValue("#homenet-operation"), /^<img src=x onerror/);
    assert.match(await page.locator(".homenet-form").first().innerText(), /<img src=x onerror/);
    assert.match((await dialog.editor.openList("#node-input-site"))[0] ?? "", /^<img src=x onerror/);
    await page.keyboard.press("Escape");
    assert.match((await dialog.search("sites"))[0] ?? "", /<script>window\.hacked=2/);
    await page.keyboard.press("Enter");
    await dialog.quiet();
    await dialog.fill("with", HOSTILE);
    await dialog.done();

    assert.equal(await page.evaluate(() => (globalThis as { hacked?: unknown }).hacked), undefined);
    assert.equal(JSON.parse(String((await dialog.saved("hostileQuery", "params"))["params"]))["with"], HOSTILE);
  });

  it("fall back to the bundled table, say why, and go on", async () => {
    await dialog.open("goneQuery");

    assert.match((await dialog.search("site list"))[0] ?? "", /GET sites$/);
    assert.match(await dialog.editor.text("#homenet-operation-about"), /bundled table/);
    await dialog.editor.page.keyboard.press("Enter");
    await dialog.quiet();
    assert.ok((await dialog.fields()).includes("searchKey"));
  });

  it("ask to deploy first where the controller is not deployed", async () => {
    const { page } = dialog.editor;
    await dialog.open("fresh");
    await page.evaluate(() => {
      const { $ } = globalThis as unknown as JQueryWindow;
      $("#node-input-controller").append('<option value="fresh">fresh</option>').val("fresh").trigger("change");
    });
    await dialog.quiet();

    assert.match(await dialog.editor.text("#homenet-operation-about"), /Deploy first/);
    assert.match((await dialog.search("wan status gateway"))[0] ?? "", /wan-status$/);
  });
});

const namesIn = (msg: Message = {}): string[] => (msg.payload as { name: string }[]).map(({ name }) => name);

function describeHostilely(controller: OmadaController): void {
  const operation = {
    tags: [HOSTILE],
    summary: HOSTILE,
    operationId: HOSTILE,
    parameters: [
      { name: HOSTILE.slice(0, 60), in: "query", description: HOSTILE, schema: { type: "string", enum: [HOSTILE] } },
      { name: "many", in: "query", schema: { type: "array", items: { type: "string", enum: [HOSTILE] } } },
      { name: "__proto__", in: "query", description: HOSTILE },
      { name: "with", in: "query", schema: { type: "string", default: HOSTILE } },
    ],
  };
  const body = { paths: { "/openapi/v1/{omadacId}/sites": { get: operation } } };
  controller.server.injectFault({ kind: "response", body }, { times: 9, when: ({ path }) => path === "/v3/api-docs" });
  for (const site of controller.sites) site.name = `${HOSTILE}${site.name}`;
}

interface JQuery {
  val(value: string): JQuery;
  append(html: string): JQuery;
  trigger(event: string): JQuery;
}
interface JQueryWindow {
  $: (selector: string) => JQuery;
}
