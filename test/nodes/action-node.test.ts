import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { failRequests, sentRequests, untilRequested } from "../support/harness/action-flow";
import type { FlowRunner, Message } from "../support/harness/flow-runner";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import { actionFlow, actorFlow, assertNoSecretLeaked } from "./action-fixture";

describe("A message that passes an action node", () => {
  afterEach(assertNoSecretLeaked);

  it("is sent as the same object, with all its other properties", async () => {
    const { red } = await actionFlow();
    const res = { end: () => undefined };
    const message: Message = {
      topic: "a",
      payload: "b",
      parts: { id: "p", index: 1 },
      res,
      custom: { deep: [1] },
      _msgid: "m",
    };

    const { msg } = await red.send("status", message);

    assert.equal(msg, message);
    const { payload, statusCode, api, ...rest } = message;
    assert.deepEqual(rest, { topic: "a", parts: { id: "p", index: 1 }, res, custom: { deep: [1] }, _msgid: "m" });
    assert.equal(typeof (payload as { time: unknown }).time, "number");
    assert.equal(statusCode, 200);
    assert.ok(api);
  });

  it("describes the call in `msg.api`: platform, operation, attempts and duration", async () => {
    const { red, router } = await actionFlow();
    failRequests(router, { kind: "reset" }, 1);

    const { msg } = await red.send("status");

    const { durationMs, ...api } = (msg ?? {})["api"] as Record<string, unknown>;
    assert.deepEqual(api, { platform: "router", operation: "info.time", attempts: 2 });
    assert.ok(Number.isInteger(durationMs) && (durationMs as number) >= 0);
    assert.equal(red.ended("status"), 1);
    assert.deepEqual(red.caught(), []);
  });

  it("loses what an earlier node left in these properties", async () => {
    const { red } = await actionFlow();
    const { msg } = await red.send("status", { payload: "old", statusCode: 418, api: { platform: "kasa", rows: 1 } });
    assert.equal(msg?.["statusCode"], 200);
    assert.equal((msg["api"] as { platform: string }).platform, "router");
    assert.equal((msg["api"] as { rows?: number }).rows, undefined);
  });

  it("keeps its parameters unchanged, whatever the node does with them", async () => {
    const params = { a: 1 };
    const { red } = await actorFlow(async ({ input }) => {
      const own = await input.params();
      delete own["a"];
      return own;
    });
    const { msg } = await red.send("actor", { params });
    assert.deepEqual([msg?.payload, params], [{}, { a: 1 }]);
  });
});

describe("Messages that arrive faster than the platform responds", () => {
  afterEach(assertNoSecretLeaked);

  const send = (red: FlowRunner, from: number, to: number): void => {
    for (let n = from; n <= to; n++) red.inject("status", { n, params: { n } });
  };
  const numbers = (router: PeplinkRouter): number[] => sentRequests(router).map(({ query }) => Number(query["n"]));

  it("are served in parallel up to the concurrency of the config node, in the order of arrival", async () => {
    const { red, router } = await actionFlow({}, { concurrency: 2 });
    let maxInFlight = 0;
    failRequests(router, { kind: "delay", ms: 40 });
    const timer = setInterval(
      () => (maxInFlight = Math.max(maxInFlight, numbers(router).length - red.sent("status").length)),
      5,
    );
    send(red, 1, 8);
    await red.until(() => red.sent("status").length === 8);
    clearInterval(timer);

    assert.equal(maxInFlight, 2);
    assert.deepEqual(numbers(router).toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(
      red.sent("status").map(({ n }) => Math.ceil(Number(n) / 2)),
      [1, 1, 2, 2, 3, 3, 4, 4],
    );
  });

  it("are served one by one with a concurrency of 1, strictly in order", async () => {
    const { red, router } = await actionFlow({}, { concurrency: "1" });
    send(red, 1, 20);
    await red.until(() => red.sent("status").length === 20);
    assert.deepEqual(
      numbers(router),
      [...numbers(router)].sort((a, b) => a - b),
    );
    assert.equal(router.signIns(), 1);
  });

  it("share the concurrency of their config node with those of other nodes", async () => {
    const nodes = [{ id: "other", type: "router-status", router: "router", endpoint: "info.firmware" }];
    const { red, router } = await actionFlow({}, { concurrency: 1 }, nodes);
    failRequests(router, { kind: "delay", ms: 100 }, 1);
    red.inject("status");
    red.inject("other");
    await untilRequested(router, 1);
    await sleep(30);
    assert.deepEqual(
      sentRequests(router).map(({ endpoint }) => endpoint),
      ["info.time"],
    );
    await red.until(() => red.sent("other").length === 1);
  });

  it("wait in a queue, and fail at once with `busy` beyond its limit", async () => {
    const { red, router } = await actionFlow({}, { concurrency: 1, queue: 2 });
    failRequests(router, { kind: "delay", ms: 60 });
    send(red, 1, 5);
    await red.until(() => red.caught().length === 2);
    assert.equal(red.sent("status").length, 0);
    for (const { error } of red.caught()) {
      assert.deepEqual([error.code, error.cause["retryable"]], ["busy", true]);
      assert.match(error.message, /queue is full: 2 messages/);
    }
    assert.deepEqual(
      red.caught().map(({ n }) => n),
      [4, 5],
    );

    await red.until(() => red.sent("status").length === 3);
    assert.deepEqual(numbers(router), [1, 2, 3]);
  });

  it("leave their place in the queue to others when they fail", async () => {
    const { red, router } = await actionFlow({}, { concurrency: 1, queue: 10 });
    failRequests(router, { kind: "response", status: 404 }, 3);
    send(red, 1, 5);
    await red.until(() => red.ended("status") === 5);
    assert.deepEqual([red.caught().length, red.sent("status").map(({ n }) => n)], [3, [4, 5]]);
  });
});
