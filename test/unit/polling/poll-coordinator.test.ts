import assert from "node:assert/strict";
import { matchesFilter, parseFilter } from "../../../src/polling/filter";
import { settled } from "../../support/fake-clock";
import { warningsDuring } from "../../support/http-fixture";
import { network, TestSubscriber, watchedLamps } from "../../support/polling-fixture";

/** Milliseconds between the looks. */
function gaps(looks: readonly { at: number }[]): number[] {
  return looks.slice(1).map(({ at }, index) => at - (looks[index]?.at ?? 0));
}

describe("A watch", () => {
  it("says nothing of what was there before, and tells what changes once", async () => {
    const { house, watch, pass, clock } = watchedLamps();
    const listener = new TestSubscriber();
    watch.subscribe(listener);
    await pass(1);
    assert.deepEqual([listener.received, listener.goods], [[], 1]);

    house.lamp(1).on = true;
    await pass(90);

    const previous = { name: "lamp 1", on: false };
    const current = { name: "lamp 1", on: true };
    const at = new Date(clock.now() - 61_000 + 1).toISOString();
    assert.deepEqual(listener.received, [{ event: "on", id: "1", name: "lamp 1", at, current, previous }]);
    assert.equal(listener.goods, 4);
  });

  it("tells what comes and what goes, by identity and never by place", async () => {
    const { house, watch, pass } = watchedLamps();
    const listener = new TestSubscriber();
    watch.subscribe(listener);
    await pass(1);

    const lamps = [...house.lamps].toReversed();
    house.lamps.clear();
    for (const [id, lamp] of lamps) if (id !== "1") house.lamps.set(id, lamp);
    house.lamps.set("new", { name: "lamp 1", on: false });
    await pass(30);

    assert.deepEqual(listener.events, ["off new", "gone 1"]);
  });

  it("keeps up with what changes without being news", async () => {
    const { house, watch, pass } = watchedLamps(1);
    const listener = new TestSubscriber();
    watch.subscribe(listener);
    for (let note = 1; note <= 3; note++) {
      house.lamp(0).note = note;
      await pass(30);
    }

    Object.assign(house.lamp(0), { on: true, note: 9 });
    await pass(30);

    assert.deepEqual(listener.received[0]?.previous, { name: "lamp 0", on: false, note: 3 });
  });

  it("looks once for a thousand watchers, and compares once", async () => {
    const { house, watch, pass } = watchedLamps(20);
    const listeners = Array.from(
      { length: 1000 },
      (_, one) => new TestSubscriber({ filter: parseFilter(`lamp ${one % 20}`) }),
    );
    for (const listener of listeners) watch.subscribe(listener);
    await pass(31);
    house.comparisons = 0;
    for (const lamp of house.lamps.values()) lamp.on = true;

    await pass(30);

    assert.equal(house.polls.length, 3);
    assert.equal(house.comparisons, 20);
    for (const [one, { events }] of listeners.entries()) assert.deepEqual(events, [`on ${one % 20}`]);
  });

  it("starts with the first watcher and stops with the last; no timer is left", async () => {
    const { house, watch, pass, clock } = watchedLamps();
    await pass(100);
    assert.equal(house.polls.length, 0);
    const leave = [watch.subscribe(new TestSubscriber()), watch.subscribe(new TestSubscriber())];
    await pass(31);
    await leave[0]?.();
    await pass(30);
    assert.equal(house.polls.length, 3);

    await leave[1]?.();
    await leave[1]?.();
    await pass(300);

    assert.deepEqual([house.polls.length, clock.sleepers], [3, 0]);
  });

  it("begins anew when somebody comes after all had gone", async () => {
    const { house, watch, pass } = watchedLamps();
    const leave = watch.subscribe(new TestSubscriber());
    await pass(1);
    await leave();
    house.lamp(0).on = true;
    const listener = new TestSubscriber();
    watch.subscribe(listener);
    await pass(1);
    assert.deepEqual(listener.events, []);
    house.lamp(0).on = false;
    await pass(30);
    assert.deepEqual(listener.events, ["off 0"]);
  });

  it("does not mind that somebody goes twice", async () => {
    const { house, watch, pass } = watchedLamps();
    const leave = watch.subscribe(new TestSubscriber());
    await leave();
    const listener = new TestSubscriber();
    watch.subscribe(listener);
    await leave();
    watch.subscribe(new TestSubscriber());
    await pass(1);
    house.lamp(0).on = true;
    await pass(30);
    assert.deepEqual(listener.events, ["on 0"]);
  });

  it("gives a look up when the last watcher goes, and tells nobody", async () => {
    const { house, watch, pass, clock } = watchedLamps();
    house.lookMs = 1e9;
    const listener = new TestSubscriber();
    const leave = watch.subscribe(listener);
    await pass(1);
    assert.equal(house.polls.length, 1);

    await leave();

    assert.deepEqual([clock.sleepers, listener.failures, listener.goods], [0, [], 0]);
  });

  it("does not wait for a source that does not give up", async () => {
    const { house, watch, pass, clock } = watchedLamps();
    house.deaf = true;
    const leave = watch.subscribe(new TestSubscriber());
    await pass(1);
    await leave();
    assert.deepEqual([house.polls.length, clock.sleepers], [1, 0]);
  });

  it("lets much be asked side by side in one look", async () => {
    const { house, watch, pass } = watchedLamps();
    let gaveUp = 0;
    house.poll = async (_filter, _previous, { signal }) => {
      for (let request = 0; request < 50; request++) signal?.addEventListener("abort", () => gaveUp++);
      return new Promise(() => undefined);
    };
    const warnings = await warningsDuring(async () => {
      const leave = watch.subscribe(new TestSubscriber());
      await pass(1);
      await leave();
    });
    assert.deepEqual([warnings, gaveUp], [[], 50]);
  });

  it("says when, where the source knows it", async () => {
    const { house, watch, pass } = watchedLamps(1);
    const at = "2026-01-31T18:00:00.000Z";
    const changes = house.diff.bind(house);
    house.diff = (...lamps) => changes(...lamps).map((change) => ({ ...change, at }));
    const listener = new TestSubscriber({ initial: true });
    watch.subscribe(listener);
    await pass(1);
    assert.equal(listener.received[0]?.at, at);
  });

  it("looks as often as the most impatient wants, from the moment that it comes", async () => {
    const { house, watch, pass } = watchedLamps();
    watch.subscribe(new TestSubscriber({ intervalS: 600 }));
    await pass(100);
    const leave = watch.subscribe(new TestSubscriber({ intervalS: 10 }));
    await pass(100);
    assert.deepEqual(gaps(house.polls).slice(1), Array(9).fill(10_000));

    await leave();
    await pass(1300);
    assert.deepEqual(gaps(house.polls).slice(-2), [600_000, 600_000]);
  });

  it("serves one with a longer interval in its own rhythm", async () => {
    const { house, watch, pass, clock } = watchedLamps(1);
    const heard = new Map([30, 45, 60, 300].map((intervalS) => [intervalS, new TestSubscriber({ intervalS })]));
    for (const listener of heard.values()) watch.subscribe(listener);
    await pass(1);
    const begin = clock.now();
    for (let second = 0; second < 600; second += 10) {
      house.lamp(0).on = !house.lamp(0).on;
      house.lamps.set(`${second}`, { name: "another", on: true });
      await pass(10);
    }

    const served = (intervalS: number): number[] => {
      const times =
        heard.get(intervalS)?.received.map(({ at = "" }) => Math.round((Date.parse(at) - begin) / 1000)) ?? [];
      return [...new Set(times)];
    };
    assert.equal(house.polls.length, 21);
    assert.equal(served(30).length, 20);
    assert.deepEqual(
      served(45).slice(0, 6),
      [30, 90, 120, 180, 210, 270].map((at) => at - 1),
    );
    assert.deepEqual(served(60).slice(0, 3), [59, 119, 179]);
    assert.deepEqual(served(300), [299, 599]);
  });

  it("has one look under way at a time, and leaves out the beats that a slow one takes", async () => {
    const { house, watch, pass } = watchedLamps();
    house.lookMs = 70_000;
    watch.subscribe(new TestSubscriber({ intervalS: 30 }));
    await pass(300);
    assert.deepEqual(gaps(house.polls), [90_000, 90_000, 90_000]);
  });

  it("leaves the platform alone for as long as the source says", async () => {
    const { house, watch, pass } = watchedLamps(1, { random: () => 0 });
    Object.assign(house, { minIntervalMs: () => 45_000 });
    watch.subscribe(new TestSubscriber({ intervalS: 30 }));
    await pass(100);
    house.trouble = network();
    await pass(70);
    assert.deepEqual(gaps(house.polls), [45_000, 45_000, 45_000]);
  });

  for (const byHours of [-5, 5]) {
    it(`goes on when the clock is set by ${byHours} hours`, async () => {
      const { house, watch, pass, clock } = watchedLamps(1);
      const listener = new TestSubscriber();
      const slower = new TestSubscriber({ intervalS: 90 });
      for (const one of [listener, slower]) watch.subscribe(one);
      await pass(40);
      clock.set(byHours * 3_600_000);
      const before = house.polls.length;
      await pass(300);
      assert.ok([10, 11].includes(house.polls.length - before), `${house.polls.length - before} looks`);
      house.lamp(0).on = true;
      await pass(91);
      assert.deepEqual([listener.events, slower.events], [["on 0"], ["on 0"]]);
    });
  }

  it("goes on when the clock is set back in the middle of a look", async () => {
    const { house, watch, pass, clock } = watchedLamps();
    house.lookMs = 10_000;
    watch.subscribe(new TestSubscriber());
    await pass(5);
    clock.set(-18_000_000);
    await pass(60);
    assert.equal(house.polls.length, 2);
  });

  it("waits for its turn as a message does, and lets messages pass", async () => {
    const { house, watch, pass, queue } = watchedLamps(1, { concurrency: 1 });
    let end = (): void => undefined;
    const message = queue.run(() => new Promise<void>((resolve) => (end = resolve)));
    watch.subscribe(new TestSubscriber());
    await pass(100);
    assert.equal(house.polls.length, 0);

    const next = queue.run(() => Promise.resolve(house.polls.length));
    end();
    await message;
    assert.equal(await next, 1);
    await pass(31);
    assert.equal(house.polls.length, 2);
  });

  it("leaves a look out when the queue is full: that is no outage", async () => {
    const { house, watch, pass, queue } = watchedLamps(1, { concurrency: 1, limit: 0 });
    const listener = new TestSubscriber();
    watch.subscribe(listener);
    await pass(1);
    let end = (): void => undefined;
    const message = queue.run(() => new Promise<void>((resolve) => (end = resolve)));
    await pass(90);
    assert.deepEqual([house.polls.length, listener.failures], [1, []]);

    house.lamp(0).on = true;
    end();
    await message;
    await pass(30);
    assert.deepEqual(listener.events, ["on 0"]);
  });
});

