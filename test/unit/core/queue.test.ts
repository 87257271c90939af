import assert from "node:assert/strict";
import { cancelledError, isPlatformError } from "../../../src/core/errors";
import { Queue } from "../../../src/core/queue";
import { FakeClock, flushPromises } from "../../support/fake-clock";

/** Tasks that run until the test ends them. */
class Tasks {
  readonly started: number[] = [];
  readonly #resolvers = new Map<number, () => void>();

  task(name: number): () => Promise<number> {
    return async () => {
      this.started.push(name);
      await new Promise<void>((resolve) => this.#resolvers.set(name, resolve));
      return name;
    };
  }

  async end(name: number): Promise<void> {
    this.#resolvers.get(name)?.();
    await flushPromises();
  }
}

function setUp(options: { concurrency?: number; limit?: number; rate?: number } = {}) {
  const clock = new FakeClock();
  const queue = new Queue({ concurrency: 1, ...options, clock });
  return { clock, queue, tasks: new Tasks() };
}

const ignore = (promise: Promise<unknown>): void => void promise.catch(() => undefined);

describe("A queue", () => {
  it("starts tasks in order of arrival, so many at the same time", async () => {
    const { queue, tasks } = setUp({ concurrency: 3 });
    const results = Promise.all([1, 2, 3, 4, 5, 6].map((name) => queue.run(tasks.task(name))));
    await flushPromises();
    assert.deepEqual(tasks.started, [1, 2, 3]);
    assert.equal(queue.length, 3);

    for (const name of [2, 1, 3, 6, 5, 4]) await tasks.end(name);
    for (const name of [6, 5]) await tasks.end(name);

    assert.deepEqual(tasks.started, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await results, [1, 2, 3, 4, 5, 6]);
  });

  it("gives the slot of a task that rejects to the next", async () => {
    const { queue, tasks } = setUp();
    const rejected = queue.run(() => Promise.reject(new Error("no")));
    const next = queue.run(tasks.task(1));

    await assert.rejects(rejected, /no/);
    await flushPromises();

    assert.deepEqual(tasks.started, [1]);
    await tasks.end(1);
    assert.equal(await next, 1);
  });

  it("gives the slot of a task that throws at once to the next", async () => {
    const { queue } = setUp();
    const bug = (): Promise<never> => {
      throw new TypeError("bug");
    };
    await assert.rejects(queue.run(bug), /bug/);
    assert.equal(await queue.run(async () => "served"), "served");
  });

  it("lets waiting tasks go first when a task yields its slot, and runs no more than its concurrency", async () => {
    const { queue, tasks } = setUp();
    const order: string[] = [];
    const long = queue.run(async () => {
      await queue.yieldSlot();
      order.push("nobody waits");
      ignore(queue.run(tasks.task(1)));
      ignore(queue.run(tasks.task(2)));
      await queue.yieldSlot();
      order.push("after both");
    });
    await flushPromises();
    assert.deepEqual([order, tasks.started], [["nobody waits"], [1]]);

    await tasks.end(1);
    assert.deepEqual([order, tasks.started], [["nobody waits"], [1, 2]]);
    await tasks.end(2);
    await long;

    assert.equal(await queue.run(async () => "served"), "served");
    assert.deepEqual([order.at(-1), queue.length], ["after both", 0]);
  });

  it("starts no newcomer before the tasks that wait", async () => {
    const { queue, tasks } = setUp();
    const first = queue.run(tasks.task(1));
    ignore(queue.run(tasks.task(2)));
    ignore(first.then(() => queue.run(tasks.task(3))));
    await flushPromises();
    await tasks.end(1);

    assert.deepEqual(tasks.started, [1, 2]);
    assert.equal(queue.length, 1);
  });

  it("rejects a task beyond its limit at once with `busy`, and never starts it", async () => {
    const { queue, tasks } = setUp({ limit: 2 });
    for (const name of [1, 2, 3]) ignore(queue.run(tasks.task(name)));

    await assert.rejects(
      queue.run(tasks.task(4)),
      (error) => isPlatformError(error, "busy") && /2 messages/.test(error.message),
    );

    assert.equal(queue.length, 2);
    for (const name of [1, 2, 3, 4]) await tasks.end(name);
    assert.deepEqual(tasks.started, [1, 2, 3]);
  });

  it("runs as many tasks as its concurrency with a limit of 0, and lets none wait", async () => {
    const { queue, tasks } = setUp({ limit: 0, concurrency: 2 });
    for (const name of [1, 2]) ignore(queue.run(tasks.task(name)));
    await assert.rejects(queue.run(tasks.task(3)), (error) => isPlatformError(error, "busy"));
    assert.deepEqual(tasks.started, [1, 2]);
  });

  it("frees the place of a waiting task that is aborted", async () => {
    const { queue, tasks } = setUp({ limit: 1 });
    const controller = new AbortController();
    ignore(queue.run(tasks.task(1)));
    const waiting = queue.run(tasks.task(2), { signal: controller.signal });

    controller.abort(cancelledError());
    await assert.rejects(waiting, (error) => isPlatformError(error, "cancelled"));

    assert.equal(queue.length, 0);
    ignore(queue.run(tasks.task(3)));
    await tasks.end(1);
    assert.deepEqual(tasks.started, [1, 3]);
  });

  for (const order of ["started, then aborted", "aborted, then started"]) {
    it(`loses no slot when a waiting task is ${order} in the same tick`, async () => {
      const { queue, tasks } = setUp();
      const controller = new AbortController();
      let end: (() => void) | undefined;
      const first = queue.run(() => new Promise<void>((resolve) => (end = resolve)));
      const aborted = queue.run(tasks.task(2), { signal: controller.signal });
      const next = queue.run(tasks.task(3));
      await flushPromises();

      if (order.startsWith("started")) {
        end?.();
        await first;
        controller.abort(cancelledError());
      } else {
        end?.();
        controller.abort(cancelledError());
      }

      await assert.rejects(aborted, (error) => isPlatformError(error, "cancelled"));
      await flushPromises();
      assert.deepEqual(tasks.started, [3]);
      await tasks.end(3);
      assert.equal(await next, 3);
      assert.equal(await queue.run(async () => "free again"), "free again");
    });
  }

  it("does not start a task whose signal is aborted already", async () => {
    const { queue, tasks } = setUp();
    await assert.rejects(queue.run(tasks.task(1), { signal: AbortSignal.abort(cancelledError()) }), /Cancelled/);
    assert.deepEqual(tasks.started, []);
    assert.equal(await queue.run(async () => "free"), "free");
  });

  it("keeps ten thousand tasks in order", async () => {
    const { queue } = setUp({ concurrency: 4 });
    const started: number[] = [];
    await Promise.all(Array.from({ length: 10_000 }, (_, name) => queue.run(async () => started.push(name))));
    assert.deepEqual(started, [...started.keys()]);
    assert.equal(started.length, 10_000);
  });
});
