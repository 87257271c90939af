import assert from "node:assert/strict";
import { apiOf, asReadOnlyClient, asUser, respondWith } from "../support/harness/peplink-flow";
import { FAILURES } from "./peplink-failures";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const STATUS = "status.wan.connection";
const PRIORITY = "config.wan.connection.priority";
const READ_CONFIG = { endpoint: "config.ssid.profile" };

describe("A Peplink node", () => {
  afterEach(assertNoSecretLeaked);

  for (const [what, { settings, prepare, send, code, message, cause }] of Object.entries(FAILURES)) {
    it(`fails with "${code}" for ${what}`, async () => {
      const { red, router } = await peplinkFlow(settings);
      await prepare?.(router);

      const { error } = await red.send(send?.node ?? "status", { topic: "kept", ...send?.msg });

      assert.equal(error?.code, code);
      assert.match(error.message, message);
      assert.deepEqual(error.cause, { platform: "router", retryable: false, ...cause });
      await red.until(() => red.ended(error.source.id) === 1);
      const status = red.statuses(error.source.id).at(-1);
      const text = code === "config" ? "router-status.status.not-configured" : error.message.replace(/\. .*/s, "");
      assert.deepEqual([status?.fill, status?.shape], [code === "config" ? "grey" : "red", "ring"]);
      assert.ok(text.startsWith(status?.text?.replace(/…$/, "") ?? "?"), status?.text);
    });
  }

  it('fails with "busy" for the message that finds the queue full, and for no other', async () => {
    const { red, router } = await peplinkFlow({ router: { concurrency: 1, queue: 1 } });
    router.server.injectFault({ kind: "delay", ms: 50 });

    for (let i = 0; i < 3; i++) red.inject("status", { payload: i });
    await red.until(() => red.ended("status") === 3);

    const [caught] = red.caught();
    assert.equal(red.sent("status").length, 2);
    assert.deepEqual([red.caught().length, caught?.payload, caught?.error.code], [1, 2, "busy"]);
    assert.match(caught?.error.message ?? "", /queue is full/);
  });

  it("retries a read whose connection breaks twice, and counts the attempts", async () => {
    const { red, router } = await peplinkFlow();
    await red.send("status");
    router.server.injectFault({ kind: "reset" }, { times: 2 });

    const { msg } = await red.send("status");

    assert.equal(apiOf(msg)["attempts"], 3);
  });

  it("gives up a read after three attempts", async () => {
    const { red, router } = await peplinkFlow();
    await red.send("status");
    respondWith(router, STATUS, "", { status: 503 });

    const { caught, error } = await red.send("status");

    assert.deepEqual([error?.code, apiOf(caught)["attempts"], router.calls(STATUS)], ["busy", 3, 4]);
  });

  it("waits as long as the router asks, and shows that it waits", async () => {
    const { red, router } = await peplinkFlow();
    router.server.injectFault(
      { kind: "response", status: 503, headers: { "retry-after": "1" } },
      { when: ({ path }) => path.endsWith(STATUS) },
    );
    const started = Date.now();

    const { msg } = await red.send("status");
    await red.until(() => red.ended("status") === 1);

    assert.ok(Date.now() - started >= 990);
    assert.equal(apiOf(msg)["attempts"], 2);
    const statuses = red.statuses("status").map(({ fill, shape }) => `${fill} ${shape}`);
    assert.deepEqual(statuses, ["blue ring", "yellow ring", "blue ring", "green dot"]);
  });

  it("shows an error as its status until the next message succeeds", async () => {
    const { red, router } = await peplinkFlow();
    router.failWithInternalError(3);
    await red.send("status");

    await red.send("status");
    await red.until(() => red.ended("status") === 2);

    assert.deepEqual(red.statuses("status").at(-1), { fill: "green", shape: "dot", text: "router-status.status.done" });
  });

  it("removes `statusCode` and `api` of an earlier node from a message that fails without a request", async () => {
    const { red } = await peplinkFlow();

    const { caught } = await red.send("status", { endpoint: "login", statusCode: 200, api: { platform: "kasa" } });

    assert.deepEqual([caught?.["statusCode"], caught?.["api"]], [undefined, undefined]);
  });
});

describe("A Peplink node with a read-only client", () => {
  afterEach(assertNoSecretLeaked);

  for (const [what, node, msg] of [
    ["read the configuration", "status", { endpoint: "config.ssid.profile" }],
    ["read by POST", "status", { endpoint: "status.cellularModule.temperature", params: { connId: 3 } }],
    ["change the configuration", "post", { endpoint: PRIORITY, payload: { list: [{ connId: 1 }] } }],
    ["send a command", "post", { endpoint: "cmd.ap", payload: { enable: true } }],
  ] as const) {
    it(`names the scope that it needs to ${what}`, async () => {
      const { red, router } = await peplinkFlow({ router: asReadOnlyClient });

      const { error } = await red.send(node, msg);

      assert.equal(error?.code, "forbidden");
      assert.match(error.message, /needs the scope "api", not "api\.read-only"/);
      assert.equal(error.cause["vendorCode"], 401);
      assert.equal(router.calls(msg.endpoint), 2);
    });
  }

  it("does not sign in again for each refusal", async () => {
    const { red, router } = await peplinkFlow({ router: asReadOnlyClient });

    for (let i = 0; i < 5; i++) await red.send("status", READ_CONFIG);

    assert.equal(router.signInAttempts(), 2);
  });

  it("can still read the status", async () => {
    const { red } = await peplinkFlow({ router: asReadOnlyClient });
    await red.send("status", READ_CONFIG);

    const { msg } = await red.send("status");

    assert.equal(msg?.["statusCode"], 200);
  });
});

describe("The error of a Peplink node whose router quotes secrets", () => {
  afterEach(assertNoSecretLeaked);

  it("contains no client id, client secret, token or e-mail address", async () => {
    const credentials = { clientId: "panel", clientSecret: "between us" };
    const { red, router } = await peplinkFlow({ router: { credentials } });
    respondWith(router, "auth.token.grant", { stat: "ok", response: { accessToken: "a b c" } });
    const message = "panel, between us, a b c, keeper@lighthouse.example: no";
    respondWith(router, STATUS, { stat: "fail", code: 999, message });

    const { error } = await red.send("status");

    assert.equal(error?.cause["vendorMessage"], "***, ***, ***, *** no");
    assert.match(error.message, /^The router declined: \*\*\*, \*\*\*, \*\*\*, \*\*\* no\./);
  });

  it("contains no user name and no password", async () => {
    const credentials = { username: "keeper", password: "mind the steps" };
    const { red, router } = await peplinkFlow({ router: { mode: "user", credentials } });
    respondWith(router, "login", { stat: "fail", code: 301, message: "keeper: mind the steps" });

    const { error } = await red.send("status");

    assert.equal(error?.cause["vendorMessage"], "***: ***");
  });

  it("contains no cookie", async () => {
    const { red, router } = await peplinkFlow({ router: asUser({ username: "keeper", password: "any" }) });
    const headers = { "set-cookie": ["locale=en", "bauth=tide-table; Path=/"] };
    respondWith(router, "login", { stat: "ok" }, { headers });
    respondWith(router, STATUS, { stat: "fail", message: "locale=en; bauth=tide-table: tide-table is over" });

    const { error } = await red.send("status");

    assert.equal(error?.cause["vendorMessage"], "***: *** is over");
  });
});
