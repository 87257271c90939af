import assert from "node:assert/strict";
import type { AbortSignalLike } from "../../../src/core/abort";
import {
  cancelledError,
  InvalidTokenError,
  PlatformError,
  type ErrorCode,
  type ErrorDetails,
} from "../../../src/core/errors";
import { Session } from "../../../src/session/session";
import { Token } from "../../../src/session/token";
import { FakeClock, flushPromises } from "../../support/fake-clock";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A platform's door: hands out numbered tokens, and may be told to refuse or to wait. */
class Door {
  /** How often somebody asked. */
  asked = 0;
  /** What each asker brought along. */
  readonly previous: (string | undefined)[] = [];
  lifeMs: number | undefined;
  /** What the next askers get instead of a token. */
  refusal: Error | undefined;
  /** Tokens that the platform accepts; none means all. */
  live = (_value: string): boolean => true;
  #locked: Promise<void> | undefined;
  #unlock: (() => void) | undefined;

  readonly obtain = async (previous: Token | undefined, signal: AbortSignalLike): Promise<Token> => {
    this.asked++;
    this.previous.push(previous?.value);
    const value = `token ${this.asked}`;
    if (this.#locked) {
      const closed = new Promise<void>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      await Promise.race([this.#locked, closed]);
    }
    if (this.refusal) throw this.refusal;
    return { value, lifeMs: this.lifeMs };
  };

  /** A call that the platform answers at once, or refuses when the token is spent. */
  readonly call = async ({ value }: Token): Promise<string> => {
    await flushPromises();
    if (!this.live(value)) throw spent();
    return value;
  };

  lock(): void {
    this.#locked = new Promise((resolve) => {
      this.#unlock = resolve;
    });
  }

  async unlock(): Promise<void> {
    this.#unlock?.();
    this.#locked = undefined;
    await flushPromises();
  }
}

function setUp(): { door: Door; clock: FakeClock; session: Session<Token> } {
  const door = new Door();
  const clock = new FakeClock();
  return { door, clock, session: new Session(door.obtain, Token, clock) };
}

const spent = (): InvalidTokenError => new InvalidTokenError(new PlatformError("sign-in", "The token is spent."));
const failure = (code: ErrorCode, details: ErrorDetails = {}): PlatformError =>
  new PlatformError(code, `This is ${code}.`, details);

