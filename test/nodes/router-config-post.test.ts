import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { apiOf, payloadOf, sentBodies } from "../support/harness/peplink-flow";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const PRIORITY = "config.wan.connection.priority";
const PREFER_CELLULAR = { list: [{ connId: 3, priority: 1 }] };

describe("router-config-post", () => {
  afterEach(assertNoSecretLeaked);

  it("posts the payload, and returns the response in the same message", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });

    const { msg } = await red.send("post", { payload: PREFER_CELLULAR, topic: "kept" });

    assert.deepEqual(msg?.payload, { 3: { name: "Cellular", priority: 1, group: 0, enable: true }, order: [3] });
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"]], ["kept", 200]);
    assert.deepEqual(apiOf(msg), { platform: "router", operation: PRIORITY, attempts: 1, applied: false });
    assert.deepEqual(sentBodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("posts the body in its settings, whatever the payload is", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY, body: JSON.stringify(PREFER_CELLULAR) } });

    await red.send("post", { payload: { list: [] } });

    assert.deepEqual(sentBodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("posts the message property that its settings name, to the endpoint of the message", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "", body: "change", bodyType: "msg" } });

    await red.send("post", { endpoint: PRIORITY, change: PREFER_CELLULAR });

    assert.deepEqual(sentBodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("posts an object that a Function node created", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });

    await red.send("post", { payload: runInNewContext(`(${JSON.stringify(PREFER_CELLULAR)})`) });

    assert.deepEqual(sentBodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("accepts a payload that is JSON text", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });

    await red.send("post", { payload: JSON.stringify(PREFER_CELLULAR) });

    assert.deepEqual(sentBodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("changes what router-status reads afterwards", async () => {
    const { red } = await peplinkFlow({ post: { endpoint: PRIORITY }, status: { shape: "list" } });
    await red.send("post", { payload: { instantActive: true, ...PREFER_CELLULAR } });

    const { msg } = await red.send("status", { params: { id: [3] } });

    const [cellular] = payloadOf<[{ id: number; name: string; priority: number }]>(msg);
    assert.deepEqual([cellular.id, cellular.name, cellular.priority], [3, "Cellular", 1]);
  });

  it("returns the notice of the router in `msg.api`", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.ap" } });

    const { msg } = await red.send("post", { payload: { enable: false } });

    assert.deepEqual(apiOf(msg)["notice"], { status: "alpha" });
    assert.equal(router.world.isAccessPointOn, false);
  });

  for (const [what, payload] of Object.entries({
    "a list": [PREFER_CELLULAR],
    "a Buffer": Buffer.from(JSON.stringify(PREFER_CELLULAR)),
    "text that is not JSON": "priority 1",
    "JSON text of an array": "[1]",
    "blank text": "",
    "a number": 1,
    "a boolean": true,
    "a date": new Date(),
    "a map": new Map([["list", []]]),
    null: null,
    undefined: undefined,
  })) {
    it(`refuses a body that is ${what}, without a request`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });

      const { error } = await red.send("post", { payload });

      assert.deepEqual([error?.code, error?.cause["operation"]], ["input", PRIORITY]);
      assert.match(error?.message ?? "", /^The body must be an object/);
      assert.deepEqual(router.server.journal, []);
    });
  }

  it("refuses a body that refers to itself, without a request", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });
    const payload: { list: unknown[] } = { list: [] };
    payload.list.push(payload);

    const { error } = await red.send("post", { payload });

    assert.equal(error?.code, "input");
    assert.deepEqual(router.server.journal, []);
  });

  it("refuses every endpoint that does not write, without a request", async () => {
    const { red, router } = await peplinkFlow();
    const reads = ["status.wan.connection", "info.time", "status.cellularModule.temperature"];
    const signIn = ["login", "logout", "auth.client", "auth.token.grant", "auth.token.revoke", "system.action"];
    const invalidNames = [
      "config",
      "cmd",
      "config.",
      "config..wan",
      "cmd/ap",
      "config.../login",
      "cmd.ap?x=1",
      "",
      "  ",
    ];

    const codes = new Map<string, unknown>();
    for (const endpoint of [...reads, ...signIn, ...invalidNames])
      codes.set(endpoint, (await red.send("post", { endpoint, payload: { enable: true } })).error?.code);

    assert.deepEqual(new Set(codes.values()), new Set(["input"]));
    assert.deepEqual(router.server.journal, []);
  });

  it("refuses a body with an access token, without a request", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.ap" } });

    const { error } = await red.send("post", { payload: { enable: true, accessToken: "mine" } });

    assert.equal(error?.code, "input");
    assert.deepEqual(router.server.journal, []);
  });
});

describe("router-config-post with a command that takes no body", () => {
  afterEach(assertNoSecretLeaked);

  for (const [what, payload] of Object.entries({
    "a timestamp": Date.now(),
    "a timestamp as text": new Date().toISOString(),
    "a date": new Date(),
    undefined: undefined,
    "blank text": "",
  })) {
    it(`applies the pending changes if the payload is ${what}`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.config.apply" } });

      const { msg } = await red.send("post", { payload });

      assert.deepEqual([msg?.payload, router.appliedCount()], [null, 1]);
      assert.deepEqual(sentBodies(router, "cmd.config.apply"), [""]);
    });
  }

  it("does not post what an earlier node has read, which may hold masked secrets", async () => {
    const { red, router } = await peplinkFlow({
      status: { endpoint: "config.ssid.profile" },
      post: { endpoint: "cmd.config.apply" },
    });
    const { msg } = await red.send("status");

    await red.send("post", { ...msg });

    assert.deepEqual(sentBodies(router, "cmd.config.apply"), [""]);
  });

  it("restarts the router if that is confirmed and the payload is a timestamp", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.system.reboot", confirm: true } });

    const { msg } = await red.send("post", { payload: Date.now() });

    assert.deepEqual([msg?.payload, router.world.rebootCount], [null, 1]);
  });

  it("posts the optional parameters of the command", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.system.reboot", confirm: true } });

    await red.send("post", { payload: { firmwareId: 1 } });

    assert.deepEqual(sentBodies(router, "cmd.system.reboot"), [{ firmwareId: 1 }]);
  });
});
