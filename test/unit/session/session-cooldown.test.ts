import assert from "node:assert/strict";
import { credentialsRefused, HOUR, MINUTE, outcome, platformError, SECOND, setUp, times } from "./session-fixture";

describe("A session", () => {
  describe("whose credentials are refused", () => {
    it("does not send them again for 15 minutes", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));
      await clock.advance(15 * MINUTE - 1);
      const results = await Promise.all(times(100, () => outcome(session.withToken(platform.call))));
      assert.deepEqual([...new Set(results)], ["sign-in"]);
      assert.equal(platform.signIns, 1);

      await clock.advance(1);
      await Promise.all(times(100, () => outcome(session.withToken(platform.call))));

      assert.equal(platform.signIns, 2);
    });

    it("waits twice as long after each refusal, up to a day", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = credentialsRefused();
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
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));
      await clock.advance(15 * MINUTE);
      platform.signInError = undefined;
      await session.withToken(platform.call);
      platform.accepts = () => false;
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));

      await clock.advance(15 * MINUTE);
      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 4);
    });

    it("sends them at once when a sign-in is forced", async () => {
      const { platform, session } = setUp();
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));
      assert.equal(await outcome(session.signIn(false)), "sign-in");
      assert.equal(platform.signIns, 1);
      platform.signInError = undefined;

      assert.equal((await session.signIn(true)).token.value, "token 2");

      assert.equal(await session.withToken(platform.call), "token 2");
    });

    it("sends them once, however many sign-ins are forced in a row", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = credentialsRefused();
      for (let call = 0; call < 50; call++) assert.equal(await outcome(session.signIn(true)), "sign-in");
      assert.equal(platform.signIns, 1);

      await outcome(session.withToken(platform.call));
      await clock.advance(10 * SECOND - 1);
      await outcome(session.signIn(true));
      assert.equal(platform.signIns, 1);

      await clock.advance(1);
      platform.signInError = undefined;
      assert.equal((await session.signIn(true)).token.value, "token 2");
    });

    it("doubles the pause between forced sign-ins, up to a quarter of an hour", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));
      await outcome(session.signIn(true));
      for (const seconds of [10, 20, 40, 80, 160, 320, 640, 900, 900]) {
        const before = platform.signIns;
        await clock.advance(seconds * SECOND - 1);
        await outcome(session.signIn(true));
        assert.equal(platform.signIns, before, `${seconds} seconds are not over`);
        await clock.advance(1);
        await outcome(session.signIn(true));
        assert.equal(platform.signIns, before + 1, `${seconds} seconds are over`);
      }
    });

    it("are forced again at once after a success", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = credentialsRefused();
      await outcome(session.signIn(true));
      await clock.advance(10 * SECOND);
      platform.signInError = undefined;
      await session.signIn(true);

      assert.equal((await session.signIn(true)).token.value, "token 3");
    });

    it("does not wait longer because the clock was set back", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));
      clock.shift(-24 * HOUR);
      await outcome(session.withToken(platform.call));
      assert.equal(platform.signIns, 2);
      await clock.advance(30 * MINUTE);

      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 3);
    });
  });

  describe("whose sign-in fails, and not because of the credentials,", () => {
    for (const code of [
      "sign-in",
      "config",
      "forbidden",
      "not-found",
      "unsupported",
      "rejected",
      "protocol",
      "busy",
    ] as const) {
      it(`with "${code}" rests for a second, and twice as long each time, up to a minute`, async () => {
        const { platform, clock, session } = setUp();
        platform.signInError = platformError(code);
        await outcome(session.withToken(platform.call));
        for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
          const before = platform.signIns;
          await clock.advance(seconds * SECOND - 1);
          assert.deepEqual([await outcome(session.withToken(platform.call)), platform.signIns], [code, before]);
          await clock.advance(1);
          await outcome(session.withToken(platform.call));
          assert.equal(platform.signIns, before + 1, `${seconds} seconds are over`);
        }
      });
    }

    for (const code of ["network", "tls", "timeout"] as const) {
      it(`with "${code}" signs in with the next call, because the platform has not responded`, async () => {
        const { platform, session } = setUp();
        platform.signInError = platformError(code);
        await outcome(session.withToken(platform.call));
        await outcome(session.withToken(platform.call));
        assert.equal(platform.signIns, 2);
      });
    }

    it("rests when a gateway responds in place of the platform", async () => {
      const { platform, session } = setUp();
      platform.signInError = platformError("network", { statusCode: 502 });
      await outcome(session.withToken(platform.call));
      assert.equal(await outcome(session.withToken(platform.call)), "network");
      assert.equal(platform.signIns, 1);
    });

    it("rests for a second again after a success", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("protocol");
      await outcome(session.withToken(platform.call));
      await clock.advance(SECOND);
      await outcome(session.withToken(platform.call));
      await clock.advance(2 * SECOND);
      platform.signInError = undefined;
      await session.withToken(platform.call);
      platform.accepts = () => false;
      platform.signInError = platformError("protocol");
      await outcome(session.withToken(platform.call));
      platform.signInError = undefined;
      platform.accepts = () => true;

      await clock.advance(SECOND);

      assert.equal(await outcome(session.withToken(platform.call)), "token 5");
    });

    it("does not rest less because sign-ins are forced in a loop", async () => {
      const { platform, clock, session } = setUp();
      platform.signInError = platformError("protocol");
      for (let call = 0; call < 50; call++) await outcome(session.signIn(true));
      assert.equal(platform.signIns, 1);

      await clock.advance(SECOND);
      await outcome(session.signIn(true));

      assert.equal(platform.signIns, 2);
    });

    it("goes on with its live token when a renewal fails, and forgets the failure after the next success", async () => {
      const { platform, clock, session } = setUp();
      platform.lifeMs = HOUR;
      await session.withToken(platform.call);
      platform.signInError = platformError("rejected");
      await clock.advance(56 * MINUTE);

      assert.equal(await outcome(session.withToken(platform.call)), "token 1");

      platform.signInError = undefined;
      await clock.advance(4 * MINUTE);
      assert.equal(await outcome(session.withToken(platform.call)), "token 3");
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
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));
      await clock.advance(15 * MINUTE);
      platform.signInError = platformError("busy", { retryAfterMs: MINUTE });
      await outcome(session.withToken(platform.call));
      await clock.advance(MINUTE);
      platform.signInError = credentialsRefused();
      await outcome(session.withToken(platform.call));

      await clock.advance(30 * MINUTE - 1);
      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 3);
    });
  });
});
