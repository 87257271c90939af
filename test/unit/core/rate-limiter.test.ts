import assert from "node:assert/strict";
import { createTrace } from "../../../src/core/call-context";
import { cancelledError } from "../../../src/core/errors";
import { Queue } from "../../../src/core/queue";
import { FakeClock, flushPromises } from "../../support/fake-clock";

// A queue is the only user of a rate limiter, so it is tested there.
function setUp(options: { concurrency: number; rate: number }) {
  const clock = new FakeClock();
  return { clock, queue: new Queue({ ...options, clock }) };
}

/** Runs `count` tasks. @returns when each of them started, in milliseconds from now */
async function startTimes(queue: Queue, clock: FakeClock, count: number, overMs: number): Promise<number[]> {
  const begin = clock.now();
  const at: number[] = [];
  const all = Array.from({ length: count }, () => queue.run(async () => at.push(clock.now() - begin)));
  await clock.advance(overMs);
  await Promise.all(all);
  return at;
}

/** The highest number of starts within any one second. */
function busiestSecond(at: readonly number[]): number {
  return Math.max(...at.map((from) => at.filter((time) => time >= from && time < from + 1000).length));
}

const ignore = (promise: Promise<unknown>): void => void promise.catch(() => undefined);

describe("A rate limiter", () => {
  for (const rate of [1, 3, 10, 40]) {
    it(`starts ${rate} tasks of a burst in a second, and never more in any second`, async () => {
      const { queue, clock } = setUp({ concurrency: 1000, rate });
      const at = await startTimes(queue, clock, rate * 5, 10_000);
      assert.equal(at.filter((time) => time === 0).length, rate);
      assert.equal(busiestSecond(at), rate);
      assert.ok((at.at(-1) ?? 0) <= 4 * 1100, "not many fewer, either");
    });
  }

  it("keeps the rate if the tasks come one by one", async () => {
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

  for (const [rate, maxStarts, gapMs] of [
    [0.5, 1, 2000],
    [0.1, 1, 10_000],
    [1.5, 1, 1000],
    [2.5, 2, 1000],
  ] as const) {
    it(`never exceeds a rate of ${rate}`, async () => {
      const { queue, clock } = setUp({ concurrency: 100, rate });
      const at = await startTimes(queue, clock, 6 * maxStarts, 100_000);
      assert.equal(busiestSecond(at), maxStarts);
      for (const [index, time] of at.entries()) {
        const previous = at[index - maxStarts];
        if (previous !== undefined) assert.ok(time - previous >= gapMs && time - previous <= gapMs + 100);
      }
    });
  }

  for (const [durationMs, gapMs] of [
    [0, 1000],
    [300, 1300],
    [1600, 1500],
    [60_000, 1500],
  ] as const) {
    it(`counts the second from the end of a task, or half a second after its start if it takes longer: ${durationMs} ms`, async () => {
      const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
      const begin = clock.now();
      const at: number[] = [];
      const all = [1, 2, 3].map(() =>
        queue.run(async () => {
          at.push(clock.now() - begin);
          await clock.sleep(durationMs);
        }),
      );
      await clock.advance(200_000);
      await Promise.all(all);
      for (const [index, time] of at.slice(1).entries()) {
        const gap = time - (at[index] ?? 0);
        assert.ok(gap >= gapMs && gap <= gapMs + 100, `${gap} ms`);
      }
    });
  }

  it("does not delay a task because the previous one took long", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
    const begin = clock.now();
    const first = queue.run(() => clock.sleep(900));
    await clock.advance(950);
    const second = queue.run(async () => clock.now() - begin);
    await clock.advance(5000);
    await first;
    assert.ok((await second) < 1600);
  });

  it("does not delay a task if there is room", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 3 });
    await startTimes(queue, clock, 3, 0);
    await clock.advance(1100);
    assert.deepEqual(await startTimes(queue, clock, 3, 0), [0, 0, 0]);
  });

  it("reports the wait of tasks beyond the rate, however long ago the last ones started", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    await startTimes(queue, clock, 2, 0);
    await clock.advance(5000);

    const waits: number[] = [];
    const all = [1, 2, 3, 4, 5].map((name) => {
      const trace = createTrace("", (waiting) => void (waiting && waits.push(name)));
      return queue.run(async () => name, { trace });
    });
    await flushPromises();
    assert.deepEqual(waits, [3, 4, 5]);

    await clock.advance(5000);
    assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 5]);
  });

  it("reports the start and the end of each wait, and nothing for tasks that do not wait", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    const waits: [number, boolean][] = [];
    const all = [1, 2, 3, 4, 5].map((name) => {
      const trace = createTrace();
      trace.onWait = (waiting) => waits.push([name, waiting]);
      return queue.run(async () => name, { trace });
    });
    await flushPromises();
    assert.deepEqual(
      waits,
      [3, 4, 5].map((name) => [name, true]),
    );

    await clock.advance(1100);
    assert.deepEqual(
      waits.slice(3),
      [3, 4].map((name) => [name, false]),
    );
    await clock.advance(1100);
    await Promise.all(all);

    assert.deepEqual(waits.slice(5), [[5, false]]);

    await clock.advance(1100);
    const trace = createTrace();
    trace.onWait = (waiting) => waits.push([6, waiting]);
    await queue.run(async () => 6, { trace });

    assert.equal(waits.length, 6);
  });

  it("rejects a waiting task at once when it is aborted, and delays no other", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
    const controller = new AbortController();
    const trace = createTrace();
    let waiting = 0;
    trace.onWait = (waits) => (waiting += waits ? 1 : -1);
    await queue.run(async () => undefined);
    const at: number[] = [];
    const first = queue.run(async () => at.push(1));
    const second = queue.run(async () => at.push(2), { signal: controller.signal, trace });
    const third = queue.run(async () => at.push(3));
    await flushPromises();
    assert.equal(waiting, 1);

    controller.abort(cancelledError());
    await assert.rejects(second, /Cancelled/);
    assert.equal(waiting, 0);

    await clock.advance(2100);
    await Promise.all([first, third]);
    assert.deepEqual(at, [1, 3]);
  });

  it("does not count a task whose signal is aborted already", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    ignore(queue.run(async () => undefined, { signal: AbortSignal.abort(cancelledError()) }));
    assert.deepEqual(await startTimes(queue, clock, 2, 0), [0, 0]);
  });

  it("starts no newcomer before the tasks that wait, even if there is room before these wake up", async () => {
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

  it("does not start a task that is aborted while its turn comes", async () => {
    for (let ticks = 0; ticks < 20; ticks++) {
      let [now, wake] = [0, (): void => undefined];
      const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => (wake = resolve)) };
      const queue = new Queue({ concurrency: 10, rate: 1, clock });
      await queue.run(async () => undefined);
      const controller = new AbortController();
      let hasStarted = false;
      const waiting = queue.run(async () => (hasStarted = controller.signal.aborted), { signal: controller.signal });
      ignore(waiting);
      await flushPromises();

      now = 5000;
      wake();
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      controller.abort(cancelledError());
      await flushPromises();

      assert.equal(hasStarted, false, `aborted after ${ticks} ticks`);
    }
  });

  it("goes on when the task that is waiting for its time is aborted", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 1 });
    const controller = new AbortController();
    await queue.run(async () => undefined);
    const first = queue.run(async () => "never", { signal: controller.signal });
    const next = queue.run(async () => "done");
    await flushPromises();

    controller.abort(cancelledError());
    await assert.rejects(first, /Cancelled/);
    await clock.advance(1100);

    assert.equal(await next, "done");
  });

  it("delays no task longer because the clock was set back", async () => {
    const { queue, clock } = setUp({ concurrency: 10, rate: 2 });
    await startTimes(queue, clock, 2, 0);
    clock.shift(-24 * 3_600_000);

    const results = Promise.all([1, 2, 3].map((name) => queue.run(async () => name)));
    await clock.advance(5000);

    assert.deepEqual(await results, [1, 2, 3]);
    assert.ok(clock.sleeps.every((ms) => ms <= 1025));
  });
});