/** What a call came to: the token that served it, or the code of its failure. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error instanceof PlatformError ? error.code : error;
  }
}

function many<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

describe("A session", () => {
  describe("signs in", () => {
    it("at the first call, and not before", async () => {
      const { door, session } = setUp();
      await flushPromises();
      assert.equal(door.asked, 0);
      assert.equal(session.token?.value, undefined);

      assert.equal(await session.withToken(door.call), "token 1");

      assert.deepEqual(door.previous, [undefined]);
      assert.equal(session.token?.value, "token 1");
    });

    it("once for 500 callers that come at the same time", async () => {
      const { door, session } = setUp();

      const results = await Promise.all(many(500, () => session.withToken(door.call)));

      assert.equal(door.asked, 1);
      assert.deepEqual([...new Set(results)], ["token 1"]);
    });

    it("once for those who come while it is under way", async () => {
      const { door, session } = setUp();
      door.lock();
      const early = session.withToken(door.call);
      await flushPromises();
      const late = session.withToken(door.call);

      await door.unlock();

      assert.deepEqual(await Promise.all([early, late]), ["token 1", "token 1"]);
      assert.equal(door.asked, 1);
    });

    it("and tells all who waited of the same failure", async () => {
      const { door, session } = setUp();
      door.refusal = failure("network");

      const results = await Promise.allSettled(many(50, () => session.withToken(door.call)));

      assert.equal(door.asked, 1);
      for (const result of results) assert.ok(result.status === "rejected" && result.reason === door.refusal);
    });

    it("again for the next call after a passing failure", async () => {
      const { door, session } = setUp();
      door.refusal = failure("network");
      await outcome(session.withToken(door.call));
      door.refusal = undefined;

      assert.equal(await session.withToken(door.call), "token 2");
    });

    it("for the others too when one of them gives up", async () => {
      const { door, session } = setUp();
      const impatient = new AbortController();
      door.lock();
      const first = outcome(session.withToken(door.call, { signal: impatient.signal }));
      const second = session.withToken(door.call);
      await flushPromises();

      impatient.abort(cancelledError());
      assert.equal(await first, "cancelled");
      await door.unlock();

      assert.equal(await second, "token 1");
      assert.equal(door.asked, 1);
    });

    it("and takes a failure of its renewal that comes as a spent token for what it means", async () => {
      const { door, session } = setUp();
      door.refusal = spent();
      assert.equal(await outcome(session.withToken(door.call)), "sign-in");
    });

    it("on demand, or hands out what is live", async () => {
      const { door, session } = setUp();
      assert.deepEqual(await session.signIn(false), { token: { value: "token 1", lifeMs: undefined }, reused: false });
      assert.equal((await session.signIn(false)).reused, true);

      const forced = await session.signIn(true);

      assert.equal(forced.reused, false);
      assert.equal(forced.token.value, "token 2");
      assert.deepEqual(door.previous, [undefined, undefined]);
      assert.equal(await session.withToken(door.call), "token 2");
    });

    it("on demand when the token has come to its end, and does not call that reused", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = HOUR;
      await session.signIn(false);
      await clock.advance(HOUR);

      assert.equal((await session.signIn(false)).reused, false);
      assert.equal(door.asked, 2);
    });
  });

  describe("renews a spent token", () => {
    it("without the caller noticing, and brings the old one along", async () => {
      const { door, session } = setUp();
      await session.withToken(door.call);
      door.live = (value) => value === "token 2";

      assert.equal(await session.withToken(door.call), "token 2");

      assert.deepEqual(door.previous, [undefined, "token 1"]);
    });

    it("exactly once for a wave of 500 refusals", async () => {
      const { door, session } = setUp();
      await session.withToken(door.call);
      door.live = (value) => value === "token 2";

      const results = await Promise.all(many(500, () => session.withToken(door.call)));

      assert.deepEqual([...new Set(results)], ["token 2"]);
      assert.equal(door.asked, 2);
    });

    it("exactly once for 500 refusals that trickle in long after the renewal", async () => {
      const { door, session } = setUp();
      await session.withToken(door.call);
      const refuse: (() => void)[] = [];
      const slow = async (token: Token): Promise<string> => {
        if (token.value !== "token 1") return token.value;
        await new Promise<void>((resolve) => refuse.push(resolve));
        throw spent();
      };
      const calls = many(500, () => session.withToken(slow));
      await flushPromises();

      for (const one of refuse) {
        one();
        await flushPromises();
      }

      assert.deepEqual([...new Set(await Promise.all(calls))], ["token 2"]);
      assert.equal(door.asked, 2);
    });

    it("and plays the call again just once: two refusals in a row are an error", async () => {
      const { door, session } = setUp();
      door.live = () => false;
      const values: string[] = [];

      const result = await outcome(
        session.withToken((token) => {
          values.push(token.value);
          return door.call(token);
        }),
      );

      assert.equal(result, "sign-in");
      assert.deepEqual(values, ["token 1", "token 2"]);
      assert.equal(door.asked, 2);
    });

    it("but leaves every other failure of a call alone", async () => {
      const { door, session } = setUp();
      const offline = failure("offline");
      assert.equal(await outcome(session.withToken(() => Promise.reject(offline))), "offline");
      assert.equal(door.asked, 1);
    });

    it("and hands on a failure of the second try as it is", async () => {
      const { door, session } = setUp();
      let tries = 0;
      const call = async (): Promise<never> => {
        throw ++tries === 1 ? spent() : failure("busy");
      };
      assert.equal(await outcome(session.withToken(call)), "busy");
      assert.equal(door.asked, 2);
    });

    it("only when the caller still wants it", async () => {
      const { door, session } = setUp();
      await session.withToken(door.call);
      const gone = new AbortController();
      door.lock();
      const call = async (): Promise<never> => {
        throw spent();
      };
      const ended = outcome(session.withToken(call, { signal: gone.signal }));
      await flushPromises();

      gone.abort(cancelledError());

      assert.equal(await ended, "cancelled");
      await door.unlock();
    });
  });

  describe("that doubts its fresh tokens", () => {
    it("does not sign in for every message", async () => {
      const { door, clock, session } = setUp();
      door.live = () => false;
      for (let message = 0; message < 50; message++) {
        assert.equal(await outcome(session.withToken(door.call)), "sign-in");
        await clock.advance(100);
      }
      assert.equal(door.asked, 2);
    });

    it("tries again after ten seconds, then after twice as long, five minutes at most", async () => {
      const { door, clock, session } = setUp();
      door.live = () => false;
      await outcome(session.withToken(door.call));
      for (const restMs of [10, 20, 40, 80, 160, 300, 300].map((seconds) => seconds * SECOND)) {
        const before = door.asked;
        await clock.advance(restMs - 1);
        await outcome(session.withToken(door.call));
        assert.equal(door.asked, before, `${restMs} ms are not over`);
        await clock.advance(1);
        await outcome(session.withToken(door.call));
        assert.equal(door.asked, before + 1, `${restMs} ms are over`);
      }
    });

    it("counts a whole wave as one doubt", async () => {
      const { door, clock, session } = setUp();
      door.live = () => false;
      await Promise.all(many(500, () => outcome(session.withToken(door.call))));
      assert.equal(door.asked, 2);
      door.live = (value) => value === "token 3";

      await clock.advance(10 * SECOND);

      assert.equal(await outcome(session.withToken(door.call)), "token 3");
    });

    it("forgets the doubt once a renewal helps", async () => {
      const { door, clock, session } = setUp();
      door.live = () => false;
      await outcome(session.withToken(door.call));
      await clock.advance(10 * SECOND);
      door.live = (value) => value === "token 3";
      await session.withToken(door.call);
      door.live = () => false;
      await outcome(session.withToken(door.call));

      await clock.advance(10 * SECOND);
      await outcome(session.withToken(door.call));

      assert.equal(door.asked, 5);
    });

    it("forgets the doubt when a sign-in is forced", async () => {
      const { door, session } = setUp();
      door.live = () => false;
      await outcome(session.withToken(door.call));
      await session.signIn(true);
      door.live = (value) => value === "token 4";

      assert.equal(await outcome(session.withToken(door.call)), "token 4");
    });
  });

  describe("with a token whose life is known", () => {
    it("renews it beside the calls shortly before its end, and lends the old one meanwhile", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = HOUR;
      await session.withToken(door.call);
      await clock.advance(HOUR - 5 * MINUTE - 1);
      await session.withToken(door.call);
      assert.equal(door.asked, 1);

      await clock.advance(1);
      door.lock();
      assert.deepEqual(
        await Promise.all(many(100, () => session.withToken(door.call))),
        many(100, () => "token 1"),
      );
      assert.equal(door.asked, 2);
      await door.unlock();

      assert.equal(await session.withToken(door.call), "token 2");
    });

    it("renews a short-lived one in the last tenth of its life", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = 10 * MINUTE;
      await session.withToken(door.call);
      await clock.advance(9 * MINUTE - 1);
      await session.withToken(door.call);
      assert.equal(door.asked, 1);

      await clock.advance(1);
      await session.withToken(door.call);

      assert.equal(door.asked, 2);
    });

    it("never lends it after its end", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = HOUR;
      await session.withToken(door.call);
      await clock.advance(HOUR);

      assert.equal(await session.withToken(door.call), "token 2");
    });

    it("tells nobody of a failed early renewal while the old token lives", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = HOUR;
      await session.withToken(door.call);
      door.refusal = failure("sign-in");
      await clock.advance(HOUR - MINUTE);

      assert.equal(await session.withToken(door.call), "token 1");
      await flushPromises();
      assert.equal(await session.withToken(door.call), "token 1");
      await clock.advance(MINUTE);

      assert.equal(await outcome(session.withToken(door.call)), "sign-in");
      assert.equal(door.asked, 2);
    });

    it("rests after a failed early renewal, so that it is not asked for with every call", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = HOUR;
      await session.withToken(door.call);
      door.refusal = failure("network");
      await clock.advance(HOUR - MINUTE);
      for (let second = 0; second < 59; second++) {
        assert.equal(await session.withToken(door.call), "token 1");
        await clock.advance(SECOND);
      }
      assert.equal(door.asked, 1 + 6);
      await clock.advance(SECOND);

      assert.equal(await outcome(session.withToken(door.call)), "network");
    });

    it("lets no rest last beyond its end", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = HOUR;
      await session.withToken(door.call);
      door.refusal = failure("network");
      await clock.advance(HOUR - SECOND);
      await session.withToken(door.call);
      door.refusal = undefined;
      await clock.advance(SECOND);

      assert.equal(await session.withToken(door.call), "token 3");
    });

    for (const lifeMs of [0, 1, 999, -1, -7_200_000, Number.NaN, undefined, 1e15, Infinity]) {
      it(`makes no storm of a life of ${lifeMs}`, async () => {
        const { door, clock, session } = setUp();
        door.lifeMs = lifeMs;
        for (let call = 0; call < 100; call++) {
          await session.withToken(door.call);
          await clock.advance(MINUTE);
        }
        assert.equal(door.asked, 1);
      });
    }

    it("renews it no more often than about once a second, however short its life", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = 1000;
      for (let call = 0; call < 1000; call++) {
        await session.withToken(door.call);
        await clock.advance(10);
      }
      assert.ok(door.asked >= 10 && door.asked <= 12, String(door.asked));
    });

    it("is not moved by a clock that is set back", async () => {
      const { door, clock, session } = setUp();
      door.lifeMs = HOUR;
      await session.withToken(door.call);
      clock.shift(-24 * HOUR);
      door.live = (value) => value === "token 2";

      assert.equal(await session.withToken(door.call), "token 2");
      assert.equal(await session.withToken(door.call), "token 2");

      assert.equal(door.asked, 2);
    });
  });

  describe("whose credential was refused", () => {
    for (const code of ["sign-in", "config", "forbidden", "unsupported", "rejected"] as const) {
      it(`with "${code}" does not send it again for 15 minutes`, async () => {
        const { door, clock, session } = setUp();
        door.refusal = failure(code);
        await outcome(session.withToken(door.call));
        await clock.advance(15 * MINUTE - 1);
        const results = await Promise.all(many(100, () => outcome(session.withToken(door.call))));
        assert.deepEqual([...new Set(results)], [code]);
        assert.equal(door.asked, 1);

        await clock.advance(1);
        await Promise.all(many(100, () => outcome(session.withToken(door.call))));

        assert.equal(door.asked, 2);
      });
    }

    for (const code of ["network", "timeout", "protocol", "offline", "busy"] as const) {
      it(`does not take "${code}" for a refusal`, async () => {
        const { door, session } = setUp();
        door.refusal = failure(code);
        await outcome(session.withToken(door.call));
        await outcome(session.withToken(door.call));
        assert.equal(door.asked, 2);
      });
    }

    it("rests ten seconds when two answers in a row cannot be read, and is not stricter afterwards", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("protocol");
      for (let call = 0; call < 5; call++) await outcome(session.withToken(door.call));
      assert.equal(door.asked, 2);
      await clock.advance(10 * SECOND);
      door.refusal = undefined;
      await session.withToken(door.call);
      door.refusal = failure("protocol");
      for (let call = 0; call < 2; call++) await outcome(session.signIn(true));
      assert.equal(door.asked, 5);
    });

    it("does not rest for the first answer that cannot be read since somebody was let in", async () => {
      const { door, session } = setUp();
      door.refusal = failure("protocol");
      await outcome(session.withToken(door.call));
      door.refusal = undefined;
      await session.withToken(door.call);
      door.live = () => false;
      door.refusal = failure("protocol");
      await outcome(session.withToken(door.call));
      door.refusal = undefined;
      door.live = () => true;
      assert.equal(await outcome(session.withToken(door.call)), "token 4");
    });

    it("waits twice as long after each refusal, a day at most", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("sign-in");
      await outcome(session.withToken(door.call));
      for (const minutes of [15, 30, 60, 120, 240, 480, 960, 1440, 1440]) {
        const before = door.asked;
        await clock.advance(minutes * MINUTE - 1);
        await outcome(session.withToken(door.call));
        assert.equal(door.asked, before, `${minutes} minutes are not over`);
        await clock.advance(1);
        await outcome(session.withToken(door.call));
        assert.equal(door.asked, before + 1, `${minutes} minutes are over`);
      }
    });

    it("begins anew with 15 minutes after a success", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("sign-in");
      await outcome(session.withToken(door.call));
      await clock.advance(15 * MINUTE);
      door.refusal = undefined;
      await session.withToken(door.call);
      door.live = () => false;
      door.refusal = failure("sign-in");
      await outcome(session.withToken(door.call));

      await clock.advance(15 * MINUTE);
      await outcome(session.withToken(door.call));

      assert.equal(door.asked, 4);
    });

    it("sends it again at once when the owner forces it", async () => {
      const { door, session } = setUp();
      door.refusal = failure("sign-in");
      await outcome(session.withToken(door.call));
      assert.equal(await outcome(session.signIn(false)), "sign-in");
      assert.equal(door.asked, 1);
      door.refusal = undefined;

      assert.equal((await session.signIn(true)).token.value, "token 2");

      assert.equal(await session.withToken(door.call), "token 2");
    });

    it("latches again when the owner forced it in vain", async () => {
      const { door, session } = setUp();
      door.refusal = failure("sign-in");
      await outcome(session.signIn(true));
      await outcome(session.signIn(true));
      assert.equal(door.asked, 2);

      await outcome(session.withToken(door.call));

      assert.equal(door.asked, 2);
    });

    it("is not locked out for a day longer by a clock that is set back", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("sign-in");
      await outcome(session.withToken(door.call));
      clock.shift(-24 * HOUR);
      await outcome(session.withToken(door.call));
      assert.equal(door.asked, 2);
      await clock.advance(30 * MINUTE);

      await outcome(session.withToken(door.call));

      assert.equal(door.asked, 3);
    });
  });

  describe("that is asked to leave the platform alone at sign-in", () => {
    it("does so for as long as asked", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("busy", { retryAfterMs: 90 * SECOND });
      await outcome(session.withToken(door.call));
      door.refusal = undefined;
      await clock.advance(90 * SECOND - 1);
      assert.equal(await outcome(session.withToken(door.call)), "busy");

      await clock.advance(1);

      assert.equal(await outcome(session.withToken(door.call)), "token 2");
    });

    it("does so for a minute when the platform says so in a number of its own", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("busy", { vendorCode: -20004 });
      for (let second = 0; second < 60; second++) {
        await outcome(session.withToken(door.call));
        await clock.advance(SECOND);
      }
      assert.equal(door.asked, 1);

      await outcome(session.withToken(door.call));

      assert.equal(door.asked, 2);
    });

    it("but not for longer than a day", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("busy", { retryAfterMs: 1e12 });
      await outcome(session.withToken(door.call));
      door.refusal = undefined;

      await clock.advance(24 * HOUR);

      assert.equal(await outcome(session.withToken(door.call)), "token 2");
    });

    it("and still remembers an earlier refusal", async () => {
      const { door, clock, session } = setUp();
      door.refusal = failure("sign-in");
      await outcome(session.withToken(door.call));
      await clock.advance(15 * MINUTE);
      door.refusal = failure("busy", { retryAfterMs: MINUTE });
      await outcome(session.withToken(door.call));
      await clock.advance(MINUTE);
      door.refusal = failure("sign-in");
      await outcome(session.withToken(door.call));

      await clock.advance(30 * MINUTE - 1);
      await outcome(session.withToken(door.call));

      assert.equal(door.asked, 3);
    });
  });

  describe("that is closed", () => {
    it("cancels the sign-in for everyone", async () => {
      const { door, session } = setUp();
      door.lock();
      const calls = many(20, () => outcome(session.withToken(door.call)));
      await flushPromises();

      session.close();

      assert.deepEqual(
        await Promise.all(calls),
        many(20, () => "cancelled"),
      );
    });

    it("gives nobody a token any more", async () => {
      const { door, session } = setUp();
      await session.withToken(door.call);

      session.close();

      assert.equal(await outcome(session.withToken(door.call)), "cancelled");
      assert.equal(await outcome(session.signIn(false)), "cancelled");
      assert.equal(await outcome(session.signIn(true)), "cancelled");
      assert.equal(door.asked, 1);
    });

    it("plays no call again", async () => {
      const { door, session } = setUp();
      await session.withToken(door.call);
      let calls = 0;
      const call = async (): Promise<never> => {
        calls++;
        session.close();
        throw spent();
      };
      assert.equal(await outcome(session.withToken(call)), "cancelled");
      assert.equal(calls, 1);
    });
  });
});
