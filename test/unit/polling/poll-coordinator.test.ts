import assert from "node:assert/strict";
import { parseFilter } from "../../../src/polling/filter";
import { setUpLamps, TestSubscriber } from "../../support/polling-fixture";

describe("A poll coordinator", () => {
  it("emits nothing for the first snapshot, and each later change once", async () => {
    const { source, coordinator, advance, clock } = setUpLamps();
    const subscriber = new TestSubscriber();
    coordinator.subscribe(subscriber);
    await advance(1);
    assert.deepEqual([subscriber.received, subscriber.successes], [[], 1]);

    source.lamp(1).on = true;
    await advance(90);

    const previous = { name: "lamp 1", on: false };
    const current = { name: "lamp 1", on: true };
    const at = new Date(clock.now() - 61_000 + 1).toISOString();
    assert.deepEqual(subscriber.received, [{ event: "on", id: "1", name: "lamp 1", at, current, previous }]);
    assert.equal(subscriber.successes, 4);
  });

  it("emits what is added and removed, by identity and not by position", async () => {
    const { source, coordinator, advance } = setUpLamps();
    const subscriber = new TestSubscriber();
    coordinator.subscribe(subscriber);
    await advance(1);

    const lamps = [...source.lamps].toReversed();
    source.lamps.clear();
    for (const [id, lamp] of lamps) if (id !== "1") source.lamps.set(id, lamp);
    source.lamps.set("new", { name: "lamp 1", on: false });
    await advance(30);

    assert.deepEqual(subscriber.events, ["off new", "removed 1"]);
  });

  it("compares with the latest item, also where a change of it was not an event", async () => {
    const { source, coordinator, advance } = setUpLamps(1);
    const subscriber = new TestSubscriber();
    coordinator.subscribe(subscriber);
    for (let note = 1; note <= 3; note++) {
      source.lamp(0).note = note;
      await advance(30);
    }

    Object.assign(source.lamp(0), { on: true, note: 9 });
    await advance(30);

    assert.deepEqual(subscriber.received[0]?.previous, { name: "lamp 0", on: false, note: 3 });
  });

  it("polls once and compares once for a thousand subscribers", async () => {
    const { source, coordinator, advance } = setUpLamps(20);
    const subscribers = Array.from(
      { length: 1000 },
      (_, one) => new TestSubscriber({ filter: parseFilter(`lamp ${one % 20}`) }),
    );
    for (const subscriber of subscribers) coordinator.subscribe(subscriber);
    await advance(31);
    source.comparisons = 0;
    for (const lamp of source.lamps.values()) lamp.on = true;

    await advance(30);

    assert.equal(source.polls.length, 3);
    assert.equal(source.comparisons, 20);
    for (const [one, { events }] of subscribers.entries()) assert.deepEqual(events, [`on ${one % 20}`]);
  });

  it("starts from a new first snapshot after all subscribers had left", async () => {
    const { source, coordinator, advance } = setUpLamps();
    const unsubscribe = coordinator.subscribe(new TestSubscriber());
    await advance(1);
    await unsubscribe();
    source.lamp(0).on = true;
    const subscriber = new TestSubscriber();
    coordinator.subscribe(subscriber);
    await advance(1);
    assert.deepEqual(subscriber.events, []);
    source.lamp(0).on = false;
    await advance(30);
    assert.deepEqual(subscriber.events, ["off 0"]);
  });

  it("hands the source its previous snapshot, also after all subscribers had left", async () => {
    const { source, coordinator, advance } = setUpLamps(1);
    const poll = source.poll.bind(source);
    const previous: number[] = [];
    source.poll = async (...args) => {
      previous.push(args[1].size);
      return poll(...args);
    };
    const unsubscribe = coordinator.subscribe(new TestSubscriber());
    await advance(1);
    source.addLamps(2);
    await advance(30);
    await unsubscribe();
    coordinator.subscribe(new TestSubscriber());
    await advance(1);
    assert.deepEqual(previous, [0, 1, 2]);
  });

  it("ignores a subscriber that unsubscribes twice", async () => {
    const { source, coordinator, advance } = setUpLamps();
    const unsubscribe = coordinator.subscribe(new TestSubscriber());
    await unsubscribe();
    const subscriber = new TestSubscriber();
    coordinator.subscribe(subscriber);
    await unsubscribe();
    coordinator.subscribe(new TestSubscriber());
    await advance(1);
    source.lamp(0).on = true;
    await advance(30);
    assert.deepEqual(subscriber.events, ["on 0"]);
  });

  it("keeps the time of an event that the source knows", async () => {
    const { source, coordinator, advance } = setUpLamps(1);
    const at = "2026-01-31T18:00:00.000Z";
    const changes = source.diff.bind(source);
    source.diff = (...lamps) => changes(...lamps).map((change) => ({ ...change, at }));
    const subscriber = new TestSubscriber({ initial: true });
    coordinator.subscribe(subscriber);
    await advance(1);
    assert.equal(subscriber.received[0]?.at, at);
  });

  it("serves subscribers with a longer interval at their own pace", async () => {
    const { source, coordinator, advance, clock } = setUpLamps(1);
    const subscribers = new Map([30, 45, 60, 300].map((intervalS) => [intervalS, new TestSubscriber({ intervalS })]));
    for (const subscriber of subscribers.values()) coordinator.subscribe(subscriber);
    await advance(1);
    const start = clock.now();
    for (let second = 0; second < 600; second += 10) {
      source.lamp(0).on = !source.lamp(0).on;
      source.lamps.set(`${second}`, { name: "another", on: true });
      await advance(10);
    }

    const served = (intervalS: number): number[] => {
      const times =
        subscribers.get(intervalS)?.received.map(({ at = "" }) => Math.round((Date.parse(at) - start) / 1000)) ?? [];
      return [...new Set(times)];
    };
    assert.equal(source.polls.length, 21);
    assert.equal(served(30).length, 20);
    assert.deepEqual(
      served(45).slice(0, 6),
      [30, 90, 120, 180, 210, 270].map((at) => at - 1),
    );
    assert.deepEqual(served(60).slice(0, 3), [59, 119, 179]);
    assert.deepEqual(served(300), [299, 599]);
  });
});

