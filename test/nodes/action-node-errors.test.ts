import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { failRequests, PlatformError } from "../support/harness/action-flow";
import type { CaughtError, FlowRunner, Message } from "../support/harness/flow-runner";
import { kasaCloud } from "../support/harness/platforms";
import { actionFlow, actorFlow, assertNoSecretLeaked } from "./action-fixture";

describe("A message that fails in an action node", () => {
  afterEach(assertNoSecretLeaked);

  async function fail(
    red: FlowRunner,
    message: Message = {},
    id = "status",
  ): Promise<{ error: CaughtError; caught: Message }> {
    const { error, caught } = await red.send(id, message);
    assert.ok(error && caught, "it should have failed");
    return { error, caught };
  }

  it("reaches the Catch node with one shape of error, and nothing else", async () => {
    const { red, router } = await actionFlow({ name: "the time" });
    const body = { stat: "fail", code: 999, message: "Not now, see https://10.0.0.1/?token=sesame" };
    failRequests(router, { kind: "response", body });

    const { error, caught } = await fail(red, { topic: "a" });

    const { message, cause, ...rest } = error;
    const source = { id: "status", type: "router-status", name: "the time", count: 1 };
    assert.deepEqual(rest, { code: "rejected", source });
    assert.match(message, /^[A-Z].*\.$/);
    assert.doesNotMatch(message, /sesame|10\.0\.0\.1|Error:/);
    const vendor = { vendorCode: 999, vendorMessage: "Not now, see ***" };
    assert.deepEqual(cause, {
      platform: "router",
      operation: "info.time",
      statusCode: 200,
      ...vendor,
      retryable: false,
    });
    assert.equal(Object.getPrototypeOf(cause), Object.prototype);
    assert.equal(caught["topic"], "a");
    assert.equal(caught["statusCode"], 200);
    const { durationMs: _, ...api } = caught["api"] as Record<string, unknown>;
    assert.deepEqual(api, { platform: "router", operation: "info.time", attempts: 1 });
  });

  it("is not sent, and completes once", async () => {
    const { red, router } = await actionFlow();
    failRequests(router, { kind: "response", status: 404 });
    await fail(red);
    await sleep(20);
    assert.deepEqual([red.sent("status").length, red.ended("status"), red.caught().length], [0, 1, 1]);
  });

  it("loses what an earlier node left in its properties if there is no response", async () => {
    const { red, router } = await actionFlow();
    await router.close();
    const { error, caught } = await fail(red, {
      statusCode: 200,
      api: { platform: "kasa", rows: 1 },
      payload: "kept",
    });
    assert.equal(error.code, "network");
    assert.deepEqual(error.cause, { platform: "router", operation: "info.time", retryable: true });
    assert.equal("statusCode" in caught, false);
    assert.notEqual((caught["api"] as { platform?: string } | undefined)?.platform, "kasa");
    assert.equal(caught.payload, "kept");
  });

  it("loses what an earlier node left in its properties if there is no request", async () => {
    const { red } = await actionFlow({ endpoint: "../login" });
    const { error, caught } = await fail(red, { statusCode: 200, api: { platform: "kasa" } });
    assert.equal(error.code, "input");
    assert.deepEqual(["statusCode" in caught, "api" in caught], [false, false]);
  });

  it("says how long the platform asks to wait", async () => {
    const { red, router } = await actionFlow();
    failRequests(router, { kind: "response", status: 429, headers: { "retry-after": "45" } });
    const { error } = await fail(red);
    assert.equal(error.code, "busy");
    assert.deepEqual(error.cause, {
      platform: "router",
      operation: "info.time",
      statusCode: 429,
      retryAfterMs: 45_000,
      retryable: true,
    });
  });

  for (const [what, router, config] of [
    ["is missing", "nobody", {}],
    ["was never selected", undefined, {}],
    ["is disabled", "router", { d: true }],
    ["is another kind of node", "post", {}],
    ["is that of another platform", "kasa", {}],
  ] as const) {
    it(`because its config node ${what} has the code "config"`, async () => {
      const { account } = await kasaCloud();
      const { red } = await actionFlow({ router }, config, [account]);
      const { error } = await fail(red);
      assert.equal(error.code, "config");
      assert.match(error.message, /No config node is chosen, or it is disabled/);
      assert.deepEqual(error.cause, { platform: "router", operation: "router-status", retryable: false });
    });
  }

  for (const [what, message] of [
    [
      "a property that throws once",
      {
        get params(): unknown {
          Object.defineProperty(this, "params", { value: {}, enumerable: true });
          throw new Error("sesame");
        },
      },
    ],
    [
      "a property that throws something that is not an error",
      {
        get params(): unknown {
          Object.defineProperty(this, "params", { value: {}, enumerable: true });
          throw new Proxy({}, { get: () => assert.fail("sesame") });
        },
      },
    ],
    [
      "an object that throws when its keys are read",
      { params: new Proxy({}, { ownKeys: () => assert.fail("sesame") }) },
    ],
  ] as [string, Message][]) {
    it(`because of ${what} has a code as well, and the runtime goes on`, async () => {
      const { red } = await actionFlow();
      const errors = await red.errorsDuring("status", async () => {
        red.inject("status", message);
        await red.until(() => red.ended("status") === 1);
      });
      assert.deepEqual(
        errors.map((error) => error?.code),
        ["input"],
      );
      assert.match(
        String(errors[0]?.message),
        /Something in the message or in the node's settings cannot be read \(\w+\)/,
      );
      assert.doesNotMatch(JSON.stringify([errors[0]?.message, red.log]), /sesame/);
      assert.equal((await red.send("status")).error, undefined);
    });
  }

  it("because it is frozen causes no request", async () => {
    const { red, router } = await actionFlow();
    const message = Object.freeze({ _msgid: "m", payload: 1 });
    const { error } = await fail(red, message);
    assert.deepEqual([error.code, router.server.journal], ["input", []]);
    assert.match(error.message, /frozen/);
    assert.deepEqual(message, { _msgid: "m", payload: 1 });
  });

  it("because it accepts no properties has a code as well", async () => {
    const { red } = await actionFlow();
    const immutable = new Proxy(
      { _msgid: "m" },
      {
        set: () => false,
        deleteProperty: () => false,
        defineProperty: () => false,
      },
    );
    const errors = await red.errorsDuring("status", async () => {
      red.inject("status", immutable);
      await red.until(() => red.ended("status") === 1);
    });
    assert.deepEqual(
      errors.map((error) => error?.code),
      ["protocol"],
    );
  });

  it("does not end the runtime even if Node-RED cannot report the error", async () => {
    const { red } = await actionFlow({ endpoint: "../login" });
    const errors = await red.errorsDuring("status", async () => {
      red.inject("status", new Proxy({ _msgid: "m" }, { ownKeys: () => assert.fail("no") }));
      await red.until(() => red.ended("status") === 1);
      await sleep(20);
    });
    assert.deepEqual(
      errors.map((error) => error?.code),
      ["input"],
    );
  });
});

