import assert from "node:assert/strict";
import { Queue } from "../../../src/core/queue";
import type { PersistentValue } from "../../../src/persistence/encrypted-value";
import { LogTailer } from "../../../src/polling/log-tailer";
import type { ChangeEvent, LogSource } from "../../../src/polling/types";
import { FakeClock, flushPromises } from "../../support/fake-clock";
import { networkError, TestSubscriber } from "../../support/polling-fixture";

const DATE = "2026-01-31T18:00:00.000Z";

/** A log whose cursor is the number of lines that were read. */
class TestLog implements LogSource<number> {
  readonly lines: string[] = ["old"];
  reads = 0;
  error: unknown;
  /** A read waits for it. */
  delay: Promise<void> = Promise.resolve();

  parseCursor(stored: unknown): number | undefined {
    return typeof stored === "number" ? stored : undefined;
  }

  async read(cursor: number | undefined): Promise<{ lines: ChangeEvent[]; cursor: number }> {
    this.reads++;
    await this.delay;
    if (this.error !== undefined) throw this.error;
    const fresh = this.lines.slice(cursor ?? this.lines.length);
    const lines = fresh.map((id) => {
      const line: ChangeEvent = { event: "log", id, name: id, current: { id }, previous: null };
      return id.startsWith("dated") ? { ...line, at: DATE } : line;
    });
    return { lines, cursor: this.lines.length };
  }
}

/** Keeps a number in memory. */
class TestValue implements PersistentValue {
  value: number | undefined;
  saves = 0;
  isBroken = false;
  isUnreadable = false;
  /** A save waits for it. */
  delay: Promise<void> = Promise.resolve();

  async load(): Promise<number | undefined> {
    return this.isUnreadable ? undefined : this.value;
  }

  async save(value: number): Promise<void> {
    await this.delay;
    if (this.isBroken) throw new Error("The value is broken.");
    this.saves++;
    this.value = value;
  }
}

function setUp() {
  const clock = new FakeClock();
  const log = new TestLog();
  const storedCursor = new TestValue();
  const options = { clock, queue: new Queue({ concurrency: 4, clock }), random: () => 0 };
  const createTailer = (isStored = true): LogTailer<number> =>
    new LogTailer(log, isStored ? storedCursor : undefined, options);
  const advance = (seconds: number): Promise<void> => clock.advance(seconds * 1000);
  return { clock, log, storedCursor, createTailer, advance };
}

