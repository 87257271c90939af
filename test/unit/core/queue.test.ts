import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { cancelledError, isPlatformError } from "../../../src/core/errors";
import { Queue } from "../../../src/core/queue";
import { FakeClock, flushPromises } from "../../support/fake-clock";

/** Tasks that run until somebody ends them. */
class Tasks {
  readonly begun: number[] = [];
  readonly #ends = new Map<number, () => void>();

  task(name: number): () => Promise<number> {
    return async () => {
      this.begun.push(name);
      await new Promise<void>((resolve) => this.#ends.set(name, resolve));
      return name;
    };
  }

  async end(name: number): Promise<void> {
    this.#ends.get(name)?.();
    await flushPromises();
  }
}

function setUp(options: { concurrency?: number; limit?: number; rate?: number } = {}) {
  const clock = new FakeClock();
  const queue = new Queue({ concurrency: 1, ...options, clock });
  return { clock, queue, tasks: new Tasks() };
}

/** Lets `count` tasks pass, and notes when each began, in milliseconds from now. */
async function starts(queue: Queue, clock: FakeClock, count: number, overMs: number): Promise<number[]> {
  const begin = clock.now();
  const at: number[] = [];
  const all = Array.from({ length: count }, () => queue.run(async () => at.push(clock.now() - begin)));
  await clock.advance(overMs);
  await Promise.all(all);
  return at;
}

/** The most that began within any one second. */
function busiestSecond(at: readonly number[]): number {
  return Math.max(...at.map((from) => at.filter((one) => one >= from && one < from + 1000).length));
}

const ignore = (promise: Promise<unknown>): void => void promise.catch(() => undefined);

describe("A queue", () => {
  it("lets tasks begin in order of arrival, so many side by side", async () => {
    const { queue, tasks } = setUp({ concurrency: 3 });
    const results = Promise.all([1, 2, 3, 4, 5, 6].map((name) => queue.run(tasks.task(name))));
    await flushPromises();
    assert.deepEqual(tasks.begun, [1, 2, 3]);
    assert.equal(queue.length, 3);

    for (const name of [2, 1, 3, 6, 5, 4]) await tasks.end(name);
    for (const name of [6, 5]) await tasks.end(name);

    assert.deepEqual(tasks.begun, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await results, [1, 2, 3, 4, 5, 6]);
  });

  it("gives the place of a task that fails to the next", async () => {
    const { queue, tasks } = setUp();
    const failed = queue.run(() => Promise.reject(new Error("no")));
    const next = queue.run(tasks.task(1));

    await assert.rejects(failed, /no/);
    await flushPromises();

    assert.deepEqual(tasks.begun, [1]);
    await tasks.end(1);
    assert.equal(await next, 1);
  });

  it("gives the place of a task that throws at once to the next", async () => {
    const { queue } = setUp();
    const bug = (): Promise<never> => {
      throw new TypeError("bug");
    };
    await assert.rejects(queue.run(bug), /bug/);
    assert.equal(await queue.run(async () => "served"), "served");
  });

  it("lets those who wait go first when a task breathes, and no more side by side than may be", async () => {
    const { queue, tasks } = setUp();
    const order: string[] = [];
    const long = queue.run(async () => {
      await queue.yieldSlot();
      order.push("alone");
      ignore(queue.run(tasks.task(1)));
      ignore(queue.run(tasks.task(2)));
      await queue.yieldSlot();
      order.push("after both");
    });
    await flushPromises();
    assert.deepEqual([order, tasks.begun], [["alone"], [1]]);

    await tasks.end(1);
    assert.deepEqual([order, tasks.begun], [["alone"], [1, 2]]);
    await tasks.end(2);
    await long;

    assert.equal(await queue.run(async () => "served"), "served");
    assert.deepEqual([order.at(-1), queue.length], ["after both", 0]);
  });

  it("lets nobody slip in before those who wait", async () => {
    const { queue, tasks } = setUp();
    const first = queue.run(tasks.task(1));
    ignore(queue.run(tasks.task(2)));
    ignore(first.then(() => queue.run(tasks.task(3))));
    await flushPromises();
    await tasks.end(1);

    assert.deepEqual(tasks.begun, [1, 2]);
    assert.equal(queue.length, 1);
  });

  it("refuses one more than may wait, at once and with `busy`, and forgets it", async () => {
    const { queue, tasks } = setUp({ limit: 2 });
    for (const name of [1, 2, 3]) ignore(queue.run(tasks.task(name)));

    await assert.rejects(
      queue.run(tasks.task(4)),
      (error) => isPlatformError(error, "busy") && /2 messages/.test(error.message),
    );

    assert.equal(queue.length, 2);
    for (const name of [1, 2, 3, 4]) await tasks.end(name);
    assert.deepEqual(tasks.begun, [1, 2, 3]);
  });

  it("lets nobody wait where the limit is 0, but as many run as may", async () => {
    const { queue, tasks } = setUp({ limit: 0, concurrency: 2 });
    for (const name of [1, 2]) ignore(queue.run(tasks.task(name)));
    await assert.rejects(queue.run(tasks.task(3)), (error) => isPlatformError(error, "busy"));
    assert.deepEqual(tasks.begun, [1, 2]);
  });

  it("frees the place of one that gives up waiting", async () => {
    const { queue, tasks } = setUp({ limit: 1 });
    const gone = new AbortController();
    ignore(queue.run(tasks.task(1)));
    const waiting = queue.run(tasks.task(2), { signal: gone.signal });

    gone.abort(cancelledError());
    await assert.rejects(waiting, (error) => isPlatformError(error, "cancelled"));

    assert.equal(queue.length, 0);
    ignore(queue.run(tasks.task(3)));
    await tasks.end(1);
    assert.deepEqual(tasks.begun, [1, 3]);
  });

  for (const order of ["called, then given up", "given up, then called"]) {
    it(`loses no place when one is ${order} in the same moment`, async () => {
      const { queue, tasks } = setUp();
      const gone = new AbortController();
      let free: (() => void) | undefined;
      const first = queue.run(() => new Promise<void>((resolve) => (free = resolve)));
      const unlucky = queue.run(tasks.task(2), { signal: gone.signal });
      const lucky = queue.run(tasks.task(3));
      await flushPromises();

      if (order.startsWith("called")) {
        free?.();
        await first;
        gone.abort(cancelledError());
      } else {
        free?.();
        gone.abort(cancelledError());
      }

      await assert.rejects(unlucky, (error) => isPlatformError(error, "cancelled"));
      await flushPromises();
      assert.deepEqual(tasks.begun, [3]);
      await tasks.end(3);
      assert.equal(await lucky, 3);
      assert.equal(await queue.run(async () => "free again"), "free again");
    });
  }

  it("begins nothing for one that has given up before", async () => {
    const { queue, tasks } = setUp();
    await assert.rejects(queue.run(tasks.task(1), { signal: AbortSignal.abort(cancelledError()) }), /Cancelled/);
    assert.deepEqual(tasks.begun, []);
    assert.equal(await queue.run(async () => "free"), "free");
  });

  it("holds ten thousand in order", async () => {
    const { queue } = setUp({ concurrency: 4 });
    const begun: number[] = [];
    await Promise.all(Array.from({ length: 10_000 }, (_, name) => queue.run(async () => begun.push(name))));
    assert.deepEqual(begun, [...begun.keys()]);
    assert.equal(begun.length, 10_000);
  });
});

describe("A queue with a rate", () => {
  for (const rate of [1, 3, 10, 40]) {
    it(`lets a burst through ${rate} a second, and never more in any second`, async () => {
      const { queue, clock } = setUp({ concurrency: 1000, rate });
      const at = await starts(queue, clock, rate * 5, 10_000);
      assert.equal(at.filter((one) => one === 0).length, rate);
      assert.equal(busiestSecond(at), rate);
      assert.ok((at.at(-1) ?? 0) <= 4 * 1100, "nor much less");
    });
  }

  it("keeps the rate when the tasks come one by one", async () => {
    const { queue, clock } = setUp({ concurrency: 1, rate: 5 });
    const at: number[] = [];
    for (let task = 0; task < 30; task++) {
      const run = queue.run(async () => at.push(clock.now()));
      await clock.advance(task % 3 ? 0 : 300);
      await clock.advance(1100);
      await run;
    }
    assert.ok(busiestSecond(at) <= 5);
  });

  for (const [rate, most, gapMs] of [
    [0.5, 1, 2000],
    [0.1, 1, 10_000],
    [1.5, 1, 1000],
    [2.5, 2, 1000],
  ] as const) {
    it(`never lets more than ${rate} begin in any second`, async () => {
      const { queue, clock } = setUp({ concurrency: 100, rate });
      const at = await starts(queue, clock, 6 * most, 100_000);
      assert.equal(busiestSecond(at), most);
      for (const [index, one] of at.entries()) {
        const before = at[index - most];
        if (before !== undefined) assert.ok(one - before >= gapMs && one - before <= gapMs + 100);
      }
    });
  }

  for (const [tookMs, gapMs] of [
    [0, 1000],
    [300, 1300],
    [1600, 1500],
    [60_000, 1500],
  ] as const) {
    it(`counts the second from the arrival, half a second after the start at the latest: a task of ${tookMs} ms`, async () => {
      const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
      const begin = clock.now();
      const at: number[] = [];
      const all = [1, 2, 3].map(() =>
        queue.run(async () => {
          at.push(clock.now() - begin);
          await clock.sleep(tookMs);
        }),
      );
      await clock.advance(200_000);
      await Promise.all(all);
      for (const [index, one] of at.slice(1).entries()) {
        const gap = one - (at[index] ?? 0);
        assert.ok(gap >= gapMs && gap <= gapMs + 100, `${gap} ms`);
      }
    });
  }

  it("does not take an answer that was long in coming for a late arrival", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
    const begin = clock.now();
    const first = queue.run(() => clock.sleep(900));
    await clock.advance(950);
    const second = queue.run(async () => clock.now() - begin);
    await clock.advance(5000);
    await first;
    assert.ok((await second) < 1600);
  });

  it("does not wait where there is room", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 3 });
    await starts(queue, clock, 3, 0);
    await clock.advance(1100);
    assert.deepEqual(await starts(queue, clock, 3, 0), [0, 0, 0]);
  });

  it("tells those who come after a full second's worth that they wait, however long ago the last ones started", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    await starts(queue, clock, 2, 0);
    await clock.advance(5000);

    const told: number[] = [];
    const all = [1, 2, 3, 4, 5].map((name) => {
      const trace = createTrace("", (waiting) => void (waiting && told.push(name)));
      return queue.run(async () => name, { trace });
    });
    await flushPromises();
    assert.deepEqual(told, [3, 4, 5]);

    await clock.advance(5000);
    assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 5]);
  });

  it("tells everyone who waits, and when it goes on, but nobody who passes", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    const told: [number, boolean][] = [];
    const all = [1, 2, 3, 4, 5].map((name) => {
      const trace = createTrace();
      trace.onWait = (waiting) => told.push([name, waiting]);
      return queue.run(async () => name, { trace });
    });
    await flushPromises();
    assert.deepEqual(
      told,
      [3, 4, 5].map((name) => [name, true]),
    );

    await clock.advance(1100);
    assert.deepEqual(
      told.slice(3),
      [3, 4].map((name) => [name, false]),
    );
    await clock.advance(1100);
    await Promise.all(all);

    assert.deepEqual(told.slice(5), [[5, false]]);

    await clock.advance(1100);
    const trace = createTrace();
    trace.onWait = (waiting) => told.push([6, waiting]);
    await queue.run(async () => 6, { trace });

    assert.equal(told.length, 6);
  });

  it("lets one that gives up go at once, and takes nothing from the others", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
    const gone = new AbortController();
    const trace = createTrace();
    let waiting = 0;
    trace.onWait = (waits) => (waiting += waits ? 1 : -1);
    await queue.run(async () => undefined);
    const at: number[] = [];
    const first = queue.run(async () => at.push(1));
    const second = queue.run(async () => at.push(2), { signal: gone.signal, trace });
    const third = queue.run(async () => at.push(3));
    await flushPromises();
    assert.equal(waiting, 1);

    gone.abort(cancelledError());
    await assert.rejects(second, /Cancelled/);
    assert.equal(waiting, 0);

    await clock.advance(2100);
    await Promise.all([first, third]);
    assert.deepEqual(at, [1, 3]);
  });

  it("counts nobody who gave up before", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    ignore(queue.run(async () => undefined, { signal: AbortSignal.abort(cancelledError()) }));
    assert.deepEqual(await starts(queue, clock, 2, 0), [0, 0]);
  });

  it("lets nobody pass those who wait, also when there is room before they wake", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
    const order: number[] = [];
    const run = (name: number): Promise<number> => queue.run(async () => order.push(name));
    await run(1);
    const waiting = run(2);
    await flushPromises();
    clock.shift(5000);
    const late = run(3);
    await clock.advance(3000);
    await Promise.all([waiting, late]);
    assert.deepEqual(order, [1, 2, 3]);
  });

  it("begins nothing for one that gives up while its turn comes", async () => {
    for (let ticks = 0; ticks < 20; ticks++) {
      let [now, wake] = [0, (): void => undefined];
      const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => (wake = resolve)) };
      const queue = new Queue({ concurrency: 10, rate: 1, clock });
      await queue.run(async () => undefined);
      const gone = new AbortController();
      let begunAfter = false;
      const waiting = queue.run(async () => (begunAfter = gone.signal.aborted), { signal: gone.signal });
      ignore(waiting);
      await flushPromises();

      now = 5000;
      wake();
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      gone.abort(cancelledError());
      await flushPromises();

      assert.equal(begunAfter, false, `given up after ${ticks} ticks`);
    }
  });

  it("goes on when the one that is asleep gives up", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
    const gone = new AbortController();
    await queue.run(async () => undefined);
    const asleep = queue.run(async () => "never", { signal: gone.signal });
    const next = queue.run(async () => "served");
    await flushPromises();

    gone.abort(cancelledError());
    await assert.rejects(asleep, /Cancelled/);
    await clock.advance(1100);

    assert.equal(await next, "served");
  });

  it("makes nobody wait for longer than the others when the clock is set back", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    await starts(queue, clock, 2, 0);
    clock.shift(-24 * 3_600_000);

    const served = Promise.all([1, 2, 3].map((name) => queue.run(async () => name)));
    await clock.advance(5000);

    assert.deepEqual(await served, [1, 2, 3]);
    assert.ok(clock.sleeps.every((ms) => ms <= 1025));
  });
});
