import assert from "node:assert/strict";
import { OmadaController } from "../support/simulators/omada/controller";
import { TIMEOUT_MS } from "./browser";
import { createNodes, openEditor, type Dialog } from "./dialog-fixture";
import { ALERTS, configOf, QUERY } from "./operation-fixture";

/** Written by hand, in both spellings that the nodes accept. */
const BY_HAND = '{\n  "filters": {"timeStart": 1700000000000, "own": [1]},\n  "filters.timeEnd": 2,\n  "mine": true\n}';
const ODDLY_SPACED = '{ "filters" : {"timeStart":1},\t"mine": "ü \\" " }';

/** Texts that a form cannot show, and what is said about them. */
const TEXTS: Record<string, [settings: { params: string; paramsType?: string }, says: RegExp]> = {
  "is not JSON": [{ params: '{"filters.resolved": tr' }, /not valid JSON/],
  "is not an object": [{ params: "[1, 2]" }, /not a JSON object/],
  "has a number that is too long": [{ params: '{"id": 123456789012345678901}' }, /write differently/],
  "comes with the message": [{ params: "filter", paramsType: "msg" }, /not JSON/],
};

describe("The form beside a JSON text", function () {
  this.timeout(2 * TIMEOUT_MS);
  let controller: OmadaController;
  let dialog: Dialog;

  before(async function () {
    controller = await OmadaController.start({ version: "6.1.0" });
    const queries = createNodes("omada-query", QUERY, {
      byHand: { path: `/openapi/v1/{omadacId}/${ALERTS}`, params: BY_HAND },
      untouched: { path: ALERTS, params: ODDLY_SPACED },
      unknown: { path: "sites/{siteId}/made/{up}/list", params: '{"up":"1"}' },
      ...Object.fromEntries(Object.entries(TEXTS).map(([what, [settings]]) => [what, { path: ALERTS, ...settings }])),
    });
    ({ dialog } = await openEditor(this, [configOf("omada", controller), ...queries]));
  });

  afterEach(async () => {
    await dialog.closeAll();
    assert.deepEqual(dialog.editor.consoleErrors.splice(0), [], "the browser's console");
  });

  after(async () => {
    await dialog?.editor.close();
    await controller?.close();
  });

  it("opens JSON that was written by hand, and changes only what is edited", async () => {
    await dialog.open("byHand");

    assert.equal(await dialog.value("filters.timeStart"), "1700000000000");
    assert.equal(await dialog.value("filters.timeEnd"), "2");
    assert.match(await dialog.editor.text(".homenet-form-hint"), /sent as well: mine$/);
    await dialog.fill("filters.timeEnd", "1700086400000");
    await dialog.done();

    const saved = await dialog.savedProperties("byHand", "path", "params");
    assert.equal(saved["path"], "/openapi/v1/{omadacId}/sites/{siteId}/logs/alerts");
    assert.deepEqual(JSON.parse(String(saved["params"])), {
      filters: { timeStart: 1700000000000, own: [1] },
      "filters.timeEnd": 1700086400000,
      mine: true,
    });
  });

  it("leaves every character alone if nothing is edited", async () => {
    await dialog.open("untouched");

    await dialog.asText("params");
    assert.equal(await dialog.row("filters.timeStart").count(), 0);
    await dialog.asForm("params");
    assert.equal(await dialog.value("filters.timeStart"), "1");
    await dialog.fill("filters.timeStart", "1");
    await dialog.done();

    assert.deepEqual(await dialog.savedProperties("untouched", "params", "path"), {
      params: ODDLY_SPACED,
      path: ALERTS,
    });
  });

  for (const [what, [settings, says]] of Object.entries(TEXTS)) {
    it(`shows a text that ${what} as it is, and says why`, async () => {
      const { page } = dialog.editor;
      await dialog.open(what);

      assert.deepEqual(await dialog.fields(), []);
      const row = page.locator(".form-row", { has: page.locator("#node-input-params") });
      assert.ok(await row.getByText(says).isVisible());
      assert.ok(await dialog.formSwitch("params").getByRole("button", { name: "Form" }).isDisabled());
      await dialog.done();

      assert.deepEqual(await dialog.savedProperties(what, ...Object.keys(settings)), settings);
    });
  }

  it("accepts any path, and has a field for each placeholder in an unknown one", async () => {
    const { page } = dialog.editor;
    await dialog.open("unknown");

    assert.deepEqual(await dialog.fields(), ["up*"]);
    assert.match(await dialog.editor.text("#homenet-operation-note"), /not one of the listed operations/);
    await page.fill("#node-input-path + .red-ui-typedInput-container input", "../{up}");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    await dialog.waitForRequests();
    assert.match(await dialog.editor.text("#homenet-operation-note"), /must not contain/);
    await dialog.done();

    assert.deepEqual(await dialog.savedProperties("unknown", "path", "params"), {
      path: "../{up}",
      params: '{"up":"1"}',
    });
  });
});
