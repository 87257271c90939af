import assert from "node:assert/strict";
import { isPlatformError } from "../../../src/core/errors";
import { rejectsWith } from "../../support/http-fixture";
import { MINUTE_MS, respondWith, setUp } from "./client-fixture";

describe("The Peplink client whose sign-in fails", () => {
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

  for (const [body, statusCode] of [
    [{ stat: "fail", code: 401, message: "Unauthorized" }, 200],
    [{ stat: "fail", code: 301, message: "Unauthorized" }, 200],
    [{ stat: "fail", code: 999, message: "Wrong password" }, 200],
    [{ stat: "fail", code: 401 }, 401],
    ["", 401],
  ] as const) {
    for (const [mode, endpoint] of [
      ["client", "auth.token.grant"],
      ["user", "login"],
    ] as const) {
      it(`does not send them again for a quarter of an hour after HTTP ${statusCode} ${JSON.stringify(body)} in mode ${mode}`, async () => {
        const { router, clock, status } = await setUp({ mode });
        respondWith(router, endpoint, body, statusCode);
        await rejectsWith(status(), "sign-in");
        clock.aheadMs = 14 * MINUTE_MS;
        await rejectsWith(status(), "sign-in");

        assert.equal(router.server.journal.length, 1);
      });
    }
  }

  it("recovers within a second where the sign-in failed for another reason", async () => {
    const { router, clock, status } = await setUp();
    router.isApiDisabled = true;
    await rejectsWith(status(), "protocol");
    router.isApiDisabled = false;
    clock.aheadMs = 1100;

    await status();

    assert.equal(router.signIns(), 1);
  });

  for (const [what, body, statusCode] of [
    ["a timeout in the response", { stat: "fail", response: "timeout" }, 200],
    ["a timeout in the message", { stat: "fail", message: "timeout" }, 200],
    ["an internal error", { stat: "fail", code: 999, message: "Internal Error" }, 200],
    ["an unknown code", { stat: "fail", code: 999 }, 200],
    ["no reason at all", { stat: "fail" }, 200],
    ["a function that is not known yet", { stat: "fail", code: 999, message: "unknown function" }, 200],
    ["a web page", "<html></html>", 200],
    ["no JSON", "{", 200],
    ["HTTP 403", "", 403],
    ["HTTP 404", "", 404],
    ["HTTP 500", "", 500],
  ] as const) {
    for (const [mode, endpoint] of [
      ["client", "auth.token.grant"],
      ["user", "login"],
    ] as const) {
      it(`rests for a second, then for two, when the sign-in in mode ${mode} receives ${what}`, async () => {
        const { router, clock, status } = await setUp({ mode });
        respondWith(router, endpoint, body, statusCode, 2);
        const attempts: number[] = [];
        for (const atMs of [0, 900, 1100, 2900]) {
          clock.aheadMs = atMs;
          await assert.rejects(status(), (error) => !isPlatformError(error, "sign-in"));
          attempts.push(router.signInAttempts());
        }
        assert.deepEqual(attempts, [1, 1, 2, 2]);
        clock.aheadMs = 3500;

        await status();

        assert.equal(router.signIns(), 1);
      });
    }
  }

  it("says that the account is locked, where that is what the router says, and not that the password is wrong", async () => {
    const { router, status } = await setUp({ mode: "user" });
    respondWith(router, "login", { stat: "fail", code: 999, message: "Account locked" }, 200, 1);

    const { message } = await rejectsWith(status(), "sign-in");

    assert.match(message, /^The router has locked this account\. Wait until it is unlocked/);
  });
});
