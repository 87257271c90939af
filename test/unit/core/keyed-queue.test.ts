import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LightAbortController } from "../../../src/core/abort";
import { createTrace, type CallOptions } from "../../../src/core/call-context";
import { systemClock } from "../../../src/core/clock";
import { cancelledError, PlatformError } from "../../../src/core/errors";
import { KeyedQueue } from "../../../src/core/keyed-queue";
import { Queue } from "../../../src/core/queue";

/** A queue, and calls that end when the test says so. */
function setUp() {
  const queue = new KeyedQueue("this device");
  const started: string[] = [];
  const endings = new Map<string, (error?: Error) => void>();
  const call = (
    name: string,
    { key, device = "lamp", ...options }: CallOptions & { key?: string; device?: string } = {},
  ) =>
    queue.run(
      device,
      () =>
        new Promise<string>((resolve, reject) => {
          started.push(name);
          endings.set(name, (error) => (error ? reject(error) : resolve(name)));
        }),
      options,
      key === undefined ? undefined : { client: queue, key },
    );
  const end = async (name: string, error?: Error): Promise<void> => {
    endings.get(name)?.(error);
    await nextTurn();
  };
  return { queue, started, call, end };
}

describe("KeyedQueue", () => {
  it("carries out the calls to one device one at a time, in order of arrival", async () => {
    const { call, end, started } = setUp();
    const calls = [call("first"), call("second"), call("third")];
    assert.deepEqual(started, ["first"]);
    await end("first");
    assert.deepEqual(started, ["first", "second"]);
    await end("second");
    await end("third");

    assert.deepEqual(await Promise.all(calls), ["first", "second", "third"]);
  });

  it("carries out calls to several devices side by side", async () => {
    const { call, end, started } = setUp();
    const calls = [call("lamp"), call("fan", { device: "fan" })];

    assert.deepEqual(started, ["lamp", "fan"]);
    for (const name of started) await end(name);
    await Promise.all(calls);
  });

  it("goes on after a call that failed", async () => {
    const { call, end } = setUp();
    const [first, second] = [call("first"), call("second")];
    const failure = assert.rejects(first, /failed by the test/);
    await end("first", new Error("failed by the test"));
    await end("second");

    await failure;
    assert.equal(await second, "second");
  });

  it("ends calls that wait with the result of a newer one with the same key, and says so", async () => {
    const { call, end, started } = setUp();
    const traces = [createTrace(), createTrace(), createTrace()];
    const calls = traces.map((trace, index) => call(String(index), { key: "brightness", trace }));
    await end("0");
    await end("2");

    assert.deepEqual(await Promise.all(calls), ["0", "2", "2"]);
    assert.deepEqual(started, ["0", "2"]);
    assert.deepEqual(
      traces.map(({ details }) => details["merged"]),
      [undefined, true, undefined],
    );
  });

  it("merges no call with one before it that is not the last in the queue", async () => {
    const { call, end, started } = setUp();
    const calls = [call("first"), call("on", { key: "on" }), call("toggle"), call("off", { key: "on" })];
    for (const name of ["first", "on", "toggle", "off"]) await end(name);

    await Promise.all(calls);
    assert.deepEqual(started, ["first", "on", "toggle", "off"]);
  });

  it("never merges calls without a key", async () => {
    const { call, end, started } = setUp();
    const calls = [call("first"), call("second"), call("third")];
    for (const name of ["first", "second", "third"]) await end(name);

    await Promise.all(calls);
    assert.equal(started.length, 3);
  });

  it("ends merged calls with the error of the newer one", async () => {
    const { call, end } = setUp();
    const [first, second, third] = [call("first"), call("second", { key: "on" }), call("third", { key: "on" })];
    const failures = [second, third].map((one) => assert.rejects(one, /failed by the test/));
    await end("first");
    await end("third", new Error("failed by the test"));

    await Promise.all([first, ...failures]);
  });

  it("carries out the older call if the newer one is aborted", async () => {
    const { call, end, started } = setUp();
    const controller = new LightAbortController();
    const [first, second] = [call("first"), call("second", { key: "on" })];
    const third = call("third", { key: "on", signal: controller });
    controller.abort(cancelledError());
    await assert.rejects(third, { code: "cancelled" });
    await end("first");
    await end("second");

    assert.deepEqual(await Promise.all([first, second]), ["first", "second"]);
    assert.deepEqual(started, ["first", "second"]);
  });

  it("carries out the older call also if the newer one is aborted while it runs", async () => {
    const { call, end, started } = setUp();
    const controller = new LightAbortController();
    const [first, second] = [call("first"), call("second", { key: "on" })];
    const failure = assert.rejects(call("third", { key: "on", signal: controller }), { code: "cancelled" });
    await end("first");
    controller.abort(cancelledError());
    await failure;
    await end("third", cancelledError());
    await end("second");

    assert.deepEqual(await Promise.all([first, second]), ["first", "second"]);
    assert.deepEqual(started, ["first", "third", "second"]);
  });

  it("gives its place back to calls that were merged or aborted, and no more than that", async () => {
    const messages = new Queue({ concurrency: 2, clock: systemClock });
    const { call, end, started } = setUp();
    const controller = new LightAbortController();
    const run = (name: string, options: object = {}) =>
      messages.run(() => call(name, { key: "on", slot: messages, ...options }));
    const calls = [run("first"), run("merged"), run("newer")];
    await nextTurn();
    const aborted = assert.rejects(run("aborted", { key: "other", signal: controller }), { code: "cancelled" });
    await nextTurn();
    controller.abort(cancelledError());
    await aborted;
    await end("first");
    await end("newer");
    await Promise.all(calls);

    const later = ["a", "b", "c"].map((name) => run(name, { device: name }));
    await nextTurn();
    assert.deepEqual(started, ["first", "newer", "a", "b"]);
    for (const name of ["a", "b", "c"]) await end(name);
    await Promise.all(later);
  });

  it("drops a call that is aborted while it waits, at once", async () => {
    const { call, end, started } = setUp();
    const controller = new LightAbortController();
    const first = call("first");
    const second = call("second", { signal: controller });
    controller.abort(cancelledError());
    await assert.rejects(second, { code: "cancelled" });
    await end("first");

    await first;
    assert.deepEqual(started, ["first"]);
  });

  it("rejects a call if a thousand are waiting", async () => {
    const { call, end } = setUp();
    const calls = Array.from({ length: 1001 }, (_, index) => call(String(index)));

    await assert.rejects(call("one too many"), { code: "busy", message: /1000 messages/ });
    for (let index = 0; index <= 1000; index++) await end(String(index));
    assert.equal((await Promise.all(calls)).length, 1001);
  });

  it("leaves its place to messages for other devices while a call waits", async () => {
    const messages = new Queue({ concurrency: 2, clock: systemClock });
    const { call, end, started } = setUp();
    const run = (name: string, device = "lamp") => messages.run(() => call(name, { device, slot: messages }));
    const calls = [run("first"), run("second"), run("third"), run("other", "fan")];
    await nextTurn();

    assert.deepEqual(started, ["first", "other"]);
    for (const name of ["other", "first", "second", "third"]) await end(name);
    await Promise.all(calls);
    assert.equal(messages.length, 0);
    // All places are free again, and no more than before.
    const later = ["a", "b", "c"].map((name) => run(name, name));
    await nextTurn();
    assert.deepEqual(started.slice(4), ["a", "b"]);
    for (const name of ["a", "b", "c"]) await end(name);
    await Promise.all(later);
  });
});

