import assert from "node:assert/strict";
import { parseFilter } from "../../../src/polling/filter";
import { flushPromises } from "../../support/fake-clock";
import { setUpLamps, TestSubscriber } from "../../support/polling-fixture";

describe("The filter of a poll", () => {
  it("is the union of all filters, and undefined as soon as one is empty", async () => {
    const { source, coordinator, advance } = setUpLamps(5);
    const filters = ["lamp 1", "2, LAMP 3", ""].map((text) => parseFilter(text));
    const [one, two, all] = filters.map((filter) => new TestSubscriber({ filter }));
    for (const subscriber of [one, two]) coordinator.subscribe(subscriber as TestSubscriber);
    await advance(31);
    const unsubscribe = coordinator.subscribe(all as TestSubscriber);
    await advance(30);
    await unsubscribe();
    await advance(30);
    // "2, lamp 3" may be one name as well.
    const some = ["lamp 1", "2", "lamp 3", "2, lamp 3"];
    assert.deepEqual(
      source.polls.map(({ filter }) => filter),
      [some, some, undefined, some],
    );
  });

  it("does not make an item new that is polled for the first time", async () => {
    for (const confirmations of [1, 2]) {
      const { source, coordinator, advance } = setUpLamps(5);
      source.appliesFilter = true;
      const one = new TestSubscriber({ filter: parseFilter("lamp 1"), confirmations });
      coordinator.subscribe(one);
      await advance(31);
      const two = new TestSubscriber({ filter: parseFilter("lamp 2"), confirmations });
      const withInitial = new TestSubscriber({ filter: parseFilter("lamp 3"), initial: true, confirmations });
      for (const subscriber of [two, withInitial]) coordinator.subscribe(subscriber);
      await advance(90);
      assert.deepEqual([one.events, two.events, withInitial.events], [[], [], ["off 3"]]);

      for (const id of [1, 2, 3]) source.lamp(id).on = true;
      await advance(60);
      assert.deepEqual([one.events, two.events, withInitial.events], [["on 1"], ["on 2"], ["off 3", "on 3"]]);
    }
  });

  it("grows to everything before a subscriber without a filter receives the first state", async () => {
    const { source, coordinator, advance } = setUpLamps(3);
    source.appliesFilter = true;
    coordinator.subscribe(new TestSubscriber({ filter: parseFilter("lamp 1") }));
    await advance(1);
    const withInitial = new TestSubscriber({ initial: true });
    coordinator.subscribe(withInitial);
    assert.deepEqual(withInitial.events, []);
    await advance(60);
    assert.deepEqual(withInitial.events, ["off 0", "off 1", "off 2"]);
  });

  it("grows with the next poll, also for a subscriber with a longer interval", async () => {
    const { source, coordinator, advance } = setUpLamps(5);
    source.appliesFilter = true;
    coordinator.subscribe(new TestSubscriber({ filter: parseFilter("lamp 1"), intervalS: 600 }));
    coordinator.subscribe(new TestSubscriber({ filter: parseFilter("lamp 2") }));
    await advance(1);
    const late = new TestSubscriber({ filter: parseFilter("lamp 3"), intervalS: 600, initial: true });
    coordinator.subscribe(late);
    await advance(30);
    assert.deepEqual(late.events, ["off 3"]);
  });

  it("does not count for a subscriber that joins while the poll is under way", async () => {
    const { source, coordinator, advance } = setUpLamps(5);
    Object.assign(source, { appliesFilter: true, pollMs: 10_000 });
    coordinator.subscribe(new TestSubscriber({ filter: parseFilter("lamp 1") }));
    await advance(5);
    const late = new TestSubscriber({ filter: parseFilter("lamp 2"), initial: true });
    coordinator.subscribe(late);
    await advance(10);
    assert.deepEqual(late.events, []);
    await advance(30);
    assert.deepEqual(late.events, ["off 2"]);
  });

  it("lets an item be added that it named before it existed", async () => {
    const { source, coordinator, advance } = setUpLamps(1);
    source.appliesFilter = true;
    const subscriber = new TestSubscriber({ filter: parseFilter("guest, lamp 0") });
    coordinator.subscribe(subscriber);
    await advance(31);
    source.lamps.set("7", { name: "guest", on: true });
    await advance(30);
    assert.deepEqual(subscriber.events, ["on 7"]);
  });

  it("includes all subscribers that join in the same moment", async () => {
    const { source, coordinator } = setUpLamps(5);
    for (const name of ["lamp 1", "lamp 2", "lamp 3"]) {
      coordinator.subscribe(new TestSubscriber({ filter: parseFilter(name) }));
      await flushPromises();
    }
    await source.clock.advance(1);
    assert.deepEqual(
      source.polls.map(({ filter }) => filter),
      [["lamp 1", "lamp 2", "lamp 3"]],
    );
  });
});
