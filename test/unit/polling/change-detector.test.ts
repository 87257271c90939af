import assert from "node:assert/strict";
import { networkError, setUpLamps, setUpSubscribed, TestSubscriber } from "../../support/polling-fixture";

describe("A subscription with several confirmations", () => {
  it("emits a change once that many polls in a row agree, and never one that went back before", async () => {
    const { source, coordinator, advance } = setUpLamps();
    const subscriber = new TestSubscriber({ confirmations: 3 });
    coordinator.subscribe(subscriber);
    await advance(1);
    const steps: [lamp: boolean[], events: string[]][] = [
      [[true, false, true], []],
      [[true, true, true], []],
      [[true, true, false], ["on 0"]],
      [
        [true, true, true],
        ["on 0", "on 1"],
      ],
      [
        [true, true, true],
        ["on 0", "on 1"],
      ],
      [
        [true, true, true],
        ["on 0", "on 1", "on 2"],
      ],
    ];
    for (const [lamps, events] of steps) {
      for (const [id, on] of lamps.entries()) source.lamp(id).on = on;
      await advance(30);
      assert.deepEqual(subscriber.events, events);
    }
  });

  it("starts counting again when the change becomes another one", async () => {
    const { source, coordinator, advance } = setUpLamps(1);
    const subscriber = new TestSubscriber({ confirmations: 2 });
    coordinator.subscribe(subscriber);
    await advance(1);
    source.lamps.delete("0");
    await advance(30);
    source.lamps.set("0", { name: "lamp 0", on: true });
    await advance(30);
    assert.deepEqual(subscriber.events, []);
    await advance(30);
    assert.deepEqual(subscriber.events, ["on 0"]);
    assert.deepEqual(subscriber.received[0]?.previous, { name: "lamp 0", on: false });
  });

  it("holds back items that are added or removed as well", async () => {
    const { source, coordinator, advance } = setUpLamps(2);
    const subscriber = new TestSubscriber({ confirmations: 2 });
    coordinator.subscribe(subscriber);
    await advance(1);
    source.lamps.delete("0");
    source.lamps.set("new", { name: "new", on: true });
    await advance(30);
    assert.deepEqual(subscriber.events, []);
    await advance(30);
    assert.deepEqual(subscriber.events, ["on new", "removed 0"]);
  });

  it("omits transient events, which a subscriber with one confirmation receives", async () => {
    const { source, coordinator, advance } = setUpLamps(1);
    const [immediate, confirming] = [new TestSubscriber(), new TestSubscriber({ confirmations: 2 })];
    for (const subscriber of [immediate, confirming]) coordinator.subscribe(subscriber);
    await advance(1);
    source.lamp(0).flickers = 1;
    await advance(90);
    assert.deepEqual([immediate.events, confirming.events], [["flickered 0"], []]);
  });
});

describe("A platform that restarts", () => {
  it("does not cause a hundred disconnections", async () => {
    const { source, advance, subscriber } = await setUpSubscribed(100, { random: () => 0 });
    const all = new Map(source.lamps);
    source.error = networkError();
    await advance(60);
    source.error = undefined;
    // They come back by and by.
    source.lamps.clear();
    await advance(30);
    for (const [id, lamp] of all) {
      if (id !== "42") source.lamps.set(id, lamp);
      if (Number(id) % 25 === 0) await advance(30);
    }
    assert.deepEqual(subscriber.events, []);

    await advance(120);
    assert.deepEqual(subscriber.events, ["removed 42"]);
    source.lamps.clear();
    await advance(60);
    assert.equal(subscriber.received.length, 100, "long after an outage it is the truth");
  });

  it("may seem complete at first", async () => {
    const { source, advance, subscriber } = await setUpSubscribed(100, { random: () => 0 });
    const all = new Map(source.lamps);
    source.error = networkError();
    await advance(30);
    source.error = undefined;
    await advance(60);
    source.lamps.clear();
    await advance(90);
    for (const [id, lamp] of all) source.lamps.set(id, lamp);
    await advance(300);
    assert.deepEqual(subscriber.events, []);
  });

  it("is not assumed when few items have changed, or no more than half of them", async () => {
    for (const [lamps, changed] of [
      [4, 4],
      [100, 50],
    ] as const) {
      const { source, advance, subscriber } = await setUpSubscribed(lamps, { random: () => 0 });
      source.error = networkError();
      await advance(30);
      source.error = undefined;
      for (let id = 0; id < changed; id++) source.lamp(id).on = true;
      await advance(30);
      assert.equal(subscriber.received.length, changed);
    }
  });

  for (const count of [1, 2, 4]) {
    for (const confirmations of [1, 2]) {
      it(`does not cause ${count} disconnections, if these are all and ${confirmations} polls must agree`, async () => {
        const { source, coordinator, advance } = setUpLamps(count, { random: () => 0 });
        const subscriber = new TestSubscriber({ confirmations });
        coordinator.subscribe(subscriber);
        await advance(1);
        const all = new Map(source.lamps);
        source.error = networkError();
        await advance(60);
        source.error = undefined;
        source.lamps.clear();
        await advance(90);
        assert.deepEqual(subscriber.events, []);
        for (const [id, lamp] of all) source.lamps.set(id, lamp);
        await advance(300);
        assert.deepEqual(subscriber.events, []);

        source.lamps.clear();
        await advance(90);
        assert.equal(subscriber.events.length, count, "long after an outage it is the truth");
      });
    }
  }

  it("is believed after three minutes, even if its items never return", async () => {
    const { source, advance, subscriber } = await setUpSubscribed(10, { random: () => 0 });
    source.error = networkError();
    await advance(30);
    source.error = undefined;
    source.lamps.clear();
    await advance(180);
    assert.deepEqual(subscriber.events, []);
    await advance(30);
    assert.equal(subscriber.received.length, 10);
  });

  it("is believed earlier when the clock is set back", async () => {
    const { source, advance, subscriber, clock } = await setUpSubscribed(10, { random: () => 0 });
    source.error = networkError();
    await advance(30);
    source.error = undefined;
    for (const lamp of source.lamps.values()) lamp.on = true;
    await advance(200);
    assert.deepEqual(subscriber.events, []);
    clock.shift(-86_400_000);
    await advance(30);
    assert.equal(subscriber.received.length, 10);
    for (const lamp of source.lamps.values()) lamp.on = false;
    await advance(30);
    assert.equal(subscriber.received.length, 20);
  });
});
