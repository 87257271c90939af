import assert from "node:assert/strict";
import { cancelledError, PlatformError } from "../../../src/core/errors";
import { network, TestSubscriber, watchedLamps } from "../../support/polling-fixture";

/** A house that somebody watches every 30 s, and has looked at once. */
async function lookedAt(lamps = 3, settings: Parameters<typeof watchedLamps>[1] = {}) {
  const house = watchedLamps(lamps, settings);
  const listener = new TestSubscriber();
  house.watch.subscribe(listener);
  await house.pass(1);
  return { ...house, listener };
}

describe("An outage", () => {
  it("is no change, and what changed meanwhile is told once on return", async () => {
    const { house, pass, listener } = await lookedAt();
    house.trouble = network();
    house.lamp(0).on = true;
    house.lamp(1).on = true;
    await pass(600);
    assert.deepEqual(listener.events, []);
    assert.ok(listener.failures.length >= 3);
    assert.ok(listener.failures.every((failure) => failure === house.trouble));

    house.trouble = undefined;
    house.lamp(1).on = false;
    house.lamps.delete("2");
    await pass(1000);

    assert.deepEqual(listener.events, ["on 0", "gone 2"]);
    assert.deepEqual(listener.received[0]?.previous, { name: "lamp 0", on: false });
  });

  for (const [chance, expected] of [
    [0, [30, 30, 30, 30, 30, 30]],
    [0.5, [45, 75, 135, 165, 165, 165]],
    [1, [60, 120, 240, 300, 300, 300]],
  ] as const) {
    it(`is met with looks that come more and more rarely, ten intervals apart at most (chance ${chance})`, async () => {
      const { house, pass, clock } = await lookedAt(1, { random: () => chance });
      house.trouble = network();
      await pass(29);
      const looks: number[] = [];
      for (let index = house.polls.length; looks.length < 7; index++) {
        for (let second = 0; house.polls.length <= index && second < 400; second++) await pass(1);
        looks.push((house.polls.at(-1)?.at ?? 0) / 1000);
      }
      const gaps = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
      assert.deepEqual(gaps, expected);
      assert.equal(clock.sleepers, 1);

      house.trouble = undefined;
      await pass(300);
      const before = house.polls.length;
      await pass(60);
      assert.equal(house.polls.length - before, 2);
    });
  }

  it("obeys a platform that asks to be left alone, for an hour at most", async () => {
    for (const [retryAfterMs, seconds] of [
      [45, 30],
      [400_000, 400],
      [1e12, 3600],
    ] as const) {
      const { house, pass } = await lookedAt(1, { random: () => 0 });
      house.trouble = new PlatformError("busy", "Leave me alone.", { retryAfterMs });
      await pass(30);
      const before = house.polls.length;
      await pass(seconds - 1);
      assert.equal(house.polls.length, before);
      await pass(1);
      assert.equal(house.polls.length, before + 1);
    }
  });

  it("is over for who joins only when a look has gone well, and is told to it at once", async () => {
    const { house, watch, pass } = await lookedAt();
    house.trouble = network();
    await pass(30);
    house.lamp(0).on = true;
    const late = new TestSubscriber({ initial: true });
    watch.subscribe(late);
    assert.deepEqual([late.failures.length, late.events], [1, []]);

    house.trouble = undefined;
    await pass(60);
    assert.deepEqual(late.events, ["on 0", "off 1", "off 2"]);
  });

  it("is over when nobody watches any more", async () => {
    const { house, watch, pass } = watchedLamps();
    house.trouble = network();
    const leave = watch.subscribe(new TestSubscriber());
    await pass(1);
    await leave();
    house.trouble = undefined;
    const listener = new TestSubscriber();
    watch.subscribe(listener);
    await pass(1);
    assert.deepEqual([listener.failures, listener.goods], [[], 1]);
  });

  it("ends for everybody at once, also for those with a longer interval", async () => {
    const { house, watch, pass } = await lookedAt(1, { random: () => 0 });
    const slow = new TestSubscriber({ intervalS: 3600 });
    watch.subscribe(slow);
    await pass(60);
    house.trouble = network();
    await pass(30);
    Object.assign(house, { trouble: undefined });
    house.lamp(0).on = true;
    await pass(30);
    assert.deepEqual(slow.events, ["on 0"]);
  });

  it("may begin with the first look", async () => {
    const { house, watch, pass } = watchedLamps(2);
    const [silent, curious] = [new TestSubscriber(), new TestSubscriber({ initial: true })];
    house.trouble = network();
    for (const listener of [silent, curious]) watch.subscribe(listener);
    await pass(1);
    house.trouble = undefined;
    await pass(60);
    assert.deepEqual([silent.events, curious.events], [[], ["off 0", "off 1"]]);
    assert.deepEqual([silent.failures.length, curious.failures.length], [1, 1]);
  });

  it("does not break off what has begun to settle", async () => {
    const { house, watch, pass } = watchedLamps(1, { random: () => 0 });
    const listener = new TestSubscriber({ confirmations: 2 });
    watch.subscribe(listener);
    await pass(1);
    house.lamp(0).on = true;
    await pass(30);
    house.trouble = network();
    await pass(90);
    assert.deepEqual(listener.events, []);
    house.trouble = undefined;
    await pass(30);
    assert.deepEqual(listener.events, ["on 0"]);
  });

  it("is nobody's news when the config node is closed, and does not make the looks hurry", async () => {
    const { house, pass, listener } = await lookedAt(1, { random: () => 0 });
    house.trouble = cancelledError();
    await pass(90);
    assert.deepEqual([listener.failures, house.polls.length], [[], 4]);
  });

  it("may also be a fault of the source's own", async () => {
    const { house, pass, listener } = await lookedAt();
    house.trouble = new TypeError("undefined is not a lamp");
    await pass(30);
    assert.deepEqual(listener.failures, [house.trouble]);
    house.trouble = undefined;
    house.lamp(0).on = true;
    const changes = house.diff.bind(house);
    house.diff = () => assert.fail("cannot compare");
    await pass(60);
    assert.equal(listener.failures.length, 2);
    house.diff = changes;
    await pass(90);
    assert.deepEqual(listener.events, ["on 0"]);
  });
});

