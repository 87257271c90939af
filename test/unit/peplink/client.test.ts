import assert from "node:assert/strict";
import type { Clock } from "../../../src/core/clock";
import { parseServerAddress } from "../../../src/http/server-address";
import { Transport } from "../../../src/http/transport";
import { PeplinkClient, type PeplinkSettings } from "../../../src/peplink/client";
import { rejectsWith, until } from "../../support/http-fixture";
import { closeAfterTest } from "../../support/mocha-hooks";
import { PeplinkRouter } from "../../support/simulators/peplink/router";
import { credentialsOf, post } from "../../support/simulators/peplink/test-client";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const RAW = { asList: false, maskSecrets: false };
const STATUS = "status.wan.connection";

/** The system clock, which can be set ahead; sleeping takes no time. */
class AdjustableClock implements Clock {
  aheadMs = 0;
  readonly now = (): number => Date.now() + this.aheadMs;
  readonly sleep = async (): Promise<void> => {};
}

/** A simulated router and its client, on the same clock. */
async function setUp({ http = true, ...settings }: Partial<PeplinkSettings> & { http?: boolean } = {}) {
  const router = closeAfterTest(await PeplinkRouter.start({ http }));
  const clock = new AdjustableClock();
  router.now = clock.now;
  const { clientId, clientSecret, username, password, fingerprint } = router;
  const tls = fingerprint === undefined ? {} : { fingerprint };
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls, concurrency: 8, clock }));
  const credentials = { mode: "client", clientId, clientSecret, username, password } as const;
  const client = new PeplinkClient(
    { server: parseServerAddress(router.url), ...credentials, ...settings },
    transport,
    clock,
  );
  const status = (endpoint = STATUS): Promise<unknown> => client.status(endpoint, {}, RAW);
  return { router, clock, client, status };
}

/** Makes the router respond to an endpoint with this body. */
function respondWith({ server }: PeplinkRouter, endpoint: string, body: unknown, status = 200, times = Infinity): void {
  server.injectFault({ kind: "response", body, status }, { times, when: ({ path }) => path === `/api/${endpoint}` });
}

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

  describe("whose credentials are refused", () => {
    it("signs in again after a quarter of an hour, and then after half an hour", async () => {
      const { router, clock, status } = await setUp({ clientSecret: "not-the-right-one" });
      const attempts: number[] = [];
      for (const minutes of [0, 14, 16, 40, 47]) {
        clock.aheadMs = minutes * MINUTE_MS;
        await rejectsWith(status(), "sign-in");
        attempts.push(router.signInAttempts());
      }

      assert.deepEqual(attempts, [1, 1, 2, 2, 3]);
    });

    it("recovers at once where the sign-in failed for another reason", async () => {
      const { router, status } = await setUp();
      router.isApiDisabled = true;
      await rejectsWith(status(), "protocol");
      router.isApiDisabled = false;

      await status();

      assert.equal(router.signIns(), 1);
    });
  });

  it("signs in again a second after an internal error of the router, and no earlier", async () => {
    const { router, clock, status } = await setUp();
    respondWith(router, "auth.token.grant", { stat: "fail", code: 999, message: "Internal Error" }, 200, 1);
    await rejectsWith(status(), "busy");
    await rejectsWith(status(), "busy");
    assert.equal(router.signInAttempts(), 1);
    clock.aheadMs = 1100;

    await status();

    assert.deepEqual([router.signInAttempts(), router.signIns()], [2, 1]);
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

  it("does not change its arguments", async () => {
    const { router, client } = await setUp();
    const params = Object.freeze({ id: Object.freeze([1, 2]) });
    const body = Object.freeze({ enable: true });

    await client.status(STATUS, params, RAW);
    await client.post("cmd.ap", body, { apply: false, confirm: false });

    assert.deepEqual(router.server.journal.at(-1)?.body, '{"enable":true}');
  });

  it("sends nothing once it is closed", async () => {
    const { router, client, status } = await setUp();
    client.close();

    await rejectsWith(status(), "cancelled");

    assert.deepEqual(router.server.journal, []);
  });
});
