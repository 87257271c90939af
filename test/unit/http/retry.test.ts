import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import {
  cancelledError,
  isPlatformError,
  PlatformError,
  type ErrorCode,
  type ErrorDetails,
} from "../../../src/core/errors";
import { parseRetryAfter, RequestNotSentError, withRetry, type Effect } from "../../../src/http/retry";
import { FakeClock, flushPromises } from "../../support/fake-clock";

const failure = (code: ErrorCode, details: ErrorDetails = {}): PlatformError => new PlatformError(code, code, details);

/** Tries something that always fails, and tells how often it was tried and how long the rests were. */
async function insist(error: unknown, effect: Effect = "read"): Promise<{ tries: number; rests: number[] }> {
  const clock = new FakeClock();
  let tries = 0;
  const trying = withRetry(
    async () => {
      tries++;
      throw error;
    },
    effect,
    clock,
  );
  const ended = assert.rejects(trying, (thrown) => thrown === error);
  await clock.advance(100_000);
  await ended;
  return { tries, rests: clock.sleeps };
}

describe("Trying again", () => {
  for (const code of ["network", "timeout", "busy"] as const) {
    it(`is done twice for a read after "${code}"`, async () => {
      assert.equal((await insist(failure(code))).tries, 3);
    });

    it(`is not done for a write after "${code}"`, async () => {
      assert.equal((await insist(failure(code), "write")).tries, 1);
    });
  }

  for (const code of ["input", "config", "sign-in", "forbidden", "rejected", "offline", "tls", "protocol"] as const) {
    it(`is not done after "${code}"`, async () => {
      assert.equal((await insist(failure(code))).tries, 1);
    });
  }

  it("is not done after a mistake of ours", async () => {
    assert.equal((await insist(new TypeError("bug"))).tries, 1);
  });

  it("is done for a write that cannot have arrived", async () => {
    assert.equal((await insist(new RequestNotSentError("network", "refused"), "write")).tries, 3);
  });

  it("is not done for a write whose connection timed out", async () => {
    assert.equal((await insist(new RequestNotSentError("timeout", "connecting"), "write")).tries, 1);
  });

  it("ends with the first success", async () => {
    const clock = new FakeClock();
    let tries = 0;
    const attempt = async (): Promise<string> => {
      if (++tries === 1) throw failure("network");
      return "served";
    };
    const trying = withRetry(attempt, "read", clock);
    await clock.advance(10_000);
    assert.equal(await trying, "served");
    assert.equal(tries, 2);
  });

  it("rests with full jitter: anything from nothing to the bound, which doubles", async () => {
    const rests = await Promise.all(Array.from({ length: 300 }, async () => (await insist(failure("network"))).rests));
    for (const [index, bound] of [500, 1000].entries()) {
      const shares = rests.map((rest) => (rest[index] ?? Number.NaN) / bound).sort((a, b) => a - b);
      assert.ok((shares[0] ?? -1) >= 0 && (shares.at(-1) ?? 2) < 1, "within the bound");
      assert.ok((shares[0] ?? 1) < 0.1 && (shares.at(-1) ?? 0) > 0.9, "over all of it");
      assert.ok((shares[150] ?? 0) > 0.3 && (shares[150] ?? 1) < 0.7, "evenly");
    }
  });

  it("rests for exactly as long as the platform asks, up to 30 seconds", async () => {
    for (const retryAfterMs of [0, 1500, 30_000]) {
      assert.deepEqual((await insist(failure("busy", { retryAfterMs }))).rests, [retryAfterMs, retryAfterMs]);
    }
  });

  it("is not done where the platform asks for more than 30 seconds", async () => {
    assert.deepEqual(await insist(failure("busy", { retryAfterMs: 30_001 })), { tries: 1, rests: [] });
  });

  it("tells that it rests, and that it goes on", async () => {
    const clock = new FakeClock();
    const trace = createTrace();
    const told: boolean[] = [];
    trace.onWait = (waiting) => told.push(waiting);
    const trying = withRetry(() => Promise.reject(failure("network")), "read", clock, { trace });
    const ended = assert.rejects(trying);
    await clock.advance(10_000);
    await ended;
    assert.deepEqual(told, [true, false, true, false]);
  });

  it("ends in the middle of a rest when it is given up, and does not go on waiting", async () => {
    const clock = new FakeClock();
    const trace = createTrace();
    const told: boolean[] = [];
    trace.onWait = (waiting) => told.push(waiting);
    const gone = new AbortController();
    const busy = failure("busy", { retryAfterMs: 20_000 });
    const trying = withRetry(() => Promise.reject(busy), "read", clock, { signal: gone.signal, trace });
    await flushPromises();

    gone.abort(cancelledError());

    await assert.rejects(trying, (error) => isPlatformError(error, "cancelled"));
    assert.deepEqual(told, [true, false]);
    assert.equal(clock.sleepers, 0);
  });
});

describe("A Retry-After header", () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);

  for (const [header, ms] of [
    ["0", 0],
    ["2", 2000],
    [" 45 ", 45_000],
    ["1000000000", 1e12],
    ["Thu, 01 Jan 2026 12:00:10 GMT", 10_000],
    ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
    ["", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["abc", undefined],
    ["2026", 2_026_000],
    ["2026-01-01T12:00:10Z", undefined],
    ["0x10", undefined],
    ["9".repeat(400), undefined],
    ["Thu, 99 Jan 2026", undefined],
  ] as const) {
    it(`of "${header.slice(0, 40)}" means ${ms === undefined ? "nothing" : `${ms} ms`}`, () => {
      assert.equal(parseRetryAfter(header, now), ms);
    });
  }

  it("may be missing", () => {
    assert.equal(parseRetryAfter(undefined, now), undefined);
  });
});