describe("A platform that restarts", () => {
  it("does not read as a hundred disconnections", async () => {
    const { house, pass, listener } = await lookedAt(100, { random: () => 0 });
    const all = new Map(house.lamps);
    house.trouble = network();
    await pass(60);
    house.trouble = undefined;
    // They come back by and by.
    house.lamps.clear();
    await pass(30);
    for (const [id, lamp] of all) {
      if (id !== "42") house.lamps.set(id, lamp);
      if (Number(id) % 25 === 0) await pass(30);
    }
    assert.deepEqual(listener.events, []);

    await pass(120);
    assert.deepEqual(listener.events, ["gone 42"]);
    house.lamps.clear();
    await pass(60);
    assert.equal(listener.received.length, 100, "long after an outage it is the truth");
  });

  it("may seem well at first", async () => {
    const { house, pass, listener } = await lookedAt(100, { random: () => 0 });
    const all = new Map(house.lamps);
    house.trouble = network();
    await pass(30);
    house.trouble = undefined;
    await pass(60);
    house.lamps.clear();
    await pass(90);
    for (const [id, lamp] of all) house.lamps.set(id, lamp);
    await pass(300);
    assert.deepEqual(listener.events, []);
  });

  it("is not suspected when few things have changed, or less than half of all", async () => {
    for (const [lamps, changed] of [
      [4, 4],
      [100, 50],
    ] as const) {
      const { house, pass, listener } = await lookedAt(lamps, { random: () => 0 });
      house.trouble = network();
      await pass(30);
      house.trouble = undefined;
      for (let id = 0; id < changed; id++) house.lamp(id).on = true;
      await pass(30);
      assert.equal(listener.received.length, changed);
    }
  });

  it("is believed after three minutes, even if it never looks better", async () => {
    const { house, pass, listener } = await lookedAt(10, { random: () => 0 });
    house.trouble = network();
    await pass(30);
    house.trouble = undefined;
    house.lamps.clear();
    await pass(180);
    assert.deepEqual(listener.events, []);
    await pass(30);
    assert.equal(listener.received.length, 10);
  });

  it("is believed also when the clock is set back", async () => {
    const { house, pass, listener, clock } = await lookedAt(10, { random: () => 0 });
    house.trouble = network();
    await pass(30);
    house.trouble = undefined;
    for (const lamp of house.lamps.values()) lamp.on = true;
    await pass(200);
    assert.deepEqual(listener.events, []);
    clock.set(-86_400_000);
    await pass(30);
    assert.equal(listener.received.length, 10);
    for (const lamp of house.lamps.values()) lamp.on = false;
    await pass(30);
    assert.equal(listener.received.length, 20);
  });
});
