import assert from "node:assert/strict";
import { LightAbortController } from "../../../src/core/abort";
import { systemClock } from "../../../src/core/clock";
import { PlatformError } from "../../../src/core/errors";
import { KeyedMutex } from "../../../src/core/keyed-mutex";

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

describe("KeyedMutex", () => {
  it("runs the tasks of one key one at a time in order of arrival, and those of others beside them", async () => {
    const mutex = new KeyedMutex(systemClock);
    const log: string[] = [];
    const [first, second, other] = [heldTask("first", log), heldTask("second", log), heldTask("other", log)];
    const all = [mutex.run("a", first.run, {}), mutex.run("a", second.run, {}), mutex.run("b", other.run, {})];

    other.end();
    await all[2];
    second.end();
    first.end();

    assert.deepEqual(await Promise.all(all), ["first", "second", "other"]);
    assert.deepEqual(log, ["first begins", "other begins", "other ends", "first ends", "second begins", "second ends"]);
  });

  it("goes on after a task that fails, and after one that is aborted while it waits", async () => {
    const mutex = new KeyedMutex(systemClock);
    const controller = new LightAbortController();
    const failed = mutex.run("a", () => Promise.reject(new Error("no")), {});
    const aborted = mutex.run("a", () => assert.fail("it was aborted"), { signal: controller });
    const last = mutex.run("a", async () => "last", {});
    controller.abort(new Error("aborted"));

    const outcomes = await Promise.allSettled([failed, aborted, last]);

    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : String(outcome.reason))),
      ["Error: no", "Error: aborted", "last"],
    );
  });

  it("refuses more than a thousand tasks that wait", async () => {
    const mutex = new KeyedMutex(systemClock);
    const first = heldTask("first", []);
    const running = mutex.run("a", first.run, {});
    const waiting = Array.from({ length: 1000 }, () => mutex.run("a", async () => undefined, {}));

    await assert.rejects(
      mutex.run("a", async () => undefined, {}),
      (error) => error instanceof PlatformError && error.code === "busy",
    );
    first.end();
    await Promise.all([running, ...waiting]);
    await mutex.run("a", async () => undefined, {});
  });
});
