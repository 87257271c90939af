import assert from "node:assert/strict";
import { apiOf, asUser, respondWith } from "../support/harness/peplink-flow";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const PRIORITY = "config.wan.connection.priority";
const PREFER_CELLULAR = { list: [{ connId: 3, priority: 1 }] };

describe("router-config-post writes", () => {
  afterEach(assertNoSecretLeaked);

  for (const kind of ["reset", "cut"] as const) {
    it(`once if the connection breaks after the request may have arrived (${kind})`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });
      await red.send("status");
      router.server.injectFault({ kind }, { times: Infinity, when: ({ path }) => path.endsWith("priority") });

      const { error, caught } = await red.send("post", { payload: PREFER_CELLULAR });

      assert.deepEqual([error?.code, apiOf(caught)["attempts"]], ["network", 1]);
      assert.deepEqual([router.calls(PRIORITY), router.pendingChanges().length], [1, 1]);
    });
  }

  it("and a flow is told not to repeat a restart that cuts its own connection", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: "cmd.system.reboot", confirm: true } });
    await red.send("status");
    router.server.injectFault({ kind: "reset" }, { when: ({ path }) => path.endsWith("cmd.system.reboot") });

    const { error } = await red.send("post", { payload: {} });

    assert.deepEqual([error?.code, error?.cause["retryable"]], ["network", false]);
    assert.equal(router.calls("cmd.system.reboot"), 1);
  });

  it("and a flow is told not to repeat a change if a part of the router did not respond in time", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });
    respondWith(router, PRIORITY, { stat: "fail", code: 999, message: "Timeout" });

    const { error } = await red.send("post", { payload: PREFER_CELLULAR });

    assert.deepEqual([error?.code, error?.cause["retryable"]], ["busy", false]);
  });

  it("once if there is no response", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY }, router: { timeout: 0.3 } });
    await red.send("status");
    router.server.injectFault({ kind: "hang" }, { times: Infinity });

    const { error } = await red.send("post", { payload: PREFER_CELLULAR });

    assert.deepEqual([error?.code, router.calls(PRIORITY)], ["timeout", 1]);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`once if the router responds with HTTP ${status}`, async () => {
      const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });
      respondWith(router, PRIORITY, "", { status });

      const { error } = await red.send("post", { payload: PREFER_CELLULAR });

      assert.deepEqual([error?.cause["retryable"], router.calls(PRIORITY)], [error?.code === "busy", 1]);
    });
  }

  it("again if the connection was refused, three times in all", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });
    await red.send("status");
    await router.close();

    const { error, caught } = await red.send("post", { payload: PREFER_CELLULAR });

    assert.deepEqual([error?.code, apiOf(caught)["attempts"]], ["network", 3]);
  });

  it("again after an expired token, so that the change is made once", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY } });
    await red.send("status");
    router.expireSessions();

    const { msg } = await red.send("post", { payload: PREFER_CELLULAR });

    assert.equal(apiOf(msg)["attempts"], 2);
    assert.deepEqual([router.calls(PRIORITY), router.pendingChanges().length, router.signIns()], [2, 1, 2]);
  });

  it("again after an expired cookie", async () => {
    const { red, router } = await peplinkFlow({ post: { endpoint: PRIORITY }, router: asUser });
    await red.send("status");
    router.expireSessions();

    await red.send("post", { payload: PREFER_CELLULAR });

    assert.deepEqual([router.calls(PRIORITY), router.pendingChanges().length, router.calls("login")], [2, 1, 2]);
  });
});
