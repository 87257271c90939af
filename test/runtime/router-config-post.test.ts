import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { answering, apiOf, asked, asUser, bodies, payloadOf, routerFlow, secretsAreKept } from "./router-fixture";

const PRIORITY = "config.wan.connection.priority";
const WAN = "config.wan.connection";
const PREFER_CELLULAR = { list: [{ connId: 3, priority: 1 }] };
const PLACEHOLDER = "@~HiDdEn~@";

describe("router-config-post", () => {
  afterEach(secretsAreKept);

  it("posts the payload, and hands on the answer in the same message", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });

    const { msg } = await red.send("post", { payload: PREFER_CELLULAR, topic: "kept" });

    assert.deepEqual(msg?.payload, { 3: { name: "Cellular", priority: 1, group: 0, enable: true }, order: [3] });
    assert.deepEqual([msg?.["topic"], msg?.["statusCode"]], ["kept", 200]);
    assert.deepEqual(apiOf(msg), { platform: "router", operation: PRIORITY, attempts: 1, applied: false });
    assert.deepEqual(bodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("posts the body in its settings, whatever the payload is", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: PRIORITY, body: JSON.stringify(PREFER_CELLULAR) } });

    await red.send("post", { payload: { list: [] } });

    assert.deepEqual(bodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("posts the body at the place of the message that its settings name, to the endpoint that the message names", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: "", body: "change", bodyType: "msg" } });

    await red.send("post", { endpoint: PRIORITY, change: PREFER_CELLULAR });

    assert.deepEqual(bodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("posts an object that a Function node made in a world of its own", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });

    await red.send("post", { payload: runInNewContext(`(${JSON.stringify(PREFER_CELLULAR)})`) });

    assert.deepEqual(bodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("reads a payload that is JSON text", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });

    await red.send("post", { payload: JSON.stringify(PREFER_CELLULAR) });

    assert.deepEqual(bodies(router, PRIORITY), [PREFER_CELLULAR]);
  });

  it("reads back the new priority", async () => {
    const { red } = await routerFlow({ post: { endpoint: PRIORITY }, status: { shape: "list" } });
    await red.send("post", { payload: { instantActive: true, ...PREFER_CELLULAR } });

    const { msg } = await red.send("status", { params: { id: [3] } });

    const [cellular] = payloadOf<[{ id: number; name: string; priority: number }]>(msg);
    assert.deepEqual([cellular.id, cellular.name, cellular.priority], [3, "Cellular", 1]);
  });

  it("tells what the router remarks beside its answer", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: "cmd.ap" } });

    const { msg } = await red.send("post", { payload: { enable: false } });

    assert.deepEqual(apiOf(msg)["notice"], { status: "alpha" });
    assert.equal(router.world.isAccessPointOn, false);
  });

  for (const [what, payload] of Object.entries({
    "a list": [PREFER_CELLULAR],
    "a Buffer": Buffer.from(JSON.stringify(PREFER_CELLULAR)),
    "text that is no JSON": "priority 1",
    "JSON text that holds no object": "[1]",
    "blank text": "",
    "a number": 1,
    "a truth": true,
    "a date": new Date(),
    "a map": new Map([["list", []]]),
    null: null,
    nothing: undefined,
  })) {
    it(`refuses a body that is ${what}, and asks the router nothing`, async () => {
      const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });

      const { error } = await red.send("post", { payload });

      assert.deepEqual([error?.code, error?.cause["operation"]], ["input", PRIORITY]);
      assert.match(error?.message ?? "", /^The body must be an object/);
      assert.deepEqual(router.server.journal, []);
    });
  }

  it("refuses a body that refers to itself, and asks the router nothing", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });
    const payload: { list: unknown[] } = { list: [] };
    payload.list.push(payload);

    const { error } = await red.send("post", { payload });

    assert.equal(error?.code, "input");
    assert.deepEqual(router.server.journal, []);
  });

  it("refuses what does not write, and asks the router nothing", async () => {
    const { red, router } = await routerFlow();
    const reads = ["status.wan.connection", "info.time", "status.cellularModule.temperature"];
    const signIn = ["login", "logout", "auth.client", "auth.token.grant", "auth.token.revoke", "system.action"];
    const noNames = ["config", "cmd", "config.", "config..wan", "cmd/ap", "config.../login", "cmd.ap?x=1", "", "  "];

    const codes = new Map<string, unknown>();
    for (const endpoint of [...reads, ...signIn, ...noNames])
      codes.set(endpoint, (await red.send("post", { endpoint, payload: { enable: true } })).error?.code);

    assert.deepEqual(new Set(codes.values()), new Set(["input"]));
    assert.deepEqual(router.server.journal, []);
  });

  it("refuses a body that brings a token of its own, and asks the router nothing", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: "cmd.ap" } });

    const { error } = await red.send("post", { payload: { enable: true, accessToken: "mine" } });

    assert.equal(error?.code, "input");
    assert.deepEqual(router.server.journal, []);
  });

  describe("giving commands that need nothing said", () => {
    for (const [what, payload] of Object.entries({
      "a timestamp": Date.now(),
      "a timestamp as text": new Date().toISOString(),
      "a date": new Date(),
      nothing: undefined,
      "blank text": "",
    })) {
      it(`applies what is pending when the payload is ${what}`, async () => {
        const { red, router } = await routerFlow({ post: { endpoint: "cmd.config.apply" } });

        const { msg } = await red.send("post", { payload });

        assert.deepEqual([msg?.payload, router.appliedCount()], [null, 1]);
        assert.deepEqual(bodies(router, "cmd.config.apply"), [""]);
      });
    }

    it("keeps what an earlier node read out of it, its hidden secrets too", async () => {
      const { red, router } = await routerFlow({
        status: { endpoint: "config.ssid.profile" },
        post: { endpoint: "cmd.config.apply" },
      });
      const { msg } = await red.send("status");

      await red.send("post", { ...msg });

      assert.deepEqual(bodies(router, "cmd.config.apply"), [""]);
    });

    it("restarts the router with confirmation, when the payload is a timestamp", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: "cmd.system.reboot", confirm: true } });

      const { msg } = await red.send("post", { payload: Date.now() });

      assert.deepEqual([msg?.payload, router.world.rebootCount], [null, 1]);
    });

    it("says to it what there may be to say", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: "cmd.system.reboot", confirm: true } });

      await red.send("post", { payload: { firmwareId: 1 } });

      assert.deepEqual(bodies(router, "cmd.system.reboot"), [{ firmwareId: 1 }]);
    });
  });

  for (const payload of [
    { action: "replace", list: [] },
    { list: [{ id: 1, action: "remove" }] },
    { action: ["remove"] },
  ]) {
    it(`wants ${JSON.stringify(payload)} to be confirmed, and asks nothing`, async () => {
      const { red, router } = await routerFlow({ post: { endpoint: "config.mesh" } });

      const { error } = await red.send("post", { payload });

      assert.equal(error?.code, "input");
      assert.match(error?.message ?? "", /confirm/);
      assert.deepEqual(router.server.journal, []);
    });
  }

  it("wants to be confirmed what a body turns out to be when it is written, and sees its placeholders", async () => {
    const { red, router } = await routerFlow({ post: { endpoint: "config.mesh" } });
    for (const [hidden, word] of [
      [{ action: "remove", list: [{ id: 1 }] }, /confirm/],
      [{ action: "update", password: PLACEHOLDER }, /placeholder/],
    ] as const) {
      const { error } = await red.send("post", { payload: { action: "update", toJSON: () => hidden } });
      assert.match(error?.message ?? "", word);
    }
    assert.deepEqual(router.server.journal, []);
  });

  describe("applying changes", () => {
    const DISABLE_FIBRE = { action: "update", list: [{ id: 1, enable: false }] };

    it("leaves a change pending unless told to apply it", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: WAN } });

      const { msg } = await red.send("post", { payload: DISABLE_FIBRE });

      assert.equal(apiOf(msg)["applied"], false);
      assert.deepEqual([router.pendingChanges().length, router.wan("Fibre").enable], [1, true]);
    });

    it("applies a change at once when told to, and tells so", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: WAN, apply: true } });

      const { msg } = await red.send("post", { payload: DISABLE_FIBRE });

      assert.equal(apiOf(msg)["applied"], true);
      assert.equal(payloadOf<Record<1, { name: string }>>(msg)[1].name, "Fibre");
      assert.deepEqual([router.pendingChanges().length, router.wan("Fibre").enable], [0, false]);
      assert.deepEqual(asked(router), [`POST ${WAN}`, "POST cmd.config.apply"]);
    });

    for (const instantActive of [true, "true"]) {
      it(`does not apply again what says ${JSON.stringify(instantActive)} to instantActive`, async () => {
        const { red, router } = await routerFlow({ post: { endpoint: PRIORITY, apply: true } });

        const { msg } = await red.send("post", { payload: { instantActive, ...PREFER_CELLULAR } });

        assert.equal(apiOf(msg)["applied"], false);
        assert.deepEqual([router.wan("Cellular").priority, router.appliedCount()], [1, 0]);
      });
    }

    it("applies what says no to instantActive", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: PRIORITY, apply: true } });

      await red.send("post", { payload: { instantActive: false, ...PREFER_CELLULAR } });

      assert.deepEqual([router.wan("Cellular").priority, router.appliedCount()], [1, 1]);
    });

    it("applies nothing after a command", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: "cmd.ap", apply: true } });

      const { msg } = await red.send("post", { payload: { enable: false } });

      assert.equal(apiOf(msg)["applied"], false);
      assert.deepEqual(asked(router), ["POST cmd.ap"]);
    });

    it("applies nothing after a change that the router declined", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: WAN, apply: true } });

      const { error } = await red.send("post", { payload: { list: [] } });

      assert.equal(error?.code, "rejected");
      assert.deepEqual(asked(router), [`POST ${WAN}`]);
    });

    it("tells that the change waits on the router when it could not be applied", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: WAN, apply: true } });
      answering(router, "cmd.config.apply", { stat: "fail", code: 999, message: "Internal Error" });

      const { error, caught } = await red.send("post", { payload: DISABLE_FIBRE });

      assert.deepEqual([error?.code, error?.cause["vendorCode"], error?.cause["retryable"]], ["busy", 999, true]);
      assert.match(error?.message ?? "", /saved on the router, but it was not applied/);
      assert.equal(apiOf(caught)["applied"], false);
      assert.deepEqual([router.pendingChanges().length, router.appliedCount()], [1, 0]);
    });

    it("asks once to apply a change when the connection breaks meanwhile", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: WAN, apply: true } });
      router.server.injectFault({ kind: "reset" }, { times: 3, when: ({ path }) => path.endsWith("apply") });

      const { error, caught } = await red.send("post", { payload: DISABLE_FIBRE });

      assert.deepEqual([error?.code, router.appliedCount()], ["network", 1]);
      assert.ok(!("applied" in apiOf(caught)), "nobody knows whether it was applied");
    });

    it("keeps the change where the router refuses to apply it for want of a scope", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: WAN, apply: true } });
      answering(router, "cmd.config.apply", { stat: "fail", code: 401, message: "Unauthorized" });

      const { error } = await red.send("post", { payload: DISABLE_FIBRE });

      assert.equal(error?.code, "forbidden");
      assert.match(error?.message ?? "", /not applied.*scope "api"/);
      assert.equal(router.pendingChanges().length, 1);
    });
  });

  describe("asking for confirmation", () => {
    const DESTROYS: Record<string, object> = {
      "cmd.cellularModule.reset": { connId: 3 },
      "cmd.config.restore": { timestamp: 1 },
      "cmd.sms.delete": { id: 7 },
      "cmd.system.reboot": {},
      "cmd.wifi.forget": { ssid: "Pier 7" },
      "cmd.starlink": { connId: 2, action: "stow" },
      "config.mesh": { action: "remove", list: [{ id: 1 }] },
    };
    for (const [endpoint, payload] of Object.entries(DESTROYS)) {
      it(`refuses ${endpoint} ${JSON.stringify(payload)} without it, and asks the router nothing`, async () => {
        const { red, router } = await routerFlow({ post: { endpoint } });

        const { error } = await red.send("post", { payload });

        assert.equal(error?.code, "input");
        assert.match(error?.message ?? "", /confirm/);
        assert.deepEqual(router.server.journal, []);
      });

      it(`asks the router for ${endpoint} ${JSON.stringify(payload)} with it`, async () => {
        const { red, router } = await routerFlow({ post: { endpoint, confirm: true } });

        await red.send("post", { payload });

        assert.deepEqual(bodies(router, endpoint), [payload]);
      });
    }

    it("needs none to change, add or drop what is pending", async () => {
      const { red, router } = await routerFlow();

      await red.send("post", { endpoint: "config.mesh", payload: { action: "add", list: [] } });
      await red.send("post", { endpoint: "cmd.config.discard", payload: 1 });
      await red.send("post", { endpoint: "cmd.starlink", payload: { action: "unstow" } });

      assert.deepEqual(asked(router), ["POST config.mesh", "POST cmd.config.discard", "POST cmd.starlink"]);
    });

    it("puts the router back to its beginnings with confirmation and the router's own time", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: "cmd.config.restore", confirm: true } });
      router.wan("Fibre").name = "Copper";
      const { msg } = await red.send("status", { endpoint: "info.time" });

      await red.send("post", { payload: { timestamp: payloadOf<{ time: number }>(msg).time } });

      assert.deepEqual([router.world.restoreCount, router.wan("Fibre").id], [1, 1]);
    });
  });

  describe("refusing what would overwrite a secret", () => {
    for (const [what, payload] of Object.entries({
      "the router's placeholder at the top": { password: PLACEHOLDER },
      "the router's placeholder under any name": { list: [{ id: 1, connection: { note: PLACEHOLDER } }] },
      "our own mask deep inside": { action: "update", list: [{ id: 1, connection: { ddns: { password: "***" } } }] },
      "our own mask in a list of keys": { security: { wepKey: ["***", "***"] } },
    })) {
      it(`refuses ${what}, and asks the router nothing`, async () => {
        const { red, router } = await routerFlow({ post: { endpoint: WAN, confirm: true } });

        const { error } = await red.send("post", { payload });

        assert.equal(error?.code, "input");
        assert.match(error?.message ?? "", /placeholder/);
        assert.deepEqual(router.server.journal, []);
      });
    }

    it("refuses what was read with hidden secrets and comes back as it is", async () => {
      const { red, router } = await routerFlow({ status: { endpoint: "config.ssid.profile" } });
      const { msg } = await red.send("status");
      const { 1: network } = payloadOf<Record<1, object>>(msg);

      const { error } = await red.send("post", {
        endpoint: "config.ssid.profile",
        payload: { action: "update", id: 1, ...network },
      });

      assert.equal(error?.code, "input");
      assert.deepEqual(asked(router), ["GET config.ssid.profile"]);
    });

    it("posts stars under a name that holds no secret", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: "config.ssid.profile" } });

      await red.send("post", { payload: { action: "update", id: 1, name: "***" } });

      assert.equal(router.pendingChanges().length, 1);
    });

    it("posts a new secret, and the same object twice", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: "config.ssid.profile" } });
      const security = { wpa2Personal: { key: "fog-horn-at-dawn" } };

      await red.send("post", { payload: { action: "update", id: 1, security, before: security } });

      assert.equal(router.pendingChanges().length, 1);
    });
  });

  describe("writing exactly once", () => {
    for (const kind of ["reset", "cut"] as const) {
      it(`sends a write once that is ${kind} off after it may have arrived`, async () => {
        const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });
        await red.send("status");
        router.server.injectFault({ kind }, { times: Infinity, when: ({ path }) => path.endsWith("priority") });

        const { error, caught } = await red.send("post", { payload: PREFER_CELLULAR });

        assert.deepEqual([error?.code, apiOf(caught)["attempts"]], ["network", 1]);
        assert.deepEqual([router.calls(PRIORITY), router.pendingChanges().length], [1, 1]);
      });
    }

    it("sends a write once that is never answered", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: PRIORITY }, router: { timeout: 0.3 } });
      await red.send("status");
      router.server.injectFault({ kind: "hang" }, { times: Infinity });

      const { error } = await red.send("post", { payload: PREFER_CELLULAR });

      assert.deepEqual([error?.code, router.calls(PRIORITY)], ["timeout", 1]);
    });

    for (const status of [429, 502, 503, 504]) {
      it(`sends a write once that meets HTTP ${status}`, async () => {
        const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });
        answering(router, PRIORITY, "", { status });

        const { error } = await red.send("post", { payload: PREFER_CELLULAR });

        assert.deepEqual([error?.cause["retryable"], router.calls(PRIORITY)], [true, 1]);
      });
    }

    it("sends a write again whose connection was refused, three times in all", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });
      await red.send("status");
      await router.close();

      const { error, caught } = await red.send("post", { payload: PREFER_CELLULAR });

      assert.deepEqual([error?.code, apiOf(caught)["attempts"]], ["network", 3]);
    });

    it("sends a write once more after a spent token, and it is done once", async () => {
      const { red, router } = await routerFlow({ post: { endpoint: PRIORITY } });
      await red.send("status");
      router.expireSessions();

      const { msg } = await red.send("post", { payload: PREFER_CELLULAR });

      assert.equal(apiOf(msg)["attempts"], 2);
      assert.deepEqual([router.calls(PRIORITY), router.pendingChanges().length, router.signIns()], [2, 1, 2]);
    });

    it("sends a write once more after a spent cookie", async () => {
      const { red, router, flow } = await routerFlow({ post: { endpoint: PRIORITY } });
      await red.deploy(flow.map((node) => (node.id === "router" ? { ...node, ...asUser(router) } : node)));
      await red.send("status");
      router.expireSessions();

      await red.send("post", { payload: PREFER_CELLULAR });

      assert.deepEqual([router.calls(PRIORITY), router.pendingChanges().length, router.calls("login")], [2, 1, 2]);
    });
  });
});
