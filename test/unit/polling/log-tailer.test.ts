import assert from "node:assert/strict";
import { Queue } from "../../../src/core/queue";
import type { PersistentValue } from "../../../src/persistence/encrypted-value";
import { LogTailer } from "../../../src/polling/log-tailer";
import type { ChangeEvent, LogSource } from "../../../src/polling/types";
import { FakeClock, settled } from "../../support/fake-clock";
import { network, TestSubscriber } from "../../support/polling-fixture";

const DATE = "2026-01-31T18:00:00.000Z";

/** A log that grows; a cursor is how many lines were read. */
class Diary implements LogSource<number> {
  readonly lines: string[] = ["old"];
  reads = 0;
  trouble: unknown;
  /** What has to happen before it is read. */
  slow: Promise<void> = Promise.resolve();

  async read(cursor: number | undefined): Promise<{ lines: ChangeEvent[]; cursor: number }> {
    this.reads++;
    await this.slow;
    if (this.trouble !== undefined) throw this.trouble;
    const fresh = this.lines.slice(cursor ?? this.lines.length);
    const lines = fresh.map((id) => {
      const line: ChangeEvent = { event: "log", id, name: id, current: { id }, previous: null };
      return id.startsWith("dated") ? { ...line, at: DATE } : line;
    });
    return { lines, cursor: this.lines.length };
  }
}

/** Keeps a number in memory, as long as it works. */
class Drawer implements PersistentValue<number> {
  value: number | undefined;
  saves = 0;
  broken = false;
  /** What has to happen before something is saved. */
  slow: Promise<void> = Promise.resolve();

  async load(): Promise<number | undefined> {
    if (this.broken) throw new Error("it is jammed");
    return this.value;
  }

  async save(value: number): Promise<void> {
    await this.slow;
    if (this.broken) throw new Error("it is jammed");
    this.saves++;
    this.value = value;
  }
}

function setUp() {
  const clock = new FakeClock();
  const diary = new Diary();
  const drawer = new Drawer();
  const parts = { clock, queue: new Queue({ concurrency: 4, clock }), random: () => 0 };
  const follow = (keeper: "kept" | "not kept" = "kept"): LogTailer<number> =>
    new LogTailer(diary, keeper === "kept" ? drawer : undefined, parts);
  const pass = (seconds: number): Promise<void> => clock.advance(seconds * 1000);
  return { clock, diary, drawer, follow, pass };
}

