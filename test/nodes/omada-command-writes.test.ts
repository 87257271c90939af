import assert from "node:assert/strict";
import { apiOf, codesOf, isWrite, respondWith } from "../support/harness/omada-flow";
import type { OmadaController } from "../support/simulators/omada/controller";
import type { Fault } from "../support/simulators/simulated-server";
import { assertNoSecretLeaked, commandFlow } from "./omada-fixture";

const LED = "sites/{siteId}/led";
const PUT_LED = { method: "PUT", path: LED };
const OFF = { payload: { enable: false } };

const areLedsOn = (controller: OmadaController, site = "Harbour"): boolean => controller.site(site).ledEnable;

describe("omada-command writes", () => {
  afterEach(assertNoSecretLeaked);

  const lost: [code: string, fault: Fault, isDone: boolean][] = [
    ["network", { kind: "reset" }, true],
    ["network", { kind: "cut" }, true],
    ["timeout", { kind: "hang" }, false],
    ["timeout", { kind: "drip", everyMs: 100 }, true],
  ];
  for (const [code, fault, isDone] of lost) {
    it(`once even if the response is lost (${fault.kind})`, async () => {
      const { send, controller } = await commandFlow(PUT_LED, { omada: { timeout: 0.4 } });
      controller.server.injectFault(fault, { times: 9, when: isWrite });

      const { error, caught } = await send(OFF);

      assert.deepEqual([error?.code, error?.cause["retryable"]], [code, false]);
      assert.deepEqual([controller.calls(/^PUT /), apiOf(caught)["attempts"]], [1, 1]);
      assert.equal(areLedsOn(controller), !isDone);
    });
  }

  for (const status of [429, 502, 503, 504]) {
    it(`once even if the controller responds with HTTP ${status}`, async () => {
      const { send, controller } = await commandFlow(PUT_LED);
      respondWith(controller, /led$/, { status, headers: { "retry-after": "0" }, body: "" }, 9);

      const { error } = await send(OFF);

      assert.equal(error?.cause["retryable"], error?.code === "busy");
      assert.equal(controller.calls(/^PUT /), 1);
    });
  }

  it("again if the connection was refused, three times in all", async () => {
    const { send, controller } = await commandFlow(PUT_LED);
    await send(OFF);
    await controller.close();

    const { error, caught } = await send(OFF);

    assert.deepEqual([error?.code, error?.cause["retryable"]], ["network", true]);
    assert.equal(apiOf(caught)["attempts"], 3);
  });

  for (const [what, expire] of [
    ["-44112", (controller: OmadaController) => controller.expireTokens()],
    ["-44113", (controller: OmadaController) => controller.invalidateTokens()],
  ] as const) {
    it(`again after an invalid token (${what}), because the first request had no effect`, async () => {
      const { send, controller } = await commandFlow(PUT_LED);
      await send({ payload: { enable: true } });
      expire(controller);

      const { msg } = await send(OFF);

      assert.equal(apiOf(msg)["attempts"], 2);
      assert.deepEqual([controller.calls(/^PUT /), areLedsOn(controller)], [3, false]);
    });
  }

  it("no third time if a new token is refused as well", async () => {
    const { send, controller } = await commandFlow({ ...PUT_LED, site: "600000000000000000000001" });
    await send({ payload: { enable: true } });
    controller.refuseEveryToken = true;

    const { error, caught } = await send(OFF);

    assert.deepEqual(codesOf(error), ["sign-in", -44112]);
    assert.deepEqual([controller.calls(/^PUT /), apiOf(caught)["attempts"]], [3, 2]);
    assert.equal(areLedsOn(controller), true);
  });

  it("not again if the response to the repeated request is lost", async () => {
    const { send, controller } = await commandFlow(PUT_LED);
    await send({ payload: { enable: true } });
    controller.expireTokens();
    let requests = 0;
    controller.server.injectFault({ kind: "reset" }, { when: (request) => isWrite(request) && ++requests === 2 });

    const { error } = await send(OFF);

    assert.equal(error?.code, "network");
    assert.deepEqual([controller.calls(/^PUT /), areLedsOn(controller)], [3, false]);
  });
});

describe("The status of omada-command", () => {
  afterEach(assertNoSecretLeaked);

  it("shows that it is busy, an error, and that the next message succeeded", async () => {
    const { red, send, controller } = await commandFlow(PUT_LED);
    respondWith(controller, /led$/, { body: { errorCode: -33004, msg: "Busy now." } });

    await send(OFF);
    await send(OFF);
    await red.until(() => red.statuses("command").length === 4);

    assert.deepEqual(
      red.statuses("command").map(({ fill, shape, text }) => [fill, shape, text]),
      [
        ["blue", "ring", "omada-command.status.requesting"],
        ["red", "ring", "The controller declined: Busy now"],
        ["blue", "ring", "omada-command.status.requesting"],
        ["green", "dot", "omada-command.status.done"],
      ],
    );
  });

  it("shows that it waits for the rate limit", async () => {
    const { red } = await commandFlow(PUT_LED, { omada: { rate: 2 } });

    for (let message = 0; message < 2; message++) red.inject("command", { ...OFF });
    await red.until(() => red.ended("command") === 2);

    const shown = red.statuses("command").map(({ fill, shape }) => `${fill} ${shape}`);
    assert.ok(shown.includes("yellow ring"), shown.join());
  });

  it("shows that no controller is selected", async () => {
    const { red, send } = await commandFlow({ ...PUT_LED, controller: "" });

    await send(OFF);

    assert.deepEqual(red.statuses("command").at(-1), {
      fill: "grey",
      shape: "ring",
      text: "omada-command.status.not-configured",
    });
  });
});
