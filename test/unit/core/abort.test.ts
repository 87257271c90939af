import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { abortable, LightAbortController } from "../../../src/core/abort";
import { systemClock } from "../../../src/core/clock";
import { cancelledError, isPlatformError } from "../../../src/core/errors";
import { unhandledRejectionsDuring } from "../../support/http-fixture";

const isCancelled = (error: unknown): boolean => isPlatformError(error, "cancelled");

describe("A light abort controller", () => {
  const listenTo = (controller: LightAbortController): string[] => {
    const calls: string[] = [];
    controller.addEventListener("abort", () => calls.push("called"));
    return calls;
  };

  it("calls all listeners once, and keeps the reason", () => {
    const controller = new LightAbortController();
    const calls = [listenTo(controller), listenTo(controller)];
    controller.throwIfAborted();

    controller.abort(new Error("enough"));
    controller.abort(new Error("again"));

    assert.deepEqual(calls, [["called"], ["called"]]);
    assert.throws(() => controller.throwIfAborted(), /enough/);
    assert.deepEqual([controller.aborted, (controller.reason as Error).message], [true, "enough"]);
  });

  it("aborts with `cancelled` if no reason is given", () => {
    const controller = new LightAbortController();
    controller.abort();
    assert.equal((controller.reason as { code: string }).code, "cancelled");
  });

  it("calls no listener that was removed before, or is added afterwards", () => {
    const controller = new LightAbortController();
    const removed = (): void => assert.fail("The listener was removed.");
    controller.addEventListener("abort", removed);
    controller.removeEventListener("abort", removed);
    controller.abort();
    assert.deepEqual(listenTo(controller), []);
  });

  it("calls the other listeners if one of them throws", () => {
    const controller = new LightAbortController();
    controller.addEventListener("abort", () => {
      throw new Error("trouble");
    });
    const calls = listenTo(controller);
    controller.abort();
    assert.deepEqual(calls, ["called"]);
  });

  for (const [what, create] of [
    ["another light abort controller", () => new LightAbortController()],
    ["an AbortController", () => new AbortController()],
  ] as const) {
    it(`aborts together with ${what}, unless it was unlinked`, () => {
      const [leader, linked, unlinked, late] = [
        create(),
        new LightAbortController(),
        new LightAbortController(),
        new LightAbortController(),
      ];
      linked.linkTo(leader.signal);
      unlinked.linkTo(leader.signal)();
      leader.abort(new Error("all"));
      late.linkTo(leader.signal);
      assert.deepEqual([linked.aborted, unlinked.aborted, late.aborted], [true, false, true]);
      assert.throws(() => late.throwIfAborted(), /all/);
    });
  }
});

describe("An abortable promise", () => {
  it("settles like the promise, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    assert.equal(await abortable(Promise.resolve("value"), signal), "value");
    await assert.rejects(abortable(Promise.reject(new Error("of the promise")), signal), /of the promise/);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("rejects when the signal aborts, before or meanwhile", async () => {
    const never = new Promise<never>(() => undefined);
    await assert.rejects(abortable(never, AbortSignal.abort(cancelledError())), isCancelled);
    const controller = new AbortController();
    const call = abortable(never, controller.signal);
    controller.abort(cancelledError());
    await assert.rejects(call, isCancelled);
  });

  it("settles like a promise that settles in the same tick as the signal aborts", async () => {
    assert.equal(await abortable(Promise.resolve("value"), AbortSignal.abort(cancelledError())), "value");
    const controller = new AbortController();
    const call = abortable(Promise.resolve("value"), controller.signal);
    controller.abort(cancelledError());
    assert.equal(await call, "value");
  });

  it("causes no unhandled rejection when the promise rejects later", async () => {
    let reject: (error: Error) => void = () => undefined;
    const later = new Promise<never>((_, rejectPromise) => (reject = rejectPromise));
    const rejections = await unhandledRejectionsDuring(async () => {
      await assert.rejects(abortable(later, AbortSignal.abort(cancelledError())), isCancelled);
      reject(new Error("late"));
      await systemClock.sleep(10);
    });
    assert.deepEqual(rejections, []);
  });

  it("needs no signal", async () => {
    assert.equal(await abortable(Promise.resolve("value"), undefined), "value");
  });
});