describe("A watch with `settle`", () => {
  it("tells what so many looks in a row agree on, and not what went back before", async () => {
    const { house, watch, pass } = watchedLamps();
    const listener = new TestSubscriber({ confirmations: 3 });
    watch.subscribe(listener);
    await pass(1);
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
      for (const [id, on] of lamps.entries()) house.lamp(id).on = on;
      await pass(30);
      assert.deepEqual(listener.events, events);
    }
  });

  it("begins to count anew when the change is another one", async () => {
    const { house, watch, pass } = watchedLamps(1);
    const listener = new TestSubscriber({ confirmations: 2 });
    watch.subscribe(listener);
    await pass(1);
    house.lamps.delete("0");
    await pass(30);
    house.lamps.set("0", { name: "lamp 0", on: true });
    await pass(30);
    assert.deepEqual(listener.events, []);
    await pass(30);
    assert.deepEqual(listener.events, ["on 0"]);
    assert.deepEqual(listener.received[0]?.previous, { name: "lamp 0", on: false });
  });

  it("holds back what comes and what goes as well", async () => {
    const { house, watch, pass } = watchedLamps(2);
    const listener = new TestSubscriber({ confirmations: 2 });
    watch.subscribe(listener);
    await pass(1);
    house.lamps.delete("0");
    house.lamps.set("new", { name: "new", on: true });
    await pass(30);
    assert.deepEqual(listener.events, []);
    await pass(30);
    assert.deepEqual(listener.events, ["on new", "gone 0"]);
  });

  it("has no ear for what is over before it was seen; without it, it is told", async () => {
    const { house, watch, pass } = watchedLamps(1);
    const [quick, patient] = [new TestSubscriber(), new TestSubscriber({ confirmations: 2 })];
    for (const listener of [quick, patient]) watch.subscribe(listener);
    await pass(1);
    house.lamp(0).flickers = 1;
    await pass(90);
    assert.deepEqual([quick.events, patient.events], [["flickered 0"], []]);
  });
});

