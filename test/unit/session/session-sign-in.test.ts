import assert from "node:assert/strict";
import { cancelledError } from "../../../src/core/errors";
import { flushPromises } from "../../support/fake-clock";
import { HOUR, invalidToken, outcome, platformError, setUp, times } from "./session-fixture";

describe("A session", () => {
  describe("signs in", () => {
    it("at the first call, and not before", async () => {
      const { platform, session } = setUp();
      await flushPromises();
      assert.equal(platform.signIns, 0);
      assert.equal(session.token?.value, undefined);

      assert.equal(await session.withToken(platform.call), "token 1");

      assert.deepEqual(platform.previousTokens, [undefined]);
      assert.equal(session.token?.value, "token 1");
    });

    it("once for 500 callers that come at the same time", async () => {
      const { platform, session } = setUp();

      const results = await Promise.all(times(500, () => session.withToken(platform.call)));

      assert.equal(platform.signIns, 1);
      assert.deepEqual([...new Set(results)], ["token 1"]);
    });

    it("once for callers that come while a sign-in is in progress", async () => {
      const { platform, session } = setUp();
      platform.blockSignIns();
      const early = session.withToken(platform.call);
      await flushPromises();
      const late = session.withToken(platform.call);

      await platform.unblockSignIns();

      assert.deepEqual(await Promise.all([early, late]), ["token 1", "token 1"]);
      assert.equal(platform.signIns, 1);
    });

    it("and rejects with the same error for everyone who waits", async () => {
      const { platform, session } = setUp();
      platform.signInError = platformError("network");

      const results = await Promise.allSettled(times(50, () => session.withToken(platform.call)));

      assert.equal(platform.signIns, 1);
      for (const result of results) assert.ok(result.status === "rejected" && result.reason === platform.signInError);
    });

    it("again for the next call after a transient error", async () => {
      const { platform, session } = setUp();
      platform.signInError = platformError("network");
      await outcome(session.withToken(platform.call));
      platform.signInError = undefined;

      assert.equal(await session.withToken(platform.call), "token 2");
    });

    it("for the other callers when one of them aborts", async () => {
      const { platform, session } = setUp();
      const controller = new AbortController();
      platform.blockSignIns();
      const first = outcome(session.withToken(platform.call, { signal: controller.signal }));
      const second = session.withToken(platform.call);
      await flushPromises();

      controller.abort(cancelledError());
      assert.equal(await first, "cancelled");
      await platform.unblockSignIns();

      assert.equal(await second, "token 1");
      assert.equal(platform.signIns, 1);
    });

    it("and rejects with the underlying error where the sign-in itself reports an invalid token", async () => {
      const { platform, session } = setUp();
      platform.signInError = invalidToken();
      assert.equal(await outcome(session.withToken(platform.call)), "sign-in");
    });

    it("on demand, unless there is a live session and none is forced", async () => {
      const { platform, session } = setUp();
      assert.deepEqual(await session.signIn(false), { token: { value: "token 1", lifeMs: undefined }, reused: false });
      assert.equal((await session.signIn(false)).reused, true);

      const forced = await session.signIn(true);

      assert.equal(forced.reused, false);
      assert.equal(forced.token.value, "token 2");
      assert.deepEqual(platform.previousTokens, [undefined, undefined]);
      assert.equal(await session.withToken(platform.call), "token 2");
    });

    it("on demand when the token has expired, and does not report that session as reused", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.signIn(false);
      await clock.advance(HOUR);

      assert.equal((await session.signIn(false)).reused, false);
      assert.equal(platform.signIns, 2);
    });
  });

  describe("that is closed", () => {
    it("cancels the sign-in for everyone who waits", async () => {
      const { platform, session } = setUp();
      platform.blockSignIns();
      const calls = times(20, () => outcome(session.withToken(platform.call)));
      await flushPromises();

      session.close();

      assert.deepEqual(
        await Promise.all(calls),
        times(20, () => "cancelled"),
      );
    });

    it("cancels all further calls", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call);

      session.close();

      assert.equal(await outcome(session.withToken(platform.call)), "cancelled");
      assert.equal(await outcome(session.signIn(false)), "cancelled");
      assert.equal(await outcome(session.signIn(true)), "cancelled");
      assert.equal(platform.signIns, 1);
    });

    it("does not repeat a call", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call);
      let calls = 0;
      const call = async (): Promise<never> => {
        calls++;
        session.close();
        throw invalidToken();
      };
      assert.equal(await outcome(session.withToken(call)), "cancelled");
      assert.equal(calls, 1);
    });
  });
});
