import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { MAX_TIMER_MS, systemClock } from "../../../src/core/clock";
import { cancelledError, isPlatformError } from "../../../src/core/errors";

const isCancelled = (error: unknown): boolean => isPlatformError(error, "cancelled");

describe("The system clock", () => {
  it("sleeps, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    const before = systemClock.now();
    await systemClock.sleep(20, signal);
    assert.ok(systemClock.now() - before >= 15);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("rejects at once when the signal aborts, before or during a sleep", async () => {
    await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort(cancelledError())), isCancelled);
    const controller = new AbortController();
    const sleep = systemClock.sleep(60_000, controller.signal);
    controller.abort(cancelledError());
    await assert.rejects(sleep, isCancelled);
  });

  it("does not end a sleep at once that is longer than timers support", async () => {
    const controller = new AbortController();
    let hasEnded = false;
    const sleep = systemClock.sleep(MAX_TIMER_MS * 2, controller.signal).then(() => (hasEnded = true));
    await systemClock.sleep(30);
    assert.equal(hasEnded, false);
    controller.abort(cancelledError());
    await assert.rejects(sleep, isCancelled);
  });
});
