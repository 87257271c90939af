import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { NODE_RED, type NodeRedRuntime } from "../../scripts/node-red";
import {
  failRequests,
  LightAbortController,
  MessageSequence,
  sentRequests,
  untilRequested,
} from "../support/harness/action-flow";
import type { FlowNode } from "../support/harness/flow-runner";
import { nodeRed } from "../support/harness/node-red";
import { countSockets, idleMsDuring, until } from "../support/http-fixture";
import { actionFlow, actorFlow, assertNoSecretLeaked } from "./action-fixture";

const GREY = { fill: "grey", shape: "ring", text: "not configured" };
const BLUE = { fill: "blue", shape: "ring", text: "requesting" };

/** A node as the editor deploys it if its credentials did not change. */
function withoutCredentials(node: FlowNode): FlowNode {
  const { credentials: _, ...rest } = node;
  return rest;
}

describe("A deploy", () => {
  afterEach(assertNoSecretLeaked);

  it("cancels every message that is in flight or waits, even if the platform hangs", async () => {
    const { red, router, flow } = await actionFlow({}, { concurrency: 2 });
    failRequests(router, { kind: "hang" });
    let idleMs = Infinity;
    const errors = await red.errorsDuring("status", async () => {
      for (let n = 0; n < 200; n++) red.inject("status");
      await untilRequested(router, 2);
      idleMs = await idleMsDuring(() => red.deploy(flow));
    });
    assert.deepEqual(
      errors.map((error) => error?.code),
      Array.from({ length: 200 }, () => "cancelled"),
    );
    assert.ok(idleMs < 1000, `${idleMs} ms`);
    assert.equal(sentRequests(router).length, 2);
  });

  for (const [count, text] of [
    [1, "1 message was under way"],
    [7, "7 messages were under way"],
  ] as const) {
    it(`leaves one line in the log when it cancels ${count}`, async () => {
      const { red, router, flow } = await actionFlow({}, { concurrency: 2 });
      failRequests(router, { kind: "hang" });
      await red.errorsDuring("status", async () => {
        for (let n = 0; n < count; n++) red.inject("status");
        await untilRequested(router, Math.min(count, 2));
        await red.deploy(flow);
      });

      const lines = red.deployLog.filter((line) => line.startsWith(text));
      assert.equal(lines.length, 1);
    });
  }

  it("cancels a message that arrives while the node closes, without a request", async () => {
    const { red, router, flow } = await actionFlow();
    failRequests(router, { kind: "hang" }, 1);
    const node = red.node<{ receive(msg: object): void }>("status");
    const { hooks } = require(NODE_RED) as NodeRedRuntime;
    let isFirst = true;
    hooks.add("onComplete.late", ({ node: { id } }: { node: { id: string } }) => {
      if (id !== "status" || !isFirst) return;
      isFirst = false;
      node.receive({});
    });
    const errors = await red.errorsDuring("status", async () => {
      red.inject("status");
      await untilRequested(router, 1);
      await red.deploy(flow);
      await sleep(50);
    });
    hooks.remove("onComplete.late");
    assert.deepEqual(
      errors.map((error) => error?.code),
      ["cancelled", "cancelled"],
    );
    assert.equal(sentRequests(router).length, 1);
  });

  it("cancels a message whose action never ends", async () => {
    const { red, flow } = await actorFlow(() => new Promise(() => undefined));
    const errors = await red.errorsDuring("actor", async () => {
      red.inject("actor");
      await red.deploy(flow);
    });
    assert.deepEqual(
      errors.map((error) => error?.code),
      ["cancelled"],
    );
  });

  it("prevents a result that comes later from being sent", async () => {
    let finish: ((payload: unknown) => void) | undefined;
    const { red, flow } = await actorFlow(() => new Promise((resolve) => (finish = resolve)));
    const sent = await red.sentDuring("actor", async () => {
      red.inject("actor");
      await sleep(20);
      await red.deploy(flow);
      finish?.("late");
      await sleep(20);
    });
    assert.deepEqual(sent, []);
  });

  it("prevents the rest of a result that is sent as several messages from being sent", async () => {
    let proceed: (() => void) | undefined;
    async function* result(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      await new Promise<void>((resolve) => (proceed = resolve));
      yield 3;
      yield 4;
    }
    const { red, flow } = await actorFlow(async () => new MessageSequence(result()));
    const sent = await red.sentDuring("actor", async () => {
      red.inject("actor");
      await red.until(() => red.sent("actor").length === 1);
      await red.deploy(flow);
      proceed?.();
      await sleep(20);
    });
    assert.deepEqual(
      sent.map(({ payload }) => payload),
      [1],
    );
  });

  for (const [what, settings, endpoint, fault] of [
    ["a sign-in", {}, "auth.token.grant", { kind: "hang" }],
    ["the rate limit", { rate: 0.01 }, "info.time", { kind: "delay", ms: 1 }],
    ["a retry", {}, "info.time", { kind: "response", status: 503, headers: { "retry-after": "30" } }],
  ] as const) {
    it(`cancels messages that wait for ${what}`, async () => {
      const { red, router, flow } = await actionFlow({}, settings);
      failRequests(router, fault, Infinity, endpoint);

      const errors = await red.errorsDuring("status", async () => {
        for (let n = 0; n < 5; n++) red.inject("status");
        await until(() => router.server.journal.length > 0);
        await sleep(20);
        await red.deploy(flow);
      });

      assert.deepEqual(
        errors.map((error) => error?.code),
        Array.from({ length: 5 }, () => "cancelled"),
      );
    });
  }

  it("of an action node alone cancels its messages, and keeps the session", async () => {
    const { red, router, flow } = await actionFlow();
    await red.send("status");
    failRequests(router, { kind: "hang" }, 1);
    const errors = await red.errorsDuring("status", async () => {
      red.inject("status");
      await untilRequested(router, 2);
      const changed = flow
        .map(withoutCredentials)
        .map((node) => (node.id === "status" ? { ...node, name: "new" } : node));
      await red.deploy(changed, "nodes");
    });
    assert.deepEqual(
      errors.map((error) => error?.code),
      ["cancelled"],
    );

    assert.equal((await red.send("status")).error, undefined);

    assert.equal(router.signIns(), 1);
  });

  it("twenty times leaves no message pending and no socket open", async () => {
    const before = countSockets();
    const { red, router, flow } = await actionFlow({}, { concurrency: 2 });
    failRequests(router, { kind: "hang" });
    const errors = await red.errorsDuring("status", async () => {
      for (let deploy = 0; deploy < 20; deploy++) {
        const requests = sentRequests(router).length;
        for (let n = 0; n < 3; n++) red.inject("status");
        await untilRequested(router, requests + 2);
        await red.deploy(flow);
      }
    });
    assert.deepEqual(
      errors.map((error) => error?.code),
      Array.from({ length: 60 }, () => "cancelled"),
    );
    router.server.clearFaults();
    await red.send("status");
    await red.deploy([]);
    await until(() => countSockets() <= before);
    assert.equal(countSockets(), before);
  });
});