describe("An error in an action node", () => {
  afterEach(assertNoSecretLeaked);

  for (const [code, retryable] of [
    ["input", false],
    ["config", false],
    ["sign-in", false],
    ["forbidden", false],
    ["not-found", false],
    ["rejected", false],
    ["unsupported", false],
    ["offline", true],
    ["busy", true],
    ["network", true],
    ["tls", false],
    ["timeout", true],
    ["protocol", false],
    ["cancelled", false],
  ] as const) {
    it(`with the code "${code}" says whether it is retryable`, async () => {
      const { red } = await actorFlow(async ({ call }) => {
        call.trace.operation = "act";
        throw new PlatformError(code, "It is so. Do this.", { statusCode: 200, vendorCode: -1 });
      });
      const { error, caught } = await red.send("actor");
      assert.deepEqual([error?.code, error?.message], [code, "It is so. Do this."]);
      const cause = { platform: "router", operation: "act", statusCode: 200, vendorCode: -1, retryable };
      assert.deepEqual(error?.cause, cause);
      assert.equal(caught?.["statusCode"], 200);
      assert.deepEqual(red.statuses("actor").at(-1), { fill: "red", shape: "ring", text: "It is so" });
    });
  }

  for (const [what, thrown, type] of [
    ["a programming error", new TypeError("sesame"), "TypeError"],
    ["a text", "sesame", "string"],
    ["undefined", undefined, "undefined"],
    ["an object that cannot be inspected", new Proxy({}, { get: () => assert.fail("sesame") }), "object"],
  ] as const) {
    it(`has a code if ${what} is thrown after a request`, async () => {
      const { red } = await actorFlow(async ({ call }) => {
        call.trace.attempts = 1;
        throw thrown;
      });
      const { error } = await red.send("actor");
      assert.deepEqual([error?.code, error?.cause["retryable"]], ["protocol", false]);
      assert.match(error?.message ?? "", new RegExp(`unexpected error occurred in this node \\(${type}\\)`));
      assert.doesNotMatch(JSON.stringify([error, red.log]), /sesame/);
    });
  }

  it("has a code if the node throws synchronously", async () => {
    const { red } = await actorFlow(() => {
      throw new RangeError("sesame");
    });
    assert.equal((await red.send("actor")).error?.code, "input");
  });

  it("does not end the runtime if its report throws as well", async () => {
    const { red } = await actorFlow(() => Promise.reject(new PlatformError("offline", "It is off.")));
    const rejections: unknown[] = [];
    const listener = (reason: unknown): void => void rejections.push(reason);
    process.prependListener("unhandledRejection", listener);
    red.node<{ error: unknown }>("actor").error = () => assert.fail("no");
    red.inject("actor");
    await red.until(() => red.ended("actor") === 1);
    await sleep(20);
    process.off("unhandledRejection", listener);
    assert.deepEqual(rejections, []);
  });
});
