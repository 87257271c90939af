import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { FlowNode, NodeRed } from "../support/harness/node-red";
import { isPage, isWrite } from "../support/harness/omada-flow";
import { until } from "../support/http-fixture";
import type { OmadaController } from "../support/simulators/omada/controller";
import { assertNoSecretLeaked, commandFlow, omadaFlow, omadaFlowWithClients } from "./omada-fixture";

const LED = { path: "sites/{siteId}/led", site: "Harbour" };
const PUT_LED = { method: "PUT", path: LED.path };
const OFF = { payload: { enable: false } };

const redeploy = (red: NodeRed, flow: FlowNode[]): Promise<void> =>
  red.deploy(
    flow.map((node) => ({ ...node, name: "renamed" })),
    "nodes",
  );

const areLedsOn = (controller: OmadaController): boolean => controller.site("Harbour").ledEnable;

describe("A deploy", () => {
  afterEach(assertNoSecretLeaked);

  it("cancels the messages of omada-query", async () => {
    const { red, controller, flow } = await omadaFlow();
    controller.server.injectFault({ kind: "hang" }, { times: 9, when: ({ path }) => path.endsWith("/led") });

    const errors = await red.errorsDuring("query", async () => {
      for (let message = 0; message < 6; message++) red.inject("query", LED);
      await until(() => controller.calls(/led$/) === 4);
      await redeploy(red, flow);
    });

    assert.deepEqual(
      errors.map((error) => [error?.code, error?.cause["retryable"]]),
      Array.from({ length: 6 }, () => ["cancelled", false]),
    );
  });

  it("cancels a list that omada-query has fetched in part", async () => {
    const { red, controller, flow, site } = await omadaFlowWithClients(60, { query: { output: "pages" } });
    controller.server.injectFault({ kind: "hang" }, { when: isPage(3) });

    const errors = await red.errorsDuring("query", async () => {
      red.inject("query", { path: "sites/{siteId}/clients", site, params: { pageSize: 10 } });
      await until(() => controller.server.journal.some(isPage(3)));
      await redeploy(red, flow);
    });

    assert.deepEqual(
      errors.map((error) => error?.code),
      ["cancelled"],
    );
  });

  for (const [what, path] of [
    ["the list of sites", /sites$/],
    ["the Omada ID", /info$/],
  ] as const) {
    it(`cancels messages that wait for ${what}`, async () => {
      const { red, controller, flow } = await omadaFlow({ omada: { omadacId: "" } });
      controller.server.injectFault({ kind: "hang" }, { when: (request) => path.test(request.path) });

      const errors = await red.errorsDuring("query", async () => {
        for (let message = 0; message < 3; message++) red.inject("query", LED);
        await until(() => controller.calls(path) === 1);
        await redeploy(red, flow);
      });

      assert.deepEqual(new Set(errors.map((error) => error?.code)), new Set(["cancelled"]));
      assert.equal(controller.calls(path), 1);
    });
  }

  it("cancels the messages of omada-command, and writes nothing for those that still wait", async () => {
    const { red, controller, flow } = await commandFlow(PUT_LED, { omada: { concurrency: 2 } });
    controller.server.injectFault({ kind: "hang" }, { times: 9, when: isWrite });

    const errors = await red.errorsDuring("command", async () => {
      for (let message = 0; message < 5; message++) red.inject("command", { ...OFF });
      await until(() => controller.calls(/^PUT /) === 2);
      await redeploy(red, flow);
    });
    await sleep(50);

    assert.deepEqual(
      errors.map((error) => [error?.code, error?.cause["retryable"]]),
      Array.from({ length: 5 }, () => ["cancelled", false]),
    );
    assert.equal(controller.calls(/^PUT /), 2);
    assert.equal(areLedsOn(controller), true);
  });

  it("does not undo a write that the controller has received already", async () => {
    const { red, controller, flow } = await commandFlow(PUT_LED);
    controller.server.injectFault({ kind: "delay", ms: 200 }, { when: isWrite });

    const errors = await red.errorsDuring("command", async () => {
      red.inject("command", { ...OFF });
      await until(() => controller.calls(/^PUT /) === 1);
      await redeploy(red, flow);
    });
    await until(() => !areLedsOn(controller));

    assert.deepEqual(
      errors.map((error) => error?.code),
      ["cancelled"],
    );
    assert.equal(controller.calls(/^PUT /), 1);
  });

  it("with a corrected secret ends the refusal of a controller at once", async () => {
    const { red, controller, config, flow } = await omadaFlow({
      omada: ({ clientId }: OmadaController) => ({ credentials: { clientId, clientSecret: "wrong-secret" } }),
    });
    await red.send("query", LED);
    const { clientId, clientSecret } = controller;
    await red.deploy([{ ...config, credentials: { clientId, clientSecret } }, ...flow.slice(1)], "nodes");

    const { msg } = await red.send("query", LED);

    assert.deepEqual(msg?.payload, { enable: true });
  });
});
