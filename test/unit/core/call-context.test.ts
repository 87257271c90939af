import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { abortable } from "../../../src/core/abort";
import { createTrace, setOperation } from "../../../src/core/call-context";
import { MAX_TIMER_MS, systemClock } from "../../../src/core/clock";
import { cancelledError, isPlatformError } from "../../../src/core/errors";
import { unhandledRejectionsDuring } from "../../support/http-fixture";

const isCancelled = (error: unknown): boolean => isPlatformError(error, "cancelled");

describe("Waiting for something that others wait for too", () => {
  it("brings what it brings, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    assert.equal(await abortable(Promise.resolve("it"), signal), "it");
    await assert.rejects(abortable(Promise.reject(new Error("its own")), signal), /its own/);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("ends when it is given up, before or meanwhile", async () => {
    const never = new Promise<never>(() => undefined);
    await assert.rejects(abortable(never, AbortSignal.abort(cancelledError())), isCancelled);
    const gone = new AbortController();
    const waiting = abortable(never, gone.signal);
    gone.abort(cancelledError());
    await assert.rejects(waiting, isCancelled);
  });

  it("takes what has come in the same moment", async () => {
    assert.equal(await abortable(Promise.resolve("it"), AbortSignal.abort(cancelledError())), "it");
    const gone = new AbortController();
    const waiting = abortable(Promise.resolve("it"), gone.signal);
    gone.abort(cancelledError());
    assert.equal(await waiting, "it");
  });

  it("leaves what fails later to those who still wait for it", async () => {
    let fail: (error: Error) => void = () => undefined;
    const later = new Promise<never>((_, reject) => (fail = reject));
    const orphans = await unhandledRejectionsDuring(async () => {
      await assert.rejects(abortable(later, AbortSignal.abort(cancelledError())), isCancelled);
      fail(new Error("late"));
      await systemClock.sleep(10);
    });
    assert.deepEqual(orphans, []);
  });

  it("needs no signal", async () => {
    assert.equal(await abortable(Promise.resolve("it"), undefined), "it");
  });
});

describe("The name of a call", () => {
  it("is noted where somebody listens, and is short", () => {
    const trace = createTrace();
    setOperation("getDeviceList", {});
    setOperation("x".repeat(10_000), { trace });
    assert.ok(trace.operation.length <= 120);
    setOperation("getDeviceList", { trace });
    assert.equal(trace.operation, "getDeviceList");
  });
});

describe("The machine's own clock", () => {
  it("sleeps, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    const before = systemClock.now();
    await systemClock.sleep(20, signal);
    assert.ok(systemClock.now() - before >= 15);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("wakes at once when it is given up, before or meanwhile", async () => {
    await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort(cancelledError())), isCancelled);
    const gone = new AbortController();
    const asleep = systemClock.sleep(60_000, gone.signal);
    gone.abort(cancelledError());
    await assert.rejects(asleep, isCancelled);
  });

  it("does not wake at once from a sleep longer than timers know", async () => {
    const gone = new AbortController();
    let awake = false;
    const asleep = systemClock.sleep(MAX_TIMER_MS * 2, gone.signal).then(() => (awake = true));
    await systemClock.sleep(30);
    assert.equal(awake, false);
    gone.abort(cancelledError());
    await assert.rejects(asleep, isCancelled);
  });
});
