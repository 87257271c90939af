import assert from "node:assert/strict";
import { apiOf, asUser, respondWith, sentRequests } from "../support/harness/peplink-flow";
import type { PeplinkRouter } from "../support/simulators/peplink/router";
import { assertNoSecretLeaked, peplinkFlow } from "./peplink-fixture";

const STATUS = "status.wan.connection";
const asReadOnlyUser = ({ readOnlyUser }: PeplinkRouter): object => asUser(readOnlyUser);

describe("A Peplink node with the session of a user", () => {
  afterEach(assertNoSecretLeaked);

  it("follows a cookie that the router replaces with each response", async () => {
    const { red, router } = await peplinkFlow({ router: asUser });
    router.replacesCookies = true;

    for (let i = 0; i < 5; i++) assert.equal((await red.send("status")).error, undefined);
    await red.send("status", { endpoint: "status.unknown" });
    await red.send("status");

    assert.deepEqual([router.signIns(), sentRequests(router).length], [1, 7]);
  });

  it("does not sign in again if messages overtake each other while the cookie is replaced", async () => {
    const { red, router } = await peplinkFlow({ router: asUser });
    router.replacesCookies = true;
    await red.send("status");

    await Promise.all([red.send("status"), red.send("status", { endpoint: "info.time" })]);

    assert.equal(router.signIns(), 1);
  });

  it("sends a request again whose cookie was replaced while it was under way, instead of signing in again", async () => {
    const { red, router } = await peplinkFlow({ router: asUser });
    router.replacesCookies = true;
    await red.send("status");
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    const isStatus = ({ path }: { path: string }): boolean => path.endsWith(STATUS);
    router.server.injectFault({ kind: "hold", until }, { when: isStatus, times: 1 });

    red.inject("status");
    const { error } = await red.send("status", { endpoint: "info.time" });
    release();
    await red.until(() => red.ended("status") === 3);

    assert.deepEqual([error, red.sent("status").length], [undefined, 3]);
    assert.deepEqual([router.signIns(), router.server.journal.filter(isStatus).length], [1, 3]);
  });

  it("takes over no further cookie, however many a router sets", async () => {
    const { red, router } = await peplinkFlow({ router: asUser });
    for (let i = 0; i < 3; i++) {
      const headers = { "set-cookie": [`junk${i}=1`, "locale=de"] };
      router.server.injectFault(
        { kind: "response", body: { stat: "ok" }, headers },
        { when: ({ path }) => path.endsWith(STATUS) },
      );
      await red.send("status");
    }
    await red.send("status");

    const { cookie = "" } = router.server.journal.at(-1)?.headers ?? {};
    assert.match(cookie, /^locale=de; bauth=\w+$/);
  });

  it("sends no change if the router said at the login that the user is read-only", async () => {
    const { red, router } = await peplinkFlow({ router: asReadOnlyUser });

    for (let i = 0; i < 6; i++) {
      const { error } = await red.send("post", { endpoint: "cmd.ap", payload: { enable: false } });
      assert.equal(error?.code, "forbidden");
      assert.match(error.message, /^This user of the router is read-only\./);
    }
    const temperature = { endpoint: "status.cellularModule.temperature", params: { connId: 3 } };
    assert.equal((await red.send("status", temperature)).error?.code, "forbidden");
    assert.equal((await red.send("status")).error, undefined);

    assert.deepEqual([router.signInAttempts(), sentRequests(router)], [1, [`GET ${STATUS}`]]);
  });

  for (const permission of [{ GET: 1, POST: "0" }, { POST: false }]) {
    it(`understands the permission ${JSON.stringify(permission)}`, async () => {
      const { red, router } = await peplinkFlow({ router: asUser });
      const headers = { "set-cookie": ["bauth=0123456789"] };
      respondWith(router, "login", { stat: "ok", response: { permission } }, { headers });

      const { error } = await red.send("post", { endpoint: "cmd.ap", payload: { enable: false } });

      assert.deepEqual([error?.code, sentRequests(router)], ["forbidden", []]);
    });
  }
});

describe("A Peplink node", () => {
  afterEach(assertNoSecretLeaked);

  for (const body of [
    { stat: "fail", response: "timeout" },
    { stat: "fail", code: 999, message: "Internal Error" },
  ]) {
    it(`reads again after ${JSON.stringify(body)}, three times in all`, async () => {
      const { red, router } = await peplinkFlow();
      const when = ({ path }: { path: string }): boolean => path.endsWith(STATUS);
      router.server.injectFault({ kind: "response", body }, { times: 2, when });

      const { msg } = await red.send("status");
      assert.deepEqual([apiOf(msg)["attempts"], router.calls(STATUS)], [3, 3]);

      router.server.injectFault({ kind: "response", body }, { times: Infinity, when });
      const { error } = await red.send("status");
      assert.deepEqual([error?.code, error?.cause["retryable"], router.calls(STATUS)], ["busy", true, 6]);
    });

    it(`does not repeat a change after ${JSON.stringify(body)}`, async () => {
      const { red, router } = await peplinkFlow();
      respondWith(router, "cmd.ap", body);

      const { error } = await red.send("post", { endpoint: "cmd.ap", payload: { enable: false } });

      assert.deepEqual([error?.code, router.calls("cmd.ap")], ["busy", 1]);
    });
  }
});
