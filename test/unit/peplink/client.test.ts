import assert from "node:assert/strict";
import { LightAbortController } from "../../../src/core/abort";
import { createTrace } from "../../../src/core/call-context";
import { cancelledError } from "../../../src/core/errors";
import { rejectsWith, until } from "../../support/http-fixture";
import { PeplinkRouter } from "../../support/simulators/peplink/router";
import { credentialsOf, post } from "../../support/simulators/peplink/test-client";
import { MINUTE_MS, respondWith, setUp, STATUS } from "./client-fixture";

const HOUR_MS = 3_600_000;
const RAW = { asList: false, maskSecrets: false };

describe("The Peplink client", () => {
  describe("with a token", () => {
    for (const numbersAsStrings of [false, true]) {
      it(`renews it shortly before it expires (expiry as ${numbersAsStrings ? "a string" : "a number"})`, async () => {
        const { router, clock, status } = await setUp();
        router.numbersAsStrings = numbersAsStrings;
        router.expiresIn = 3600;
        await status();
        clock.aheadMs = HOUR_MS - 6 * MINUTE_MS;
        await status();
        const before = router.signIns();

        clock.aheadMs = HOUR_MS - 4 * MINUTE_MS;
        await status();
        await until(() => router.signIns() > before);
        clock.aheadMs = HOUR_MS + MINUTE_MS;
        await status();

        assert.deepEqual([before, router.signIns(), router.calls(STATUS)], [1, 2, 4]);
      });
    }

    for (const expiresIn of [undefined, "soon"]) {
      it(`assumes a life of two days if the router sends ${String(expiresIn)}`, async () => {
        const { router, clock, status } = await setUp();
        const { response } = await post(router, "auth.token.grant", credentialsOf(router));
        const { accessToken } = response;
        respondWith(router, "auth.token.grant", { stat: "ok", response: { accessToken, expiresIn } }, 200, 1);
        clock.aheadMs = -MINUTE_MS;
        await status();
        clock.aheadMs = 48 * HOUR_MS - 10 * MINUTE_MS;
        await status();
        const before = router.calls("auth.token.grant");

        clock.aheadMs = 48 * HOUR_MS - 5 * MINUTE_MS;
        await status();
        await until(() => router.calls("auth.token.grant") > before);

        assert.deepEqual([before, router.calls(STATUS)], [2, 3]);
      });
    }

    it("signs in once for three hundred calls at once", async () => {
      const { router, status } = await setUp();

      await Promise.all(Array.from({ length: 300 }, () => status()));

      assert.deepEqual([router.signInAttempts(), router.calls(STATUS)], [1, 300]);
    });
  });

  describe("with a cookie", () => {
    it("signs in again after it was idle for too long", async () => {
      const { router, clock, status } = await setUp({ mode: "user" });
      await status();
      clock.aheadMs = 4 * HOUR_MS;

      await status();

      assert.deepEqual([router.signIns(), router.calls(STATUS)], [2, 3]);
    });

    it("keeps it as long as the router does", async () => {
      const { router, clock, status } = await setUp({ mode: "user" });
      for (let i = 0; i < 30; i++) {
        await status();
        clock.aheadMs += 3 * HOUR_MS;
      }

      assert.equal(router.signIns(), 1);
    });
  });

  describe("whose session has expired", () => {
    for (const mode of ["client", "user"] as const) {
      for (const [what, expire] of Object.entries({
        "code 401 in an HTTP 200": (router: PeplinkRouter) => router.expireSessions(),
        "HTTP 401": (router: PeplinkRouter) => {
          router.uses401Status = true;
          router.expireSessions();
        },
        "HTTP 401 and a web page": (router: PeplinkRouter) => respondWith(router, STATUS, "<html></html>", 401, 1),
        "HTTP 401 and an empty body": (router: PeplinkRouter) => respondWith(router, STATUS, "", 401, 1),
        "HTTP 401 and a successful envelope": (router: PeplinkRouter) =>
          respondWith(router, STATUS, { stat: "ok" }, 401, 1),
      })) {
        it(`renews it once and repeats the request after ${what} (${mode})`, async () => {
          const { router, status } = await setUp({ mode });
          await status();
          expire(router);

          const response = await status();

          assert.deepEqual(Object.keys(response as object).slice(0, 4), ["1", "2", "3", "4"]);
          assert.deepEqual([router.signIns(), router.calls(STATUS)], [2, 3]);
        });
      }
    }

    it("renews it once for all requests that are refused together", async () => {
      const { router, status } = await setUp();
      await status();
      router.expireSessions();

      await Promise.all(Array.from({ length: 50 }, () => status()));

      assert.equal(router.signIns(), 2);
    });

    for (const [endpoint, expected] of [
      ["status.client", "sign-in"],
      ["info.location", "sign-in"],
      ["config.ssid.profile", "forbidden"],
      ["cmd.sms.get", "forbidden"],
      ["status.cellularModule.temperature", "forbidden"],
    ] as const) {
      it(`fails with ${expected} when ${endpoint} is refused twice in a row`, async () => {
        const { router, client } = await setUp();
        router.refuseEverySession = true;

        const call = client.status(endpoint, {}, RAW);

        await rejectsWith(call, expected);
        assert.deepEqual([router.signInAttempts(), router.calls(endpoint)], [2, 2]);
      });
    }

    for (const endpoint of ["config.wan.connection.priority", "cmd.ap"]) {
      it(`fails with forbidden when a write to ${endpoint} is refused twice in a row`, async () => {
        const { router, client } = await setUp();
        router.refuseEverySession = true;

        const call = client.post(endpoint, { enable: true, list: [{ connId: 1 }] }, { apply: true, confirm: false });

        await rejectsWith(call, "forbidden");
        assert.deepEqual([router.signInAttempts(), router.calls(endpoint)], [2, 2]);
      });
    }
  });

  for (const body of [
    { stat: "fail", response: "timeout" },
    { stat: "fail", message: "Timeout" },
  ]) {
    it(`fails with busy when a read receives ${JSON.stringify(body)}`, async () => {
      const { router, status } = await setUp();
      await status();
      respondWith(router, STATUS, body);

      await rejectsWith(status(), "busy");
    });
  }

  for (const text of ["null", "[]", "200", '"ok"', "{}", '{"stat":null}']) {
    it(`fails with protocol when it receives ${text} in place of an envelope`, async () => {
      const { router, status } = await setUp();
      await status();
      respondWith(router, STATUS, text);

      await rejectsWith(status(), "protocol");
    });
  }

  it("calls an endpoint forbidden that refuses every session, and renews it for the others as before", async () => {
    const { router, client, status } = await setUp();
    await status();
    respondWith(router, "status.client", { stat: "fail", code: 401, message: "Unauthorized" }, 200, 50);

    for (let call = 0; call < 10; call++) {
      await rejectsWith(client.status("status.client", {}, RAW), "forbidden");
      await status();
    }
    assert.equal(router.signIns(), 2);
    router.expireSessions();
    await status();

    assert.equal(router.signIns(), 3);
  });

  it("says what to check when the response after the sign-in is a web page", async () => {
    const { router, status } = await setUp();
    await status();
    respondWith(router, STATUS, "\n <!DOCTYPE html><title>Router</title>");

    await assert.rejects(status(), /It is a web page: check the address and the port/);
  });

  it("works without a trace", async () => {
    const { router, client } = await setUp();
    const change = { action: "update", list: [{ id: 1, enable: false }] };

    await client.post("config.wan.connection", change, { apply: true, confirm: false });

    assert.equal(router.wan("Fibre").enable, false);
  });

  it("makes forty calls at once with one sign-in although the router replaces its cookie with each response", async () => {
    const { router, client, status } = await setUp({ mode: "user" });
    await status();
    router.replacesCookies = true;
    const list = [{ connId: 3, priority: 1 }];
    const change = (): Promise<unknown> =>
      client.post("config.wan.connection.priority", { instantActive: true, list }, { apply: false, confirm: false });

    await Promise.all(Array.from({ length: 20 }, () => [status(), change()]).flat());
    await Promise.all(Array.from({ length: 20 }, () => [status(), change()]).flat());

    assert.equal(router.signInAttempts(), 1);
  });

  it("signs out after it has managed API clients, also if that failed", async () => {
    const { router, client } = await setUp({ mode: "user" });
    await client.apiClient("Dashboard", "api.read-only");

    await rejectsWith(client.apiClient("Dashboard", "api"), "rejected");

    assert.deepEqual([router.signInAttempts(), router.calls("logout")], [2, 2]);
  });

  it("does not sign in again to sign out", async () => {
    const { router, client } = await setUp({ mode: "user" });
    router.server.injectFault({ kind: "reset" }, { times: Infinity });

    await rejectsWith(client.apiClients(), "network");

    assert.equal(router.server.journal.length, 3);
  });

  it("does not change its arguments", async () => {
    const { router, client } = await setUp();
    const params = Object.freeze({ id: Object.freeze([1, 2]) });
    const body = Object.freeze({ enable: true });

    await client.status(STATUS, params, RAW);
    await client.post("cmd.ap", body, { apply: false, confirm: false });

    assert.deepEqual(router.server.journal.at(-1)?.body, '{"enable":true}');
  });

  it("does not say that a change was not applied if that was cancelled", async () => {
    const { router, client } = await setUp();
    router.server.injectFault({ kind: "hang" }, { when: ({ path }) => path.endsWith("cmd.config.apply") });
    const controller = new LightAbortController();
    const trace = createTrace();
    const body = { action: "update", list: [{ id: 1, enable: false }] };

    const applied = client.post(
      "config.wan.connection",
      body,
      { apply: true, confirm: false },
      { signal: controller.signal, trace },
    );
    await until(() => router.calls("cmd.config.apply") === 1);
    controller.abort(cancelledError());

    const error = await rejectsWith(applied, "cancelled");
    assert.match(error.message, /whether it was applied is not known/);
    assert.ok(!("applied" in trace.details));
  });

  it("sends nothing once it is closed", async () => {
    const { router, client, status } = await setUp();
    client.close();

    await rejectsWith(status(), "cancelled");

    assert.deepEqual(router.server.journal, []);
  });
});