describe("A watch with `initial`", () => {
  it("tells the first state as coming from nowhere, and then only changes", async () => {
    const { house, watch, pass } = watchedLamps(2);
    house.lamp(1).on = true;
    const listener = new TestSubscriber({ initial: true });
    watch.subscribe(listener);
    await pass(61);
    assert.deepEqual(listener.events, ["off 0", "on 1"]);
    assert.equal(listener.received[0]?.previous, null);
    house.lamp(0).on = true;
    await pass(30);
    assert.deepEqual(listener.events.slice(2), ["on 0"]);
  });

  it("tells it also to one who joins later, and to nobody else", async () => {
    const { house, watch, pass } = watchedLamps(2);
    const first = new TestSubscriber();
    watch.subscribe(first);
    await pass(31);
    house.lamp(0).on = true;

    const [same, other] = [new TestSubscriber({ initial: true }), new TestSubscriber({ initial: true, intervalS: 60 })];
    for (const listener of [same, other]) watch.subscribe(listener);

    for (const { events, goods } of [same, other]) assert.deepEqual([events, goods], [["off 0", "off 1"], 1]);
    assert.equal(house.polls.length, 2);
    await pass(60);
    for (const listener of [same, other]) assert.deepEqual(listener.events, ["off 0", "off 1", "on 0"]);
    assert.deepEqual(first.events, ["on 0"]);
  });

  it("tells nothing to one who goes before the look", async () => {
    const { watch, pass } = watchedLamps(2);
    const [stays, goes] = [new TestSubscriber({ initial: true }), new TestSubscriber({ initial: true })];
    watch.subscribe(stays);
    await watch.subscribe(goes)();
    await pass(1);
    assert.deepEqual([stays.events, goes.events], [["off 0", "off 1"], []]);
  });

  it("tells only what the filter lets pass", async () => {
    const { watch, pass } = watchedLamps(5);
    const listener = new TestSubscriber({ initial: true, filter: parseFilter("lamp 3") });
    watch.subscribe(listener);
    await pass(1);
    assert.deepEqual(listener.events, ["off 3"]);
  });
});