describe("A log tailer", () => {
  it("emits each line once, in order, and none that was there before", async () => {
    const { log, createTailer, advance, clock } = setUp();
    const tailer = createTailer();
    const [one, other] = [new TestSubscriber(), new TestSubscriber({ intervalS: 60, confirmations: 3, initial: true })];
    for (const subscriber of [one, other]) tailer.subscribe(subscriber);
    await advance(1);
    log.lines.push("a", "b");
    await advance(30);
    log.lines.push("dated");
    await advance(90);

    for (const { events } of [one, other]) assert.deepEqual(events, ["log a", "log b", "log dated"]);
    assert.equal(one.received[2]?.at, DATE);
    assert.equal(one.received[0]?.at, new Date(clock.now() - 91_000 + 1).toISOString());
    assert.equal(log.reads, 5);
    assert.equal(one.successes, 5);
  });

  it("resumes after a restart where it ended", async () => {
    const { log, storedCursor, createTailer, advance } = setUp();
    const before = new TestSubscriber();
    const unsubscribe = createTailer().subscribe(before);
    await advance(1);
    log.lines.push("a");
    await advance(30);
    await unsubscribe();
    log.lines.push("meanwhile");

    const after = new TestSubscriber();
    createTailer().subscribe(after);
    await advance(1);
    log.lines.push("b");
    await advance(30);

    assert.deepEqual([before.events, after.events], [["log a"], ["log meanwhile", "log b"]]);
    assert.deepEqual([storedCursor.value, storedCursor.saves], [4, 4]);
  });

  it("resumes where it ended after all subscribers had left, also without a stored cursor", async () => {
    const { log, createTailer, advance } = setUp();
    const tailer = createTailer(false);
    const unsubscribe = tailer.subscribe(new TestSubscriber());
    await advance(1);
    await unsubscribe();
    log.lines.push("meanwhile");
    const after = new TestSubscriber();
    tailer.subscribe(after);
    await advance(1);
    assert.deepEqual(after.events, ["log meanwhile"]);
  });

  it("stores the cursor only after the lines were emitted, and only when it has moved", async () => {
    const { log, storedCursor, createTailer, advance } = setUp();
    const seen: (number | undefined)[] = [];
    const subscriber = new TestSubscriber();
    subscriber.onEvent = () => seen.push(storedCursor.value);
    createTailer().subscribe(subscriber);
    await advance(61);
    log.lines.push("a");
    await advance(60);
    assert.deepEqual([seen, storedCursor.value, storedCursor.saves], [[1], 2, 2]);
  });

  it("waits until the cursor is stored before it ends", async () => {
    const { log, storedCursor, createTailer, advance } = setUp();
    const unsubscribe = createTailer().subscribe(new TestSubscriber());
    await advance(1);
    log.lines.push("a");
    let finish = (): void => undefined;
    storedCursor.delay = new Promise((resolve) => (finish = resolve));
    await advance(30);
    let hasEnded = false;
    const ending = unsubscribe().then(() => (hasEnded = true));
    await flushPromises();
    assert.equal(hasEnded, false);
    finish();
    await ending;
    assert.equal(storedCursor.value, 2);
  });

  it("loses no line when the last subscriber leaves at the moment it arrives", async () => {
    for (let turns = 0; turns < 30; turns++) {
      const { log, storedCursor, createTailer, advance } = setUp();
      const subscriber = new TestSubscriber();
      const unsubscribe = createTailer().subscribe(subscriber);
      await advance(1);
      log.lines.push("a");
      let respond = (): void => undefined;
      log.delay = new Promise((resolve) => (respond = resolve));
      await advance(30);
      respond();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await unsubscribe();
      assert.equal(storedCursor.value, 1 + subscriber.received.length, `after ${turns} turns`);
    }
  });

  it("loses no line in an outage", async () => {
    const { log, createTailer, advance } = setUp();
    const subscriber = new TestSubscriber();
    createTailer().subscribe(subscriber);
    await advance(1);
    log.error = networkError();
    log.lines.push("a");
    await advance(300);
    assert.deepEqual([subscriber.events, subscriber.errors.length], [[], 10]);
    log.error = undefined;
    log.lines.push("b");
    await advance(30);
    assert.deepEqual(subscriber.events, ["log a", "log b"]);
  });

  it("works without a stored cursor, and with one that cannot be saved", async () => {
    const { log, storedCursor, createTailer, advance } = setUp();
    storedCursor.isBroken = true;
    const subscribers = [new TestSubscriber(), new TestSubscriber()];
    createTailer().subscribe(subscribers[0] as TestSubscriber);
    createTailer(false).subscribe(subscribers[1] as TestSubscriber);
    await advance(1);
    log.lines.push("a");
    await advance(60);
    for (const { events, errors } of subscribers) assert.deepEqual([events, errors], [["log a"], []]);
  });

  it("waits for a stored cursor that cannot be read, and loses no line meanwhile", async () => {
    const { log, storedCursor, createTailer, advance } = setUp();
    storedCursor.value = 1;
    storedCursor.isUnreadable = true;
    const subscriber = new TestSubscriber();
    createTailer().subscribe(subscriber);
    log.lines.push("a");
    await advance(1);
    assert.deepEqual([log.reads, subscriber.events, subscriber.errors.length], [0, [], 1]);
    log.lines.push("b");

    storedCursor.isUnreadable = false;
    await advance(300);

    assert.deepEqual(subscriber.events, ["log a", "log b"]);
  });

  it("emits nothing to a subscriber that has left while others stay", async () => {
    const { log, createTailer, advance } = setUp();
    const tailer = createTailer();
    const [staying, leaving] = [new TestSubscriber(), new TestSubscriber()];
    tailer.subscribe(staying);
    const unsubscribe = tailer.subscribe(leaving);
    await advance(1);
    await unsubscribe();
    log.lines.push("a");
    await advance(30);
    assert.deepEqual([staying.events, leaving.events], [["log a"], []]);
  });

  it("applies the filter, and stops with the last subscriber", async () => {
    const { clock, log, createTailer, advance } = setUp();
    const tailer = createTailer();
    const subscriber = new TestSubscriber({ filter: new Set(["b"]) });
    const unsubscribe = tailer.subscribe(subscriber);
    await advance(1);
    log.lines.push("a", "b");
    await advance(30);
    await unsubscribe();
    log.lines.push("b");
    await advance(300);
    assert.deepEqual([subscriber.events, clock.sleepers, log.reads], [["log b"], 0, 2]);
  });
});