describe("A subscription with `initial`", () => {
  it("emits the first snapshot as if everything had been added, and then only changes", async () => {
    const { source, coordinator, advance } = setUpLamps(2);
    source.lamp(1).on = true;
    const subscriber = new TestSubscriber({ initial: true });
    coordinator.subscribe(subscriber);
    await advance(61);
    assert.deepEqual(subscriber.events, ["off 0", "on 1"]);
    assert.equal(subscriber.received[0]?.previous, null);
    source.lamp(0).on = true;
    await advance(30);
    assert.deepEqual(subscriber.events.slice(2), ["on 0"]);
  });

  it("emits the current state to a subscriber that joins later, and to no other", async () => {
    const { source, coordinator, advance } = setUpLamps(2);
    const first = new TestSubscriber();
    coordinator.subscribe(first);
    await advance(31);
    source.lamp(0).on = true;

    const [same, other] = [new TestSubscriber({ initial: true }), new TestSubscriber({ initial: true, intervalS: 60 })];
    for (const subscriber of [same, other]) coordinator.subscribe(subscriber);

    for (const { events, successes } of [same, other]) assert.deepEqual([events, successes], [["off 0", "off 1"], 1]);
    assert.equal(source.polls.length, 2);
    await advance(60);
    for (const subscriber of [same, other]) assert.deepEqual(subscriber.events, ["off 0", "off 1", "on 0"]);
    assert.deepEqual(first.events, ["on 0"]);
  });

  it("emits nothing to a subscriber that leaves before the first poll", async () => {
    const { coordinator, advance } = setUpLamps(2);
    const [staying, leaving] = [new TestSubscriber({ initial: true }), new TestSubscriber({ initial: true })];
    coordinator.subscribe(staying);
    await coordinator.subscribe(leaving)();
    await advance(1);
    assert.deepEqual([staying.events, leaving.events], [["off 0", "off 1"], []]);
  });

  it("emits only what the subscriber's filter matches", async () => {
    const { coordinator, advance } = setUpLamps(5);
    const subscriber = new TestSubscriber({ initial: true, filter: parseFilter("lamp 3") });
    coordinator.subscribe(subscriber);
    await advance(1);
    assert.deepEqual(subscriber.events, ["off 3"]);
  });
});