describe("What is wanted", () => {
  it("is the sum of all filters, and everything as soon as one is blank", async () => {
    const { house, watch, pass } = watchedLamps(5);
    const filters = ["lamp 1", "2, LAMP 3", ""].map((text) => parseFilter(text));
    const [one, two, all] = filters.map((filter) => new TestSubscriber({ filter }));
    for (const listener of [one, two]) watch.subscribe(listener as TestSubscriber);
    await pass(31);
    const leave = watch.subscribe(all as TestSubscriber);
    await pass(30);
    await leave();
    await pass(30);
    const some = ["lamp 1", "2", "lamp 3"];
    assert.deepEqual(
      house.polls.map(({ wanted }) => wanted),
      [some, some, undefined, some],
    );
  });

  it("is no news when it is looked at for the first time", async () => {
    for (const confirmations of [1, 2]) {
      const { house, watch, pass } = watchedLamps(5);
      house.frugal = true;
      const one = new TestSubscriber({ filter: parseFilter("lamp 1"), confirmations });
      watch.subscribe(one);
      await pass(31);
      const two = new TestSubscriber({ filter: parseFilter("lamp 2"), confirmations });
      const curious = new TestSubscriber({ filter: parseFilter("lamp 3"), initial: true, confirmations });
      for (const listener of [two, curious]) watch.subscribe(listener);
      await pass(90);
      assert.deepEqual([one.events, two.events, curious.events], [[], [], ["off 3"]]);

      for (const id of [1, 2, 3]) house.lamp(id).on = true;
      await pass(60);
      assert.deepEqual([one.events, two.events, curious.events], [["on 1"], ["on 2"], ["off 3", "on 3"]]);
    }
  });

  it("is everything for one who joins those that want less", async () => {
    const { house, watch, pass } = watchedLamps(3);
    house.frugal = true;
    watch.subscribe(new TestSubscriber({ filter: parseFilter("lamp 1") }));
    await pass(1);
    const curious = new TestSubscriber({ initial: true });
    watch.subscribe(curious);
    assert.deepEqual(curious.events, []);
    await pass(60);
    assert.deepEqual(curious.events, ["off 0", "off 1", "off 2"]);
  });

  it("is looked for soon, also for one with a longer interval", async () => {
    const { house, watch, pass } = watchedLamps(5);
    house.frugal = true;
    watch.subscribe(new TestSubscriber({ filter: parseFilter("lamp 1"), intervalS: 600 }));
    watch.subscribe(new TestSubscriber({ filter: parseFilter("lamp 2") }));
    await pass(1);
    const late = new TestSubscriber({ filter: parseFilter("lamp 3"), intervalS: 600, initial: true });
    watch.subscribe(late);
    await pass(30);
    assert.deepEqual(late.events, ["off 3"]);
  });

  it("is not taken to be looked at by a look that began before", async () => {
    const { house, watch, pass } = watchedLamps(5);
    Object.assign(house, { frugal: true, lookMs: 10_000 });
    watch.subscribe(new TestSubscriber({ filter: parseFilter("lamp 1") }));
    await pass(5);
    const late = new TestSubscriber({ filter: parseFilter("lamp 2"), initial: true });
    watch.subscribe(late);
    await pass(10);
    assert.deepEqual(late.events, []);
    await pass(30);
    assert.deepEqual(late.events, ["off 2"]);
  });

  it("is news when it comes while it is wanted", async () => {
    const { house, watch, pass } = watchedLamps(1);
    house.frugal = true;
    const listener = new TestSubscriber({ filter: parseFilter("guest, lamp 0") });
    watch.subscribe(listener);
    await pass(31);
    house.lamps.set("7", { name: "guest", on: true });
    await pass(30);
    assert.deepEqual(listener.events, ["on 7"]);
  });

  it("is looked for at once for all who come in the same moment", async () => {
    const { house, watch } = watchedLamps(5);
    for (const name of ["lamp 1", "lamp 2", "lamp 3"]) {
      watch.subscribe(new TestSubscriber({ filter: parseFilter(name) }));
      await settled();
    }
    await house.clock.advance(1);
    assert.deepEqual(
      house.polls.map(({ wanted }) => wanted),
      [["lamp 1", "lamp 2", "lamp 3"]],
    );
  });
});

