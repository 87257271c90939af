import assert from "node:assert/strict";
import { cancelledError, InvalidTokenError } from "../../../src/core/errors";
import type { Token } from "../../../src/session/token";
import { flushPromises } from "../../support/fake-clock";
import { invalidToken, outcome, platformError, SECOND, setUp, times } from "./session-fixture";

describe("A session", () => {
  describe("renews a token that the platform refuses", () => {
    it("without the caller noticing, and passes the old one to the sign-in", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call);
      platform.accepts = (value) => value === "token 2";

      assert.equal(await session.withToken(platform.call), "token 2");

      assert.deepEqual(platform.previousTokens, [undefined, "token 1"]);
    });

    it("once for 500 calls that are refused at the same time", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call);
      platform.accepts = (value) => value === "token 2";

      const results = await Promise.all(times(500, () => session.withToken(platform.call)));

      assert.deepEqual([...new Set(results)], ["token 2"]);
      assert.equal(platform.signIns, 2);
    });

    it("once for 500 calls that are refused one by one long after the renewal", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call);
      const refusals: (() => void)[] = [];
      const slowCall = async (token: Token): Promise<string> => {
        if (token.value !== "token 1") return token.value;
        await new Promise<void>((resolve) => refusals.push(resolve));
        throw invalidToken();
      };
      const calls = times(500, () => session.withToken(slowCall));
      await flushPromises();

      for (const refuse of refusals) {
        refuse();
        await flushPromises();
      }

      assert.deepEqual([...new Set(await Promise.all(calls))], ["token 2"]);
      assert.equal(platform.signIns, 2);
    });

    it("and repeats the call once: a second refusal is an error", async () => {
      const { platform, session } = setUp();
      platform.accepts = () => false;
      const values: string[] = [];

      const result = await outcome(
        session.withToken((token) => {
          values.push(token.value);
          return platform.call(token);
        }),
      );

      assert.equal(result, "sign-in");
      assert.deepEqual(values, ["token 1", "token 2"]);
      assert.equal(platform.signIns, 2);
    });

    it("but passes on every other error of a call", async () => {
      const { platform, session } = setUp();
      const offline = platformError("offline");
      assert.equal(await outcome(session.withToken(() => Promise.reject(offline))), "offline");
      assert.equal(platform.signIns, 1);
    });

    it("and passes on the error of the repeated call", async () => {
      const { platform, session } = setUp();
      let tries = 0;
      const call = async (): Promise<never> => {
        throw ++tries === 1 ? invalidToken() : platformError("busy");
      };
      assert.equal(await outcome(session.withToken(call)), "busy");
      assert.equal(platform.signIns, 2);
    });

    it("unless the caller aborts meanwhile", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call);
      const controller = new AbortController();
      platform.blockSignIns();
      const call = async (): Promise<never> => {
        throw invalidToken();
      };
      const ended = outcome(session.withToken(call, { signal: controller.signal }));
      await flushPromises();

      controller.abort(cancelledError());

      assert.equal(await ended, "cancelled");
      await platform.unblockSignIns();
    });
  });

  describe("whose renewed tokens are refused as well", () => {
    it("does not sign in for every message", async () => {
      const { platform, clock, session } = setUp();
      platform.accepts = () => false;
      for (let message = 0; message < 50; message++) {
        assert.equal(await outcome(session.withToken(platform.call)), "sign-in");
        await clock.advance(100);
      }
      assert.equal(platform.signIns, 2);
    });

    it("renews again after ten seconds, then after twice as long each time, up to five minutes", async () => {
      const { platform, clock, session } = setUp();
      platform.accepts = () => false;
      await outcome(session.withToken(platform.call));
      for (const restMs of [10, 20, 40, 80, 160, 300, 300].map((seconds) => seconds * SECOND)) {
        const before = platform.signIns;
        await clock.advance(restMs - 1);
        await outcome(session.withToken(platform.call));
        assert.equal(platform.signIns, before, `${restMs} ms are not over`);
        await clock.advance(1);
        await outcome(session.withToken(platform.call));
        assert.equal(platform.signIns, before + 1, `${restMs} ms are over`);
      }
    });

    it("counts calls that are refused at the same time as one refusal", async () => {
      const { platform, clock, session } = setUp();
      platform.accepts = () => false;
      await Promise.all(times(500, () => outcome(session.withToken(platform.call))));
      assert.equal(platform.signIns, 2);
      platform.accepts = (value) => value === "token 3";

      await clock.advance(10 * SECOND);

      assert.equal(await outcome(session.withToken(platform.call)), "token 3");
    });

    it("starts with ten seconds again after a renewal that helped", async () => {
      const { platform, clock, session } = setUp();
      platform.accepts = () => false;
      await outcome(session.withToken(platform.call));
      await clock.advance(10 * SECOND);
      platform.accepts = (value) => value === "token 3";
      await session.withToken(platform.call);
      platform.accepts = () => false;
      await outcome(session.withToken(platform.call));

      await clock.advance(10 * SECOND);
      await outcome(session.withToken(platform.call));

      assert.equal(platform.signIns, 5);
    });

    it("renews at once again after a forced sign-in", async () => {
      const { platform, session } = setUp();
      platform.accepts = () => false;
      await outcome(session.withToken(platform.call));
      await session.signIn(true);
      platform.accepts = (value) => value === "token 4";

      assert.equal(await outcome(session.withToken(platform.call)), "token 4");
    });
  });

  describe("whose tokens are refused for a single call", () => {
    it("fails with the error for that call alone, and renews once for it", async () => {
      const { platform, clock, session } = setUp();
      await session.withToken(platform.call, {}, "good");

      for (let message = 0; message < 50; message++) {
        assert.equal(await outcome(session.withToken(refusedCall, {}, "bad")), "forbidden");
        assert.equal(await outcome(session.withToken(platform.call, {}, "good")), "token 2");
        await clock.advance(100);
      }

      assert.equal(platform.signIns, 2);
    });

    it("renews a token at once that expires for the other calls meanwhile", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call, {}, "good");
      await outcome(session.withToken(refusedCall, {}, "bad"));
      await session.withToken(platform.call, {}, "good");
      platform.accepts = (value) => value === "token 3";

      assert.equal(await outcome(session.withToken(platform.call, {}, "good")), "token 3");
      assert.equal(await outcome(session.withToken(platform.call, {}, "other")), "token 3");
      assert.equal(platform.signIns, 3);
    });

    it("renews a token at once that was accepted for another call shortly before it was refused for that one", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call, {}, "good");
      let refuse = (): void => undefined;
      const refused = new Promise<void>((resolve) => {
        refuse = resolve;
      });
      const slow = session.withToken(
        async ({ value }) => {
          if (value === "token 2") await refused;
          return refusedCall();
        },
        {},
        "bad",
      );
      await flushPromises();
      assert.equal(await session.withToken(platform.call, {}, "good"), "token 2");
      refuse();
      assert.equal(await outcome(slow), "forbidden");
      platform.accepts = (value) => value === "token 3";

      assert.equal(await outcome(session.withToken(platform.call, {}, "good")), "token 3");
    });

    it("does not call it forbidden while no other call has shown that the token is accepted", async () => {
      const { platform, session } = setUp();
      assert.equal(await outcome(session.withToken(refusedCall, {}, "bad")), "sign-in");
      await session.withToken(platform.call, {}, "good");
      assert.equal(await outcome(session.withToken(refusedCall, {}, "bad")), "forbidden");
      assert.equal(platform.signIns, 2);
    });

    it("signs in a limited number of times, however many calls are refused", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call, {}, "good");
      for (let index = 0; index < 200; index++) {
        await outcome(session.withToken(refusedCall, {}, `bad ${index}`));
        await session.withToken(platform.call, {}, "good");
      }
      assert.equal(platform.signIns, 17);
    });

    it("renews for it again once it was accepted", async () => {
      const { platform, session } = setUp();
      await session.withToken(platform.call, {}, "good");
      await outcome(session.withToken(refusedCall, {}, "bad"));
      await session.withToken(platform.call, {}, "bad");
      platform.accepts = (value) => value === "token 3";

      assert.equal(await outcome(session.withToken(platform.call, {}, "bad")), "token 3");
    });
  });
});

/** A call whose endpoint refuses every token. */
async function refusedCall(): Promise<never> {
  throw new InvalidTokenError(platformError("sign-in"), platformError("forbidden"));
}
