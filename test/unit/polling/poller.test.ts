import assert from "node:assert/strict";
import { warningsDuring } from "../../support/http-fixture";
import { networkError, setUpLamps, TestSubscriber } from "../../support/polling-fixture";

/** Milliseconds from each poll to the next. */
function gaps(polls: readonly { at: number }[]): number[] {
  return polls.slice(1).map(({ at }, index) => at - (polls[index]?.at ?? 0));
}

describe("A poller", () => {
  it("polls from the first subscriber to the last, and leaves no timer behind", async () => {
    const { source, coordinator, advance, clock } = setUpLamps();
    await advance(100);
    assert.equal(source.polls.length, 0);
    const unsubscribe = [coordinator.subscribe(new TestSubscriber()), coordinator.subscribe(new TestSubscriber())];
    await advance(31);
    await unsubscribe[0]?.();
    await advance(30);
    assert.equal(source.polls.length, 3);

    await unsubscribe[1]?.();
    await unsubscribe[1]?.();
    await advance(300);

    assert.deepEqual([source.polls.length, clock.sleepers], [3, 0]);
  });

  it("polls at the shortest interval of all subscribers, from the moment one joins", async () => {
    const { source, coordinator, advance } = setUpLamps();
    coordinator.subscribe(new TestSubscriber({ intervalS: 600 }));
    await advance(100);
    const unsubscribe = coordinator.subscribe(new TestSubscriber({ intervalS: 10 }));
    await advance(100);
    assert.deepEqual(gaps(source.polls).slice(1), Array(9).fill(10_000));

    await unsubscribe();
    await advance(1300);
    assert.deepEqual(gaps(source.polls).slice(-2), [600_000, 600_000]);
  });

  it("never runs two polls at once, and skips those that come due during a slow one", async () => {
    const { source, coordinator, advance } = setUpLamps();
    source.pollMs = 70_000;
    coordinator.subscribe(new TestSubscriber({ intervalS: 30 }));
    await advance(300);
    assert.deepEqual(gaps(source.polls), [90_000, 90_000, 90_000]);
  });

  it("keeps to the minimum interval of its source, also during an outage", async () => {
    const { source, coordinator, advance } = setUpLamps(1, { random: () => 0 });
    Object.assign(source, { minIntervalMs: () => 45_000 });
    coordinator.subscribe(new TestSubscriber({ intervalS: 30 }));
    await advance(100);
    source.error = networkError();
    await advance(70);
    assert.deepEqual(gaps(source.polls), [45_000, 45_000, 45_000]);
  });

  for (const byHours of [-5, 5]) {
    it(`continues when the clock is set by ${byHours} hours`, async () => {
      const { source, coordinator, advance, clock } = setUpLamps(1);
      const subscriber = new TestSubscriber();
      const slower = new TestSubscriber({ intervalS: 90 });
      for (const one of [subscriber, slower]) coordinator.subscribe(one);
      await advance(40);
      clock.shift(byHours * 3_600_000);
      const before = source.polls.length;
      await advance(300);
      assert.ok([10, 11].includes(source.polls.length - before), `${source.polls.length - before} polls`);
      source.lamp(0).on = true;
      await advance(91);
      assert.deepEqual([subscriber.events, slower.events], [["on 0"], ["on 0"]]);
    });
  }

  it("continues when the clock is set back during a poll", async () => {
    const { source, coordinator, advance, clock } = setUpLamps();
    source.pollMs = 10_000;
    coordinator.subscribe(new TestSubscriber());
    await advance(5);
    clock.shift(-18_000_000);
    await advance(60);
    assert.equal(source.polls.length, 2);
  });

  it("aborts a poll when the last subscriber leaves, and reports no error", async () => {
    const { source, coordinator, advance, clock } = setUpLamps();
    source.pollMs = 1e9;
    const subscriber = new TestSubscriber();
    const unsubscribe = coordinator.subscribe(subscriber);
    await advance(1);
    assert.equal(source.polls.length, 1);

    await unsubscribe();

    assert.deepEqual([clock.sleepers, subscriber.errors, subscriber.successes], [0, [], 0]);
  });

  it("does not wait for a source that ignores the abort", async () => {
    const { source, coordinator, advance, clock } = setUpLamps();
    source.ignoresAbort = true;
    const unsubscribe = coordinator.subscribe(new TestSubscriber());
    await advance(1);
    await unsubscribe();
    assert.deepEqual([source.polls.length, clock.sleepers], [1, 0]);
  });

  it("lets a source add many abort listeners in one poll without a warning", async () => {
    const { source, coordinator, advance } = setUpLamps();
    let aborted = 0;
    source.poll = async (_filter, _previous, { signal }) => {
      for (let request = 0; request < 50; request++) signal?.addEventListener("abort", () => aborted++);
      return new Promise(() => undefined);
    };
    const warnings = await warningsDuring(async () => {
      const unsubscribe = coordinator.subscribe(new TestSubscriber());
      await advance(1);
      await unsubscribe();
    });
    assert.deepEqual([warnings, aborted], [[], 50]);
  });

  it("waits for its turn in the queue as messages do, and lets messages pass", async () => {
    const { source, coordinator, advance, queue } = setUpLamps(1, { concurrency: 1 });
    let finish = (): void => undefined;
    const message = queue.run(() => new Promise<void>((resolve) => (finish = resolve)));
    coordinator.subscribe(new TestSubscriber());
    await advance(100);
    assert.equal(source.polls.length, 0);

    const next = queue.run(() => Promise.resolve(source.polls.length));
    finish();
    await message;
    assert.equal(await next, 1);
    await advance(31);
    assert.equal(source.polls.length, 2);
  });

  it("skips a poll while the queue is full, without reporting an outage", async () => {
    const { source, coordinator, advance, queue } = setUpLamps(1, { concurrency: 1, limit: 0 });
    const subscriber = new TestSubscriber();
    coordinator.subscribe(subscriber);
    await advance(1);
    let finish = (): void => undefined;
    const message = queue.run(() => new Promise<void>((resolve) => (finish = resolve)));
    await advance(90);
    assert.deepEqual([source.polls.length, subscriber.errors], [1, []]);

    source.lamp(0).on = true;
    finish();
    await message;
    await advance(30);
    assert.deepEqual(subscriber.events, ["on 0"]);
  });
});