describe("The status of an action node", () => {
  afterEach(assertNoSecretLeaked);

  it("is grey from the start if no config node is selected, and after each message", async () => {
    const red = await nodeRed();
    const flow: FlowNode[] = [{ id: "status", type: "router-status", router: "none" }];
    assert.deepEqual(await red.statusesDuring("status", () => red.deploy(flow)), [GREY]);
    assert.deepEqual(await red.statusesDuring("status", () => red.send("status")), [BLUE, GREY]);
  });

  it("is empty until the first message, and again after a deploy", async () => {
    const red = await nodeRed();
    await red.deploy([]);
    const statuses = await red.statusesDuring("status", async () => {
      const { flow } = await actionFlow();
      await red.deploy(flow);
    });
    assert.deepEqual(statuses, []);
  });

  it("is cleared by a deploy, and not set by the messages that it cancels", async () => {
    const { red, router, flow } = await actionFlow();
    failRequests(router, { kind: "hang" });
    red.inject("status");
    await untilRequested(router, 1);
    assert.deepEqual(await red.statusesDuring("status", () => red.deploy(flow)), [{}]);
  });
});

describe("Messages that have ended", () => {
  afterEach(assertNoSecretLeaked);

  it("leave no abort controller behind, whether they succeed or fail", async () => {
    const { red, router } = await actionFlow();
    const controllersAfter = async (to: number): Promise<number> => {
      const first = red.ended("status") + 1;
      failRequests(router, { kind: "response", status: 404 }, 5);
      for (let n = first; n <= to; n++) red.inject("status");
      await red.until(() => red.ended("status") === to);
      return queryObjects(LightAbortController, { format: "count" });
    };
    const before = await controllersAfter(10);
    const after = await controllersAfter(110);
    assert.ok(after < before + 10, `${after} after 110 messages, ${before} after 10`);
  });
});
