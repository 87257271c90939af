import assert from "node:assert/strict";
import { apiOf, payloadOf, respondWith, sentRequests } from "../support/harness/peplink-flow";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const PRIORITY = "config.wan.connection.priority";
const WAN = "config.wan.connection";
const PREFER_CELLULAR = { list: [{ connId: 3, priority: 1 }] };

describe("router-config-post", () => {
  afterEach(assertNoSecretLeaked);

  const DISABLE_FIBRE = { action: "update", list: [{ id: 1, enable: false }] };

  it("leaves a change pending unless `apply` is set", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN } });

    const { msg } = await red.send("post", { payload: DISABLE_FIBRE });

    assert.equal(apiOf(msg)["applied"], false);
    assert.deepEqual([router.pendingChanges().length, router.wan("Fibre").enable], [1, true]);
  });

  it("applies a change at once if `apply` is set, and says so in `msg.api`", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });

    const { msg } = await red.send("post", { payload: DISABLE_FIBRE });

    assert.equal(apiOf(msg)["applied"], true);
    assert.equal(payloadOf<Record<1, { name: string }>>(msg)[1].name, "Fibre");
    assert.deepEqual([router.pendingChanges().length, router.wan("Fibre").enable], [0, false]);
    assert.deepEqual(sentRequests(router), [`POST ${WAN}`, "POST cmd.config.apply"]);
  });

  it("applies the changes of simultaneous messages one after the other, those of acts as well", async () => {
    const act = { id: "act", type: "router-config-post", router: "router", act: "ssid-enable", verify: false };
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true }, nodes: [act] });

    for (const id of [1, 2]) red.inject("post", { payload: { action: "update", list: [{ id, enable: false }] } });
    red.inject("act", { target: "Lighthouse Guests", payload: false });
    await red.until(() => red.sent("post").length === 2 && red.sent("act").length === 1);

    const posts = sentRequests(router).filter((request) => request.startsWith("POST "));
    const APPLY = "POST cmd.config.apply";
    assert.deepEqual(posts, [`POST ${WAN}`, APPLY, `POST ${WAN}`, APPLY, "POST config.ssid.profile", APPLY]);
    assert.equal(router.pendingChanges().length, 0);
  });

  for (const instantActive of [true, "true"]) {
    it(`does not apply a change again whose instantActive is ${JSON.stringify(instantActive)}`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY, apply: true } });

      const { msg } = await red.send("post", { payload: { instantActive, ...PREFER_CELLULAR } });

      assert.equal(apiOf(msg)["applied"], false);
      assert.deepEqual([router.wan("Cellular").priority, router.appliedCount()], [1, 0]);
    });
  }

  it("applies a change although its body has an instantActive that the endpoint does not know", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });

    const { msg } = await red.send("post", { payload: { instantActive: true, ...DISABLE_FIBRE } });

    assert.deepEqual([apiOf(msg)["applied"], router.wan("Fibre").enable, router.appliedCount()], [true, false, 1]);
  });

  it("returns what the router warns of in `msg.api`, for the change and for applying it", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });
    respondWith(router, WAN, { stat: "ok", response: { warning: "WAN 1 is in use." } });
    respondWith(router, "cmd.config.apply", { stat: "ok", response: { warning: "Reboot to finish." } });

    const { msg } = await red.send("post", { payload: DISABLE_FIBRE });

    assert.equal(apiOf(msg)["warning"], "WAN 1 is in use. Reboot to finish.");
  });

  it("returns a warning after a command as well, without secrets in it", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.ap" } });
    respondWith(router, "cmd.ap", { stat: "ok", response: { warning: { text: "busy", password: "salt" } } });

    const { msg } = await red.send("post", { payload: { enable: true } });

    assert.deepEqual(apiOf(msg)["warning"], { text: "busy", password: "***" });
  });

  it("has no warning in `msg.api` if the router gave none", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.ap" } });
    respondWith(router, "cmd.ap", { stat: "ok", response: { warning: "" } });

    const { msg } = await red.send("post", { payload: { enable: true } });

    assert.ok(!("warning" in apiOf(msg)));
  });

  it("applies a change whose instantActive is false", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY, apply: true } });

    await red.send("post", { payload: { instantActive: false, ...PREFER_CELLULAR } });

    assert.deepEqual([router.wan("Cellular").priority, router.appliedCount()], [1, 1]);
  });

  it("applies nothing after a command", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.ap", apply: true } });

    const { msg } = await red.send("post", { payload: { enable: false } });

    assert.equal(apiOf(msg)["applied"], false);
    assert.deepEqual(sentRequests(router), ["POST cmd.ap"]);
  });

  it("applies nothing after a change that the router rejected", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });

    const { error } = await red.send("post", { payload: { action: "add", list: [{ id: 1 }] } });

    assert.equal(error?.code, "rejected");
    assert.deepEqual(sentRequests(router), [`POST ${WAN}`]);
  });

  it("says that the change is pending on the router if it could not be applied", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });
    respondWith(router, "cmd.config.apply", { stat: "fail", code: 999, message: "Internal Error" });

    const { error, caught } = await red.send("post", { payload: DISABLE_FIBRE });

    assert.deepEqual([error?.code, error?.cause["vendorCode"], error?.cause["retryable"]], ["busy", 999, true]);
    assert.match(error?.message ?? "", /saved on the router, but it was not applied/);
    assert.equal(apiOf(caught)["applied"], false);
    assert.deepEqual([router.pendingChanges().length, router.appliedCount()], [1, 0]);
  });

  it("applies a change only once even if the connection breaks", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });
    router.server.injectFault({ kind: "reset" }, { times: 3, when: ({ path }) => path.endsWith("apply") });

    const { error, caught } = await red.send("post", { payload: DISABLE_FIBRE });

    assert.deepEqual([error?.code, router.appliedCount()], ["network", 1]);
    assert.ok(!("applied" in apiOf(caught)), "it is unknown whether it was applied");
  });

  for (const [what, body, status] of [
    ["the router says that a part of it did not respond in time", { stat: "fail", response: "timeout" }, 200],
    ["the response is cut off", '{"stat":"o', 200],
    ["the response is empty", "", 200],
    ["the response is a web page", "<!doctype html><title>Restarting</title>", 200],
    ["the router fails with HTTP 500", "", 500],
  ] as const) {
    it(`does not say that a change was not applied if ${what}`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });
      respondWith(router, "cmd.config.apply", body, { status });

      const { error, caught } = await red.send("post", { payload: DISABLE_FIBRE });

      assert.match(error?.message ?? "", /saved on the router, but whether it was applied is not known\./);
      assert.equal(error?.cause["retryable"], false);
      assert.ok(!("applied" in apiOf(caught)));
    });
  }

  it("leaves a change pending if the client lacks the scope to apply it", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: WAN, apply: true } });
    respondWith(router, "cmd.config.apply", { stat: "fail", code: 401, message: "Unauthorized" });

    const { error } = await red.send("post", { payload: DISABLE_FIBRE });

    assert.equal(error?.code, "forbidden");
    assert.match(error?.message ?? "", /not applied.*scope "api"/);
    assert.equal(router.pendingChanges().length, 1);
  });
});
