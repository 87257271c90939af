import assert from "node:assert/strict";
import { flushPromises } from "../../support/fake-clock";
import { credentialsRefused, HOUR, MINUTE, outcome, platformError, SECOND, setUp, times } from "./session-fixture";

describe("A session", () => {
  describe("with a token whose life is known", () => {
    it("renews it in the background five minutes before its end, and uses the old one meanwhile", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.withToken(platform.call);
      await clock.advance(HOUR - 5 * MINUTE - 1);
      await session.withToken(platform.call);
      assert.equal(platform.signIns, 1);

      await clock.advance(1);
      platform.blockSignIns();
      assert.deepEqual(
        await Promise.all(times(100, () => session.withToken(platform.call))),
        times(100, () => "token 1"),
      );
      assert.equal(platform.signIns, 2);
      await platform.unblockSignIns();

      assert.equal(await session.withToken(platform.call), "token 2");
    });

    it("renews a short-lived one in the last tenth of its life", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = 10 * MINUTE;
      await session.withToken(platform.call);
      await clock.advance(9 * MINUTE - 1);
      await session.withToken(platform.call);
      assert.equal(platform.signIns, 1);

      await clock.advance(1);
      await session.withToken(platform.call);

      assert.equal(platform.signIns, 2);
    });

    it("never uses it after its end", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.withToken(platform.call);
      await clock.advance(HOUR);

      assert.equal(await session.withToken(platform.call), "token 2");
    });

    it("ignores an error of the renewal in the background until the old token expires", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.withToken(platform.call);
      platform.signInError = credentialsRefused();
      await clock.advance(HOUR - MINUTE);

      assert.equal(await session.withToken(platform.call), "token 1");
      await flushPromises();
      assert.equal(await session.withToken(platform.call), "token 1");
      await clock.advance(MINUTE);

      assert.equal(await outcome(session.withToken(platform.call)), "sign-in");
      assert.equal(platform.signIns, 2);
    });

    it("waits ten seconds after a failed renewal in the background, so that not every call starts one", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.withToken(platform.call);
      platform.signInError = platformError("network");
      await clock.advance(HOUR - MINUTE);
      for (let second = 0; second < 59; second++) {
        assert.equal(await session.withToken(platform.call), "token 1");
        await clock.advance(SECOND);
      }
      assert.equal(platform.signIns, 1 + 6);
      await clock.advance(SECOND);

      assert.equal(await outcome(session.withToken(platform.call)), "network");
    });

    it("does not wait for a failed renewal longer than until its end", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.withToken(platform.call);
      platform.signInError = platformError("network");
      await clock.advance(HOUR - SECOND);
      await session.withToken(platform.call);
      platform.signInError = undefined;
      await clock.advance(SECOND);

      assert.equal(await session.withToken(platform.call), "token 3");
    });

    for (const lifeMs of [0, 1, 999, -1, -7_200_000, Number.NaN, undefined, 1e15, Infinity]) {
      it(`signs in once for 100 calls, even if its life is ${lifeMs} ms`, async () => {
        const { platform, clock, session } = setUp();
        platform.lifeMs = lifeMs;
        for (let call = 0; call < 100; call++) {
          await session.withToken(platform.call);
          await clock.advance(MINUTE);
        }
        assert.equal(platform.signIns, 1);
      });
    }

    it("renews it about once a second at most, however short its life is", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = 1000;
      for (let call = 0; call < 1000; call++) {
        await session.withToken(platform.call);
        await clock.advance(10);
      }
      assert.ok(platform.signIns >= 10 && platform.signIns <= 12, String(platform.signIns));
    });

    it("renews it when it is refused after the clock was set back", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.withToken(platform.call);
      clock.shift(-24 * HOUR);
      platform.accepts = (value) => value === "token 2";

      assert.equal(await session.withToken(platform.call), "token 2");
      assert.equal(await session.withToken(platform.call), "token 2");

      assert.equal(platform.signIns, 2);
    });
  });
});
