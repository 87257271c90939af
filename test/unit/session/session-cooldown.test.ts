import assert from "node:assert/strict";
import { HOUR, MINUTE, outcome, platformError, SECOND, setUp, times } from "./session-fixture";

describe("A session", () => {
  describe("whose credentials are refused", () => {
    for (const code of ["sign-in", "config", "forbidden", "unsupported", "rejected"] as const) {
      it(`with "${code}" does not send them again for 15 minutes`, async () => {
        const { platform, clock, session } = setUp();
        platform.signInError = platformError(code);
        await outcome(session.withToken(platform.call));
        await clock.advance(15 * MINUTE - 1);
        const results = await Promise.all(times(100, () => outcome(session.withToken(platform.call))));
        assert.deepEqual([...new Set(results)], [code]);
        assert.equal(platform.signIns, 1);

        await clock.advance(1);
        await Promise.all(times(100, () => outcome(session.withToken(platform.call))));

        assert.equal(platform.signIns, 2);
      });
    }

    for (const code of ["network", "timeout", "protocol", "offline", "busy"] as const) {
      it(`with "${code}" sends them again with the next call`, async () => {
        const { platform, session } = setUp();
        platform.signInError = platformError(code);
        await outcome(session.withToken(platform.call));
        await outcome(session.withToken(platform.call));
        assert.equal(platform.signIns, 2);
      });
    }

    it("waits ten seconds after two responses in a row that cannot be read, and no longer the next time", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("protocol");
      for (let call = 0; call < 5; call++) await outcome(session.withToken(platform.call));
      assert.equal(platform.signIns, 2);
      await clock.advance(10 * SECOND);
      platform.signInError = undefined;
      await session.withToken(platform.call);
      platform.signInError = platformError("protocol");
      for (let call = 0; call < 2; call++) await outcome(session.signIn(true));
      assert.equal(platform.signIns, 5);
    });

    it("does not wait after the first response that cannot be read since a successful sign-in", async () => {
      const { platform, session } = setUp();
      platform.signInError = platformError("protocol");
      await outcome(session.withToken(platform.call));
      platform.signInError = undefined;
      await session.withToken(platform.call);
      platform.accepts = () => false;
      platform.signInError = platformError("protocol");
      await outcome(session.withToken(platform.call));
      platform.signInError = undefined;
      platform.accepts = () => true;
      assert.equal(await outcome(session.withToken(platform.call)), "token 4");
    });

    it("waits twice as long after each refusal, up to a day", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("sign-in");
      await outcome(session.withToken(platform.call));
      for (const minutes of [15, 30, 60, 120, 240, 480, 960, 1440, 1440]) {
        const before = platform.signIns;
        await clock.advance(minutes * MINUTE - 1);
        await outcome(session.withToken(platform.call));
        assert.equal(platform.signIns, before, `${minutes} minutes are not over`);
        await clock.advance(1);
        await outcome(session.withToken(platform.call));
        assert.equal(platform.signIns, before + 1, `${minutes} minutes are over`);
      }
    });

    it("starts with 15 minutes again after a success", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("sign-in");
      await outcome(session.withToken(platform.call));
      await clock.advance(15 * MINUTE);
      platform.signInError = undefined;
      await session.withToken(platform.call);
      platform.accepts = () => false;
      platform.signInError = platformError("sign-in");
      await outcome(session.withToken(platform.call));

      await clock.advance(15 * MINUTE);
      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 4);
    });

    it("sends them at once when a sign-in is forced", async () => {
      const { platform, session } = setUp();
      platform.signInError = platformError("sign-in");
      await outcome(session.withToken(platform.call));
      assert.equal(await outcome(session.signIn(false)), "sign-in");
      assert.equal(platform.signIns, 1);
      platform.signInError = undefined;

      assert.equal((await session.signIn(true)).token.value, "token 2");

      assert.equal(await session.withToken(platform.call), "token 2");
    });

    it("waits again after a forced sign-in was refused", async () => {
      const { platform, session } = setUp();
      platform.signInError = platformError("sign-in");
      await outcome(session.signIn(true));
      await outcome(session.signIn(true));
      assert.equal(platform.signIns, 2);

      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 2);
    });

    it("does not wait longer because the clock was set back", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("sign-in");
      await outcome(session.withToken(platform.call));
      clock.shift(-24 * HOUR);
      await outcome(session.withToken(platform.call));
      assert.equal(platform.signIns, 2);
      await clock.advance(30 * MINUTE);

      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 3);
    });
  });

  describe("whose platform is busy at sign-in", () => {
    it("waits for as long as the platform asks", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("busy", { retryAfterMs: 90 * SECOND });
      await outcome(session.withToken(platform.call));
      platform.signInError = undefined;
      await clock.advance(90 * SECOND - 1);
      assert.equal(await outcome(session.withToken(platform.call)), "busy");

      await clock.advance(1);

      assert.equal(await outcome(session.withToken(platform.call)), "token 2");
    });

    it("waits for a minute where an error code of the platform says so", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("busy", { vendorCode: -20004 });
      for (let second = 0; second < 60; second++) {
        await outcome(session.withToken(platform.call));
        await clock.advance(SECOND);
      }
      assert.equal(platform.signIns, 1);

      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 2);
    });

    it("waits for a day at most", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("busy", { retryAfterMs: 1e12 });
      await outcome(session.withToken(platform.call));
      platform.signInError = undefined;

      await clock.advance(24 * HOUR);

      assert.equal(await outcome(session.withToken(platform.call)), "token 2");
    });

    it("still doubles the wait after an earlier refusal", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("sign-in");
      await outcome(session.withToken(platform.call));
      await clock.advance(15 * MINUTE);
      platform.signInError = platformError("busy", { retryAfterMs: MINUTE });
      await outcome(session.withToken(platform.call));
      await clock.advance(MINUTE);
      platform.signInError = platformError("sign-in");
      await outcome(session.withToken(platform.call));

      await clock.advance(30 * MINUTE - 1);
      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 3);
    });
  });
});