/** A task that runs until it is told to end. */
function heldTask(name: string, log: string[]) {
  let end!: () => void;
  const promise = new Promise<void>((resolve) => (end = resolve));
  const run = async (): Promise<string> => {
    log.push(`${name} begins`);
    await promise;
    log.push(`${name} ends`);
    return name;
  };
  return { run, end };
}

describe("The calls of a KeyedQueue", () => {
  it("run one at a time with one key in order of arrival, and those of others beside them", async () => {
    const queue = new KeyedQueue("earlier ones");
    const log: string[] = [];
    const [first, second, other] = [heldTask("first", log), heldTask("second", log), heldTask("other", log)];
    const all = [queue.run("a", first.run, {}), queue.run("a", second.run, {}), queue.run("b", other.run, {})];

    other.end();
    await all[2];
    second.end();
    first.end();

    assert.deepEqual(await Promise.all(all), ["first", "second", "other"]);
    assert.deepEqual(log, ["first begins", "other begins", "other ends", "first ends", "second begins", "second ends"]);
  });

  it("go on after a task that fails, and after one that is aborted while it waits", async () => {
    const queue = new KeyedQueue("earlier ones");
    const controller = new LightAbortController();
    const failed = queue.run("a", () => Promise.reject(new Error("no")), {});
    const aborted = queue.run("a", () => assert.fail("it was aborted"), { signal: controller });
    const last = queue.run("a", async () => "last", {});
    controller.abort(new Error("aborted"));

    const outcomes = await Promise.allSettled([failed, aborted, last]);

    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : String(outcome.reason))),
      ["Error: no", "Error: aborted", "last"],
    );
  });

  it("are refused where more than a thousand wait", async () => {
    const queue = new KeyedQueue("earlier ones");
    const first = heldTask("first", []);
    const running = queue.run("a", first.run, {});
    const waiting = Array.from({ length: 1000 }, () => queue.run("a", async () => undefined, {}));

    await assert.rejects(
      queue.run("a", async () => undefined, {}),
      (error) => error instanceof PlatformError && error.code === "busy",
    );
    first.end();
    await Promise.all([running, ...waiting]);
    await queue.run("a", async () => undefined, {});
  });
});
