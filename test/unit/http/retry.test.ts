import assert from "node:assert/strict";
import { createTrace, type CallOptions } from "../../../src/core/call-context";
import {
  cancelledError,
  isPlatformError,
  PlatformError,
  type ErrorCode,
  type ErrorDetails,
} from "../../../src/core/errors";
import {
  parseRetryAfter,
  RequestNotSentError,
  retryTimeoutMs,
  waitForRetry,
  type Effect,
} from "../../../src/http/retry";
import { FakeClock, flushPromises } from "../../support/fake-clock";

/** Repeats an attempt as `Transport` does. */
async function withRetry<T>(
  attempt: () => Promise<T>,
  effect: Effect,
  clock: FakeClock,
  options: CallOptions = {},
): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await attempt();
    } catch (error) {
      await waitForRetry(error, retries, effect, clock, options);
    }
  }
}

const platformError = (code: ErrorCode, details: ErrorDetails = {}): PlatformError =>
  new PlatformError(code, code, details);

/** Retries an attempt that always rejects. @returns how often it was made, and the delays between */
async function retryForever(error: unknown, effect: Effect = "read"): Promise<{ attempts: number; delays: number[] }> {
  const clock = new FakeClock();
  let attempts = 0;
  const call = withRetry(
    async () => {
      attempts++;
      throw error;
    },
    effect,
    clock,
  );
  const rejected = assert.rejects(call, { message: (error as Error).message });
  await clock.advance(100_000);
  await rejected;
  return { attempts, delays: clock.sleeps };
}

describe("A retry", () => {
  for (const code of ["network", "timeout", "busy"] as const) {
    it(`is made twice for a read after "${code}"`, async () => {
      assert.equal((await retryForever(platformError(code))).attempts, 3);
    });

    it(`is not made for a write after "${code}"`, async () => {
      assert.equal((await retryForever(platformError(code), "write")).attempts, 1);
    });
  }

  for (const code of ["input", "config", "sign-in", "forbidden", "rejected", "offline", "tls", "protocol"] as const) {
    it(`is not made after "${code}"`, async () => {
      assert.equal((await retryForever(platformError(code))).attempts, 1);
    });
  }

  it("is not made after any other error", async () => {
    assert.equal((await retryForever(new TypeError("bug"))).attempts, 1);
  });

  it("is made for a write that cannot have arrived", async () => {
    assert.equal((await retryForever(new RequestNotSentError("network", "refused"), "write")).attempts, 3);
  });

  it("is not made for a write whose connection timed out", async () => {
    assert.equal((await retryForever(new RequestNotSentError("timeout", "connecting"), "write")).attempts, 1);
  });

  it("is the last once it succeeds", async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const attempt = async (): Promise<string> => {
      if (++attempts === 1) throw platformError("network");
      return "served";
    };
    const call = withRetry(attempt, "read", clock);
    await clock.advance(10_000);
    assert.equal(await call, "served");
    assert.equal(attempts, 2);
  });

  it("is delayed with full jitter: by a random time up to a limit that doubles", async () => {
    const delays = await Promise.all(
      Array.from({ length: 300 }, async () => (await retryForever(platformError("network"))).delays),
    );
    for (const [index, bound] of [500, 1000].entries()) {
      const shares = delays.map((delay) => (delay[index] ?? Number.NaN) / bound).sort((a, b) => a - b);
      assert.ok((shares[0] ?? -1) >= 0 && (shares.at(-1) ?? 2) < 1, "within the bound");
      assert.ok((shares[0] ?? 1) < 0.1 && (shares.at(-1) ?? 0) > 0.9, "over all of it");
      assert.ok((shares[150] ?? 0) > 0.3 && (shares[150] ?? 1) < 0.7, "evenly");
    }
  });

  it("is delayed for exactly as long as the platform asks, up to 30 seconds", async () => {
    for (const retryAfterMs of [0, 1500, 30_000]) {
      assert.deepEqual((await retryForever(platformError("busy", { retryAfterMs }))).delays, [
        retryAfterMs,
        retryAfterMs,
      ]);
    }
  });

  it("is not made if the platform asks for more than 30 seconds", async () => {
    assert.deepEqual(await retryForever(platformError("busy", { retryAfterMs: 30_001 })), { attempts: 1, delays: [] });
  });

  it("calls onWait when its delay starts and ends", async () => {
    const clock = new FakeClock();
    const trace = createTrace();
    const waits: boolean[] = [];
    trace.onWait = (waiting) => waits.push(waiting);
    const call = withRetry(() => Promise.reject(platformError("network")), "read", clock, { trace });
    const rejected = assert.rejects(call);
    await clock.advance(10_000);
    await rejected;
    assert.deepEqual(waits, [true, false, true, false]);
  });

  it("is not made if the signal aborts during its delay", async () => {
    const clock = new FakeClock();
    const trace = createTrace();
    const waits: boolean[] = [];
    trace.onWait = (waiting) => waits.push(waiting);
    const controller = new AbortController();
    const busy = platformError("busy", { retryAfterMs: 20_000 });
    const call = withRetry(() => Promise.reject(busy), "read", clock, { signal: controller.signal, trace });
    await flushPromises();

    controller.abort(cancelledError());

    await assert.rejects(call, (error) => isPlatformError(error, "cancelled"));
    assert.deepEqual(waits, [true, false]);
    assert.equal(clock.sleepers, 0);
  });
});

describe("The timeout of a retry", () => {
  for (const [spentMs, retries, expected, what] of [
    [0, 0, 1000, "is the whole timeout after a failure at once"],
    [0, 1, 1000, "is the whole timeout after two failures at once"],
    [1000, 0, 500, "is half of it after an attempt without a response"],
    [1500, 1, 500, "is half of it after two attempts without a response"],
    [600, 0, 700, "is half of what twice the timeout leaves for two retries"],
    [1000, 1, 1000, "is the whole timeout if only one of two attempts was without a response"],
    [5000, 1, 500, "is never less than half, even if this process was blocked for long"],
    [-5000, 0, 1000, "is never more than the timeout, even if the clock was set back"],
  ] as const) {
    it(what, () => assert.equal(retryTimeoutMs(1000, spentMs, retries), expected));
  }
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
