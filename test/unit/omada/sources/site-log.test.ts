import assert from "node:assert/strict";
import { platformErrorOf } from "../../../support/omada-fixture";
import { LogReader, startReading, toRow } from "./source-fixture";

describe("The log of a site", () => {
  it("emits lines that appear after the first read, oldest first, with their own time", async () => {
    const { reader, write, clock, omada } = await startReading();
    assert.deepEqual(await reader.read(), []);

    const mac = omada.device("Quay AP").mac;
    const one = write({ time: clock.at - 5, key: "DEV_DISCONN", content: `[ap:Quay AP:${mac}] was disconnected.` });
    const two = write({ time: clock.at });
    const lines = await reader.read();

    assert.deepEqual(
      lines.map(({ event, id, name, previous }) => [event, id, name, previous]),
      [
        ["log", one, "DEV_DISCONN", null],
        ["log", two, "DEV_CONN", null],
      ],
    );
    assert.equal(lines[0]?.at, new Date(clock.at - 5).toISOString());
    assert.deepEqual(lines[0]?.aliases, ["Device", mac]);
    assert.equal(toRow(lines[0]?.current)["module"], "Device");
    assert.deepEqual(await reader.read(), []);
  });

  it("is read from its end if the cursor is that of another site", async () => {
    const { fixture, omada, reader, write } = await startReading();
    await reader.read();
    write();
    const depot = omada.site("Depot");
    omada.writeLog("events", depot);
    const other = new LogReader(fixture, "events", "Depot");
    other.cursor = reader.cursor;

    assert.deepEqual(await other.read(), []);
    const { id } = omada.writeLog("events", depot);
    assert.deepEqual(await other.ids(), [id]);
  });

  it("emits alerts if it is the log of alerts", async () => {
    const { reader, write, omada, site } = await startReading("alerts");
    await reader.read();
    omada.writeLog("events", site);

    const id = write({ level: "Error" });
    const lines = await reader.read();

    assert.deepEqual(
      lines.map((line) => [line.event, line.id]),
      [["alert", id]],
    );
    assert.equal(toRow(lines[0]?.current)["level"], "Error");
  });

  it("emits each of several lines with the same millisecond once, in their order", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const time = clock.at;

    const first = [write({ time }), write({ time }), write({ time })];
    assert.deepEqual(await reader.ids(), first);
    const second = [write({ time }), write({ time })];
    assert.deepEqual(await reader.ids(), second);
    assert.deepEqual(await reader.ids(), []);
  });

  it("emits each line once that appears up to an hour late", async () => {
    const { reader, write, clock } = await startReading();
    await reader.read();
    const now = write();
    assert.deepEqual(await reader.ids(), [now]);

    clock.at += 60_000;
    const delayed = [write({ time: clock.at - 50 * 60_000 }), write({ time: clock.at - 61_000 })];

    assert.deepEqual(await reader.ids(), delayed);
    assert.deepEqual(await reader.ids(), []);
  });

  it("does not emit lines from before the first read, but a delayed one that appears afterwards", async () => {
    const { reader, write, clock } = await startReading();
    for (let minutes = 1; minutes < 70; minutes++) write({ time: clock.at - minutes * 60_000 });
    await reader.read();

    const delayed = write({ time: clock.at - 30 * 60_000 });

    assert.deepEqual(await reader.ids(), [delayed]);
  });

  it("does not emit lines from before the first read, even if they are too many for one read", async () => {
    const { reader, write, clock } = await startReading();
    for (let line = 0; line < 6000; line++) write({ time: clock.at - 1000 + (line % 900) });
    assert.deepEqual(await reader.readAll(), []);

    const id = write();

    assert.deepEqual(await reader.ids(), [id]);
  });

  it("is continued after a restart, and read from its end for another site or an invalid cursor", async () => {
    const { reader, write, fixture, omada } = await startReading();
    await reader.read();
    write();
    await reader.read();

    const again = new LogReader(fixture);
    again.cursor = reader.cursor;
    const since = write();
    assert.deepEqual(await again.ids(), [since]);

    for (const broken of [
      { ...JSON.parse(again.cursor ?? ""), siteId: omada.site("Depot").siteId },
      { since: "x" },
      7,
      null,
    ]) {
      again.cursor = JSON.stringify(broken);
      assert.deepEqual(await again.ids(), [], "the first read only finds the end");
      const next = write();
      assert.deepEqual(await again.ids(), [next]);
    }
  });

  it("does not emit a line again that was missing for a while", async () => {
    const { reader, write, omada } = await startReading();
    await reader.read();
    const id = write();
    assert.deepEqual(await reader.ids(), [id]);
    const lines = omada.events;

    omada.events = lines.filter((line) => line.id !== id);
    assert.deepEqual(await reader.ids(), []);
    omada.events = lines;

    assert.deepEqual(await reader.ids(), []);
  });

  it("fails when the controller leaves rows out", async () => {
    const { reader, write, omada } = await startReading();
    await reader.read();
    const id = write();

    omada.reportTotal = (totalRows) => totalRows + 1;
    assert.equal((await platformErrorOf(reader.read())).code, "protocol");
    omada.reportTotal = (totalRows) => totalRows;

    assert.deepEqual(await reader.ids(), [id]);
  });

  it("emits lines without a time, a key or an id", async () => {
    const { reader, fixture } = await startReading();
    await reader.read();
    const blank = { id: "", time: fixture.clock.at };
    const data = [{ id: "a", time: "junk", content: 7 }, { ...blank, key: "K" }, { ...blank, key: "L" }, null];
    const page = { body: { errorCode: 0, result: { totalRows: 4, data } } };

    fixture.respondWith(/events$/, page);
    const lines = await reader.read();
    fixture.respondWith(/events$/, page);

    assert.deepEqual(lines.map(({ name }) => name).toSorted(), ["K", "L", "a", "null"]);
    assert.ok(lines.every(({ at }) => at));
    assert.deepEqual(await reader.read(), []);
  });

  for (const kind of ["alerts", "events"] as const) {
    it(`fails with "unsupported" if the controller does not provide its ${kind}`, async () => {
      const { reader, fixture } = await startReading(kind, { version: "5.12.9" });
      const { code, message } = await platformErrorOf(reader.read());
      assert.deepEqual([code, message.includes(kind)], ["unsupported", true]);

      fixture.respondWith(/logs/, { status: 404, body: "<html>" });
      assert.equal((await platformErrorOf(reader.read())).code, "unsupported");
    });
  }

  it('fails with "not-found" if its site was removed', async () => {
    const { reader, omada, site } = await startReading();
    await reader.read();
    omada.removeSite(site);

    assert.equal((await platformErrorOf(reader.read())).code, "not-found");
  });
});