describe("A log that is followed", () => {
  it("tells each line once, in order, and nothing of before", async () => {
    const { diary, follow, pass, clock } = setUp();
    const followed = follow();
    const [one, other] = [new TestSubscriber(), new TestSubscriber({ intervalS: 60, confirmations: 3, initial: true })];
    for (const listener of [one, other]) followed.subscribe(listener);
    await pass(1);
    diary.lines.push("a", "b");
    await pass(30);
    diary.lines.push("dated");
    await pass(90);

    for (const { events } of [one, other]) assert.deepEqual(events, ["log a", "log b", "log dated"]);
    assert.equal(one.received[2]?.at, DATE);
    assert.equal(one.received[0]?.at, new Date(clock.now() - 91_000 + 1).toISOString());
    assert.equal(diary.reads, 5);
    assert.equal(one.goods, 5);
  });

  it("goes on after a restart where it ended", async () => {
    const { diary, drawer, follow, pass } = setUp();
    const before = new TestSubscriber();
    const leave = follow().subscribe(before);
    await pass(1);
    diary.lines.push("a");
    await pass(30);
    await leave();
    diary.lines.push("meanwhile");

    const after = new TestSubscriber();
    follow().subscribe(after);
    await pass(1);
    diary.lines.push("b");
    await pass(30);

    assert.deepEqual([before.events, after.events], [["log a"], ["log meanwhile", "log b"]]);
    assert.deepEqual([drawer.value, drawer.saves], [4, 4]);
  });

  it("goes on where it ended when somebody comes after all had gone, also without a keeper", async () => {
    const { diary, follow, pass } = setUp();
    const followed = follow("not kept");
    const leave = followed.subscribe(new TestSubscriber());
    await pass(1);
    await leave();
    diary.lines.push("meanwhile");
    const after = new TestSubscriber();
    followed.subscribe(after);
    await pass(1);
    assert.deepEqual(after.events, ["log meanwhile"]);
  });

  it("keeps where it ended only after the lines were told, and only when it has moved", async () => {
    const { diary, drawer, follow, pass } = setUp();
    const seen: (number | undefined)[] = [];
    const listener = new TestSubscriber();
    listener.onEvent = () => seen.push(drawer.value);
    follow().subscribe(listener);
    await pass(61);
    diary.lines.push("a");
    await pass(60);
    assert.deepEqual([seen, drawer.value, drawer.saves], [[1], 2, 2]);
  });

  it("ends only when the place is kept", async () => {
    const { diary, drawer, follow, pass } = setUp();
    const leave = follow().subscribe(new TestSubscriber());
    await pass(1);
    diary.lines.push("a");
    let go = (): void => undefined;
    drawer.slow = new Promise((resolve) => (go = resolve));
    await pass(30);
    let left = false;
    const leaving = leave().then(() => (left = true));
    await settled();
    assert.equal(left, false);
    go();
    await leaving;
    assert.equal(drawer.value, 2);
  });

  it("loses nothing when the last one goes in the moment in which a line comes", async () => {
    for (let turns = 0; turns < 30; turns++) {
      const { diary, drawer, follow, pass } = setUp();
      const listener = new TestSubscriber();
      const leave = follow().subscribe(listener);
      await pass(1);
      diary.lines.push("a");
      let answer = (): void => undefined;
      diary.slow = new Promise((resolve) => (answer = resolve));
      await pass(30);
      answer();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await leave();
      assert.equal(drawer.value, 1 + listener.received.length, `after ${turns} turns`);
    }
  });

  it("loses nothing in an outage", async () => {
    const { diary, follow, pass } = setUp();
    const listener = new TestSubscriber();
    follow().subscribe(listener);
    await pass(1);
    diary.trouble = network();
    diary.lines.push("a");
    await pass(300);
    assert.deepEqual([listener.events, listener.failures.length], [[], 10]);
    diary.trouble = undefined;
    diary.lines.push("b");
    await pass(30);
    assert.deepEqual(listener.events, ["log a", "log b"]);
  });

  it("does without a keeper, or with one that fails", async () => {
    const { diary, drawer, follow, pass } = setUp();
    drawer.broken = true;
    const listeners = [new TestSubscriber(), new TestSubscriber()];
    follow().subscribe(listeners[0] as TestSubscriber);
    follow("not kept").subscribe(listeners[1] as TestSubscriber);
    await pass(1);
    diary.lines.push("a");
    await pass(60);
    for (const { events, failures } of listeners) assert.deepEqual([events, failures], [["log a"], []]);
  });

  it("tells nothing more to one who goes while others follow", async () => {
    const { diary, follow, pass } = setUp();
    const followed = follow();
    const [stays, goes] = [new TestSubscriber(), new TestSubscriber()];
    followed.subscribe(stays);
    const leave = followed.subscribe(goes);
    await pass(1);
    await leave();
    diary.lines.push("a");
    await pass(30);
    assert.deepEqual([stays.events, goes.events], [["log a"], []]);
  });

  it("lets a filter choose, and stops with the last that follows", async () => {
    const { clock, diary, follow, pass } = setUp();
    const followed = follow();
    const listener = new TestSubscriber({ filter: new Set(["b"]) });
    const leave = followed.subscribe(listener);
    await pass(1);
    diary.lines.push("a", "b");
    await pass(30);
    await leave();
    diary.lines.push("b");
    await pass(300);
    assert.deepEqual([listener.events, clock.sleepers, diary.reads], [["log b"], 0, 2]);
  });
});