describe("A filter", () => {
  const change = { event: "on", id: "AA-BB-CC-00-11-22", name: "Éclair's phone", current: 1, previous: 0 };
  const matches: [text: string, matches: boolean][] = [
    ["", true],
    [" , ,", true],
    ["éclair's PHONE", true],
    ["somebody, Éclair's phone ", true],
    ["éclair", false],
    ["aa:bb:cc:00:11:22", true],
    ["aabbcc001122", true],
    ["AA-BB-CC-00-11-23", false],
    ["__proto__", false],
  ];
  for (const [text, expected] of matches) {
    it(`"${text}" ${expected ? "lets it pass" : "keeps it out"}`, () => {
      assert.equal(matchesFilter(parseFilter(text), change), expected);
    });
  }

  it("does not mind the space that a phone's keyboard leaves behind a name", () => {
    assert.equal(matchesFilter(parseFilter("Éclair's phone"), { ...change, name: "Éclair's phone " }), true);
  });

  it("finds it also by its other names", () => {
    assert.equal(matchesFilter(parseFilter("strip"), { ...change, aliases: ["Strip"] }), true);
  });

  it("tells who follows an id from who follows a name", () => {
    const id = change.id;
    const name = change.name;
    const heard = ["", id, name, `${id},${name}`].map((text) =>
      (["id", "name"] as const).filter((matchOnly) => matchesFilter(parseFilter(text), { ...change, matchOnly })),
    );
    assert.deepEqual(heard, [["id"], ["id"], ["name"], ["name"]]);
  });

  it("lets only who watches everything hear of what has no name", () => {
    const nobody = { ...change, id: null, name: null };
    assert.deepEqual(
      [matchesFilter(parseFilter(""), nobody), matchesFilter(parseFilter("null"), nobody)],
      [true, false],
    );
  });
});
