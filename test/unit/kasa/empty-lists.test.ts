import assert from "node:assert/strict";
import { rejectsWith } from "../../support/http-fixture";
import { Plug } from "../../support/simulators/kasa/plugs";
import { setUp as setUpClient } from "./client-fixture";
import { isFor, MINUTE_MS, setUp, summarize } from "./source-fixture";

const SECOND_MS = 1000;

describe("An empty list of the cloud", () => {
  it("is asked for once more at once", async () => {
    const { cloud, client } = await setUpClient();
    cloud.emptyLists = 1;

    assert.equal((await client.control.state("modem", "", {})).alias, "Modem");
    cloud.emptyLists = 1;
    assert.equal((await client.devices()).length, cloud.devices.length);
  });

  it("is told apart from a name that is wrong, and asked for again after seconds", async () => {
    const { cloud, clock, control } = await setUp();
    cloud.emptyLists = 4;
    assert.match((await rejectsWith(control.state("modem", "", {}), "not-found")).message, /lists no devices/);
    await rejectsWith(control.state("modem", "", {}), "not-found");
    assert.equal(cloud.calls("getDeviceList"), 2);
    await clock.advance(5 * SECOND_MS);
    await rejectsWith(control.state("modem", "", {}), "not-found");
    await clock.advance(10 * SECOND_MS);

    assert.equal((await control.state("modem", "", {})).alias, "Modem");
  });

  it("is asked for at most once a minute, however long it stays empty", async () => {
    const { cloud, clock, control } = await setUp();
    cloud.emptyLists = 1000;
    for (let second = 0; second < 600; second += 5) {
      await rejectsWith(control.state("modem", "", {}), "not-found");
      await clock.advance(5 * SECOND_MS);
    }

    // Two requests each: after 0, 5, 15, 35 and 75 seconds, then once a minute.
    assert.equal(cloud.calls("getDeviceList"), 2 * 13);
  });

  it("does not make known devices unknown", async () => {
    const { cloud, clock, control } = await setUp();
    await control.state("modem", "", {});
    cloud.emptyLists = 2;
    await clock.advance(30 * MINUTE_MS);

    assert.equal((await control.state("modem", "", {})).alias, "Modem");
    assert.equal(cloud.emptyLists, 0);
  });

  it("is no event for anyone, and the changes meanwhile are emitted", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll();
    cloud.emptyLists = 4;
    await clock.advance(30 * MINUTE_MS);
    assert.deepEqual(await poll(), []);
    cloud.device(Plug, "Modem").on = false;
    await clock.advance(5 * SECOND_MS);

    assert.deepEqual(summarize(await poll()), ["off Modem"]);
    await clock.advance(10 * SECOND_MS);
    assert.deepEqual(await poll(), []);
  });

  it("is no first snapshot: a poll rejects, and the next one does not have to wait for half an hour", async () => {
    const { cloud, clock, poll } = await setUp();
    cloud.emptyLists = 2;

    await rejectsWith(poll(), "not-found");
    await clock.advance(30 * SECOND_MS);

    assert.ok(summarize(await poll()).includes("on Modem"));
  });
});

describe("A device that the list leaves out", () => {
  it("is asked itself before it counts as offline", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll();
    const modem = cloud.device(Plug, "Modem");
    modem.isUnlisted = true;
    await clock.advance(30 * MINUTE_MS);

    assert.deepEqual(await poll(), []);
    modem.on = false;
    assert.deepEqual(summarize(await poll()), ["off Modem"]);
    modem.isUnlisted = false;
    await clock.advance(30 * MINUTE_MS);
    assert.deepEqual(await poll(), []);
  });

  it("is offline if it is, and online again when it is back", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll("Modem", "Freezer");
    const modem = cloud.device(Plug, "Modem");
    modem.isUnlisted = true;
    modem.online = false;
    await clock.advance(30 * MINUTE_MS);

    const offline = [await poll("Modem", "Freezer"), await poll("Modem", "Freezer")];
    modem.online = true;
    const online = await poll("Modem", "Freezer");

    assert.deepEqual([...offline, online].map(summarize), [["offline Modem"], [], ["online Modem"]]);
  });

  it("can be switched by its name", async () => {
    const { cloud, clock, control } = await setUp();
    await control.state("modem", "", {});
    const modem = cloud.device(Plug, "Modem");
    modem.isUnlisted = true;
    await clock.advance(30 * MINUTE_MS);

    await control.set("modem", "", { on: false }, {});

    assert.equal(modem.on, false);
  });

  it("is not asked for ever once the cloud says that it is gone", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll();
    const modem = cloud.device(Plug, "Modem");
    cloud.remove(modem);
    await clock.advance(30 * MINUTE_MS);
    assert.deepEqual(summarize(await poll()), ["offline Modem"]);
    const before = cloud.server.journal.length;
    await poll();

    assert.ok(cloud.server.journal.slice(before).every((request) => !isFor(modem)(request)));
  });

  it("is gone if the cloud says so", async () => {
    const { cloud, clock, control } = await setUp();
    await control.state("modem", "", {});
    cloud.remove(cloud.device(Plug, "Modem"));
    await clock.advance(30 * MINUTE_MS);

    const error = await rejectsWith(control.state("modem", "", {}), "not-found");
    assert.equal(error.details.vendorCode, -20580);
  });
});
