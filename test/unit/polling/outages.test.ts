import assert from "node:assert/strict";
import { cancelledError, PlatformError } from "../../../src/core/errors";
import { networkError, setUpLamps, setUpSubscribed, TestSubscriber } from "../../support/polling-fixture";

describe("An outage", () => {
  it("is not a change, and what changed meanwhile is emitted once afterwards", async () => {
    const { source, advance, subscriber } = await setUpSubscribed();
    source.error = networkError();
    source.lamp(0).on = true;
    source.lamp(1).on = true;
    await advance(600);
    assert.deepEqual(subscriber.events, []);
    assert.ok(subscriber.errors.length >= 3);
    assert.ok(subscriber.errors.every((failure) => failure === source.error));

    source.error = undefined;
    source.lamp(1).on = false;
    source.lamps.delete("2");
    await advance(1000);

    assert.deepEqual(subscriber.events, ["on 0", "removed 2"]);
    assert.deepEqual(subscriber.received[0]?.previous, { name: "lamp 0", on: false });
  });

  for (const [jitter, expected] of [
    [0, [30, 30, 30, 30, 30, 30]],
    [0.5, [45, 75, 135, 165, 165, 165]],
    [1, [60, 120, 240, 300, 300, 300]],
  ] as const) {
    it(`is followed by polls at growing intervals, up to ten times the regular one (jitter ${jitter})`, async () => {
      const { source, advance, clock } = await setUpSubscribed(1, { random: () => jitter });
      source.error = networkError();
      await advance(29);
      const polls: number[] = [];
      for (let index = source.polls.length; polls.length < 7; index++) {
        for (let second = 0; source.polls.length <= index && second < 400; second++) await advance(1);
        polls.push((source.polls.at(-1)?.at ?? 0) / 1000);
      }
      const gaps = polls.slice(1).map((at, index) => at - (polls[index] ?? 0));
      assert.deepEqual(gaps, expected);
      assert.equal(clock.sleepers, 1);

      source.error = undefined;
      await advance(300);
      const before = source.polls.length;
      await advance(60);
      assert.equal(source.polls.length - before, 2);
    });
  }

  it("is followed by the pause that the platform asks for, up to an hour", async () => {
    for (const [retryAfterMs, seconds] of [
      [45, 30],
      [400_000, 400],
      [1e12, 3600],
    ] as const) {
      const { source, advance } = await setUpSubscribed(1, { random: () => 0 });
      source.error = new PlatformError("busy", "Leave me alone.", { retryAfterMs });
      await advance(30);
      const before = source.polls.length;
      await advance(seconds - 1);
      assert.equal(source.polls.length, before);
      await advance(1);
      assert.equal(source.polls.length, before + 1);
    }
  });

  it("is reported to a subscriber that joins during it, which receives the state once it is over", async () => {
    const { source, coordinator, advance } = await setUpSubscribed();
    source.error = networkError();
    await advance(30);
    source.lamp(0).on = true;
    const late = new TestSubscriber({ initial: true });
    coordinator.subscribe(late);
    assert.deepEqual([late.errors.length, late.events], [1, []]);

    source.error = undefined;
    await advance(60);
    assert.deepEqual(late.events, ["on 0", "off 1", "off 2"]);
  });

  it("is forgotten when the last subscriber leaves", async () => {
    const { source, coordinator, advance } = setUpLamps();
    source.error = networkError();
    const unsubscribe = coordinator.subscribe(new TestSubscriber());
    await advance(1);
    await unsubscribe();
    source.error = undefined;
    const subscriber = new TestSubscriber();
    coordinator.subscribe(subscriber);
    await advance(1);
    assert.deepEqual([subscriber.errors, subscriber.successes], [[], 1]);
  });

  it("ends for all subscribers at once, also for those with a longer interval", async () => {
    const { source, coordinator, advance } = await setUpSubscribed(1, { random: () => 0 });
    const slow = new TestSubscriber({ intervalS: 3600 });
    coordinator.subscribe(slow);
    await advance(60);
    source.error = networkError();
    await advance(30);
    Object.assign(source, { error: undefined });
    source.lamp(0).on = true;
    await advance(30);
    assert.deepEqual(slow.events, ["on 0"]);
  });

  it("may begin with the first poll", async () => {
    const { source, coordinator, advance } = setUpLamps(2);
    const [plain, withInitial] = [new TestSubscriber(), new TestSubscriber({ initial: true })];
    source.error = networkError();
    for (const subscriber of [plain, withInitial]) coordinator.subscribe(subscriber);
    await advance(1);
    source.error = undefined;
    await advance(60);
    assert.deepEqual([plain.events, withInitial.events], [[], ["off 0", "off 1"]]);
    assert.deepEqual([plain.errors.length, withInitial.errors.length], [1, 1]);
  });

  it("does not interrupt a change that is being confirmed", async () => {
    const { source, coordinator, advance } = setUpLamps(1, { random: () => 0 });
    const subscriber = new TestSubscriber({ confirmations: 2 });
    coordinator.subscribe(subscriber);
    await advance(1);
    source.lamp(0).on = true;
    await advance(30);
    source.error = networkError();
    await advance(90);
    assert.deepEqual(subscriber.events, []);
    source.error = undefined;
    await advance(30);
    assert.deepEqual(subscriber.events, ["on 0"]);
  });

  it("is not reported when the config node is closed, and does not speed up polling", async () => {
    const { source, advance, subscriber } = await setUpSubscribed(1, { random: () => 0 });
    source.error = cancelledError();
    await advance(90);
    assert.deepEqual([subscriber.errors, source.polls.length], [[], 4]);
  });

  it("may also be an exception of the source itself", async () => {
    const { source, advance, subscriber } = await setUpSubscribed();
    source.error = new TypeError("undefined is not a lamp");
    await advance(30);
    assert.deepEqual(subscriber.errors, [source.error]);
    source.error = undefined;
    source.lamp(0).on = true;
    const changes = source.diff.bind(source);
    source.diff = () => assert.fail("cannot compare");
    await advance(60);
    assert.equal(subscriber.errors.length, 2);
    source.diff = changes;
    await advance(90);
    assert.deepEqual(subscriber.events, ["on 0"]);
  });
});
