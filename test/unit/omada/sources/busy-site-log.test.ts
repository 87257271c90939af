import assert from "node:assert/strict";
import { LogReader, startReading } from "./source-fixture";

const HOUR_MS = 3_600_000;

describe("A busy log of a site", () => {
  it("is read by the controller's clock, which may be hours ahead of ours or behind", async () => {
    for (const hours of [-20, -3, 3, 20]) {
      const { reader, write, clock, omada } = await startReading();
      for (const line of omada.events) line.time += hours * HOUR_MS;
      await reader.read();

      const ids: string[] = [];
      for (let minute = 1; minute < 4; minute++) {
        clock.at += 60_000;
        ids.push(write({ time: clock.at + hours * HOUR_MS }));
        assert.deepEqual(await reader.ids(), ids.slice(-1), `${hours} hours`);
      }
    }
  });

  it("emits the first line although it was empty at the first read", async () => {
    const { reader, write, clock, omada } = await startReading();
    omada.events = [];
    assert.deepEqual(await reader.ids(), []);

    const behind = write({ time: clock.at - 5 * HOUR_MS });
    assert.deepEqual(await reader.ids(), [behind]);
  });

  it("emits lines after one with a time in the future", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const ahead = write({ time: clock.at + 20 * HOUR_MS });
    assert.deepEqual(await reader.ids(), [ahead]);

    clock.at += 60_000;
    const now = write();

    assert.deepEqual(await reader.ids(), [now]);
    assert.deepEqual(await reader.ids(), []);
  });

  it("is read to its end after a week, in order, up to 5,000 lines per read", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const week = 7 * 24 * HOUR_MS;
    const ids = Array.from({ length: 12_000 }, (_, index) =>
      write({ time: clock.at + Math.floor((index * week) / 12_000) }),
    );
    clock.at += week;

    const [first, rest] = [await reader.ids(), await reader.readAll()];

    assert.ok(first.length > 0 && first.length <= 5000, `${first.length}`);
    assert.deepEqual([...first, ...rest], ids);
  });

  it("has a cursor of limited size on a site that logs all the time", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const emitted: (string | null)[] = [];
    const ids: string[] = [];
    for (let poll = 0; poll < 30; poll++) {
      for (let line = 0; line < 150; line++) ids.push(write({ time: clock.at + line }));
      clock.at += 30_000;
      emitted.push(...(await reader.ids()));
      assert.ok((reader.cursor ?? "").length < 125_000, `${reader.cursor?.length}`);
    }
    assert.deepEqual(emitted, ids);
  });

  it("emits a delayed line once that appears before thousands of newer ones", async () => {
    for (const newer of [650, 3900]) {
      const { reader, write, clock, omada } = await startReading();
      for (let line = 0; line < newer; line++) write({ time: clock.at - Math.floor((line * 180_000) / newer) });
      await reader.read();
      assert.deepEqual(await reader.ids(), []);

      const delayed = write({ time: clock.at - 20 * 60_000 });
      const now = write({ time: clock.at });
      assert.deepEqual(await reader.ids(), [delayed, now]);
      const before = omada.calls(/events$/);
      assert.deepEqual(await reader.ids(), []);
      assert.ok(omada.calls(/events$/) - before <= 8, "lines that have been read are not read again");
    }
  });

  it("accepts a cursor with full ids", async () => {
    const { reader, write, clock, site } = await startReading();
    await reader.read();
    const id = write();
    reader.cursor = JSON.stringify({
      siteId: site.siteId,
      since: clock.at - HOUR_MS,
      seen: [[id, clock.at]],
      skipping: false,
    });

    assert.ok(!(await reader.ids()).includes(id));
  });

  it("remembers the newest lines rather than those that appeared last", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const writeAgo = (minutes: number): string => write({ time: clock.at - minutes * 60_000 });
    for (let line = 0; line < 450; line++) write({ time: clock.at - 3_000_000 + line * 6000 });
    await reader.read();
    for (let line = 0; line < 100; line++) writeAgo(55);
    await reader.read();

    const delayed = writeAgo(53);

    assert.deepEqual(await reader.ids(), [delayed]);
  });

  it("emits each of a thousand lines with the same millisecond", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const time = clock.at;
    const ids = Array.from({ length: 1000 }, () => write({ time }));
    assert.deepEqual(await reader.ids(), ids);

    const more = write({ time });

    assert.deepEqual(await reader.readAll(), [more]);
  });

  it("emits each line although more of them have the same millisecond than one read returns", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const ids = Array.from({ length: 5100 }, () => write({ time: clock.at }));
    assert.deepEqual(await reader.readAll(), ids);

    clock.at += 1;
    const more = write();

    assert.deepEqual(await reader.readAll(), [more]);
  });

  it("emits each line once at the boundary of two reads, whether the controller includes it or not", async () => {
    for (const openEnds of [false, true]) {
      const { reader, write, clock, omada } = await startReading();
      omada.excludeTimeBounds = openEnds;
      await reader.read();
      const ids: string[] = [];
      for (let ms = 0; ms < 4000; ms++) ids.push(write({ time: clock.at + ms }), write({ time: clock.at + ms }));

      assert.deepEqual(await reader.readAll(), ids);
    }
  });

  it("emits lines with the same millisecond ordered by their ids", async () => {
    const { reader, fixture } = await startReading();
    await reader.read();
    const time = fixture.clock.at;
    const data = ["b", "d", "a", "c"].map((id) => ({ id, time }));
    fixture.respondWith(/events$/, { body: { errorCode: 0, result: { totalRows: 4, data } } });

    assert.deepEqual(await reader.ids(), ["a", "b", "c", "d"]);
  });

  for (const seed of [1, 2, 3]) {
    it(`emits each line exactly once on a day with bursts, delays, failures and restarts (seed ${seed})`, async () => {
      const { reader, fixture, write, clock, omada } = await startReading();
      const random = createRandom(seed);
      await reader.read();
      const ids: string[] = [];
      const emitted: (string | null)[] = [];
      let ms = clock.at;
      for (let poll = 0; poll < 400; poll++) {
        const lines = random() < 0.02 ? 400 : Math.floor(random() * 6);
        for (let line = 0; line < lines; line++) {
          if (random() < 0.5) ms = clock.at + Math.floor(random() * 1000);
          ids.push(write({ time: random() < 0.2 ? clock.at - Math.floor(random() * 60_000) : ms }));
        }
        clock.at += 1000 + Math.floor(random() * 400_000);
        if (random() < 0.1) fixture.respondWith(/events$/, { status: 500, body: "" }, 3);
        // A restart is a new reader with the same cursor.
        const current = random() < 0.2 ? new LogReader(fixture) : reader;
        current.cursor = reader.cursor;
        emitted.push(...(await current.ids().catch(() => [])));
        reader.cursor = current.cursor;
        omada.server.clearFaults();
      }
      emitted.push(...(await reader.readAll()));

      assert.equal(emitted.length, ids.length);
      assert.deepEqual([...emitted].toSorted(), ids.toSorted());
    });
  }
});

/** A pseudorandom generator of numbers from 0 to 1. */
function createRandom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
