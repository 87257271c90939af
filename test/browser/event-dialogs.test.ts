import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";
import { omadaController, peplinkRouter } from "../support/harness/platforms";
import { CONFIG_NODE_DEFAULTS, shareEditor, TIMEOUT_MS, type Editor } from "./browser";

const EVENT = { name: "", filter: "", interval: 30, settle: 1, initial: false, x: 200, y: 150 };

describe("The dialog of a trigger node, in Chromium", function () {
  this.timeout(2 * TIMEOUT_MS);
  let red: NodeRed;
  let editor: Editor;
  shareEditor((opened) => ({ red, editor } = opened));

  const press = (...keys: string[]): Promise<void> =>
    keys.reduce((before, key) => before.then(() => editor.page.keyboard.press(key)), Promise.resolve());

  it("adds to the names in a filter, the ID if a name is ambiguous, and quotes around a name with a comma", async () => {
    const { router, config } = await peplinkRouter();
    const wan = "<img src=x onerror=\"document.title='run'\">";
    const [first, second, third, twin] = router.wans;
    assert.ok(first && second && third && twin);
    second.name = wan;
    third.name = "with, comma";
    twin.name = first.name.toUpperCase();
    await red.deploy([
      { ...CONFIG_NODE_DEFAULTS, ...config },
      { ...EVENT, id: "event", type: "router-event", router: "router", source: "wan" },
    ]);
    await editor.reload();
    await editor.edit("event");
    const field = "#node-input-filter";

    await editor.openList(field);
    await editor.page.locator(".homenet-list li", { hasText: first.name }).first().click();
    await editor.page.keyboard.type(", <img");
    const found = await editor.listedRows();
    await press("Enter");
    await editor.page.keyboard.type(", comma");
    await editor.listedRows();
    // A text that is longer than its field scrolls in it: the list stays.
    await press("Home", "End");
    await editor.page.waitForTimeout(200);
    await press("Enter");

    assert.equal(found.length, 1);
    assert.equal(await editor.page.inputValue(field), `${first.id}, ${wan}, "with, comma"`);
    assert.equal(await editor.page.locator("img[src=x]").count(), 0);
    await editor.cancel();
  });

  it("names the events of what an event node watches, and the only config node is chosen for a new node", async () => {
    const { config } = await peplinkRouter();
    await red.deploy([{ ...CONFIG_NODE_DEFAULTS, ...config }]);
    await editor.reload();
    await editor.edit(await editor.drag("router-event", 200, 150));
    const field = "#node-input-events";

    const router = await editor.page.inputValue("#node-input-router");
    const wan = await editor.openList(field);
    await press("ArrowDown", "Enter");
    await editor.page.keyboard.type(", act");
    await editor.listedRows();
    await press("Enter");
    const chosen = await editor.page.inputValue(field);
    await editor.page.selectOption("#node-input-source", "vpn");
    const vpn = await editor.openList(field);
    const topics = await editor.page.innerText("#homenet-event-topics");
    const kept = await editor.page.inputValue(field);
    const shown: boolean[][] = [];
    for (const source of ["vpn", "latency", "sms"]) {
      await editor.page.selectOption("#node-input-source", source);
      const fields = ["threshold", "settle", "initial"].map((name) => editor.page.isVisible(`#node-input-${name}`));
      shown.push(await Promise.all(fields));
    }

    assert.deepEqual(shown, [
      [false, true, true],
      [true, true, true],
      [false, false, false],
    ]);
    assert.equal(router, "router");
    assert.deepEqual(wan, ["wan-up", "wan-down", "wan-standby", "wan-active-changed"]);
    assert.equal(chosen, "wan-up, wan-active-changed");
    assert.deepEqual(vpn, ["vpn-up", "vpn-down"]);
    assert.match(topics, /vpn-up, vpn-down$/);
    assert.equal(kept, "", "events of the other source are dropped");
    await editor.cancel();
  });

  it("changes with the source and the site that an event node watches", async () => {
    const { config } = await omadaController();
    const omada = { ...EVENT, id: "event", type: "omada-event", controller: "omada", source: "clients", site: "" };
    await red.deploy([{ ...CONFIG_NODE_DEFAULTS, ...config }, omada]);
    await editor.reload();
    await editor.edit("event");

    const several = await editor.openList("#node-input-filter");
    await editor.openList("#node-input-site");
    await press("ArrowDown", "Enter");
    const clients = await editor.openList("#node-input-filter");
    await press("Escape");
    await editor.page.selectOption("#node-input-source", "devices");
    const devices = await editor.openList("#node-input-filter");
    const site = editor.page.locator("#node-input-site").locator("..");
    const before = await site.isVisible();
    await editor.page.selectOption("#node-input-source", "global");
    const isSiteShown = [before, await site.isVisible()];

    assert.match(several.join(), /Till/, "a blank site stands for all of them");
    assert.deepEqual(isSiteShown, [true, false], "the controller itself is at no site");
    assert.equal(await editor.page.inputValue("#node-input-site"), "Harbour");
    assert.ok(clients.length > 1 && devices.length > 1);
    assert.notDeepEqual(clients, devices);
    await editor.cancel();
  });
});
