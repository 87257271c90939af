import assert from "node:assert/strict";
import type { NodeRed } from "../support/harness/node-red";
import { omadaController } from "../support/harness/platforms";
import { shareEditor, TIMEOUT_MS, type Editor } from "./browser";

describe("A flow that leaves out what has a default, in Chromium", function () {
  this.timeout(3 * TIMEOUT_MS);
  let red: NodeRed;
  let editor: Editor;
  shareEditor((opened) => ({ red, editor } = opened));

  /** What the editor says of a node: whether it is valid, and its numbers. */
  const inspect = (id: string): Promise<[valid: boolean, numbers: unknown[]]> =>
    editor.page.evaluate((nodeId) => {
      const { RED } = globalThis as unknown as { RED: { nodes: { node(id: string): Record<string, unknown> } } };
      const node = RED.nodes.node(nodeId);
      const numbers = ["timeout", "concurrency", "queue", "interval", "settle", "limit"].map((name) => node[name]);
      return [node["valid"] === true, numbers.filter((number) => number !== undefined)];
    }, id);

  it("is valid, and stays valid when its dialogs are opened and closed by Done, which show the defaults", async () => {
    const { controller } = await omadaController();
    const { url: server, clientId, clientSecret } = controller;
    const place = { x: 200, controller: "omada" };
    await red.deploy([
      { id: "omada", type: "omada-controller", server, credentials: { clientId, clientSecret } },
      { ...place, id: "query", type: "omada-query", path: "sites", y: 100 },
      { ...place, id: "event", type: "omada-event", source: "clients", y: 200 },
    ]);
    await editor.reload();
    for (const id of ["omada", "query", "event"]) assert.deepEqual(await inspect(id), [true, []], id);

    for (const id of ["query", "event"]) {
      await editor.edit(id);
      if (id === "query") await editor.editConfig("controller");
      if (id === "query") await editor.done();
      await editor.done();
    }

    assert.deepEqual(await inspect("omada"), [true, ["15", "4", "1000"]]);
    assert.deepEqual(await inspect("query"), [true, ["0"]]);
    assert.deepEqual(await inspect("event"), [true, ["30", "1"]]);
  });
});
