import assert from "node:assert/strict";
import { DeviceDirectory } from "../../../src/kasa/devices/device-directory";
import { DeviceSource } from "../../../src/kasa/devices/device-source";
import { FakeClock } from "../../support/fake-clock";
import { Plug, Strip } from "../../support/simulators/kasa/plugs";
import { setUp as createHomeControl } from "./control-fixture";
import { commandCount, isFor, MINUTE_MS, setUp } from "./source-fixture";

describe("DeviceSource, to stay within the limits of the cloud,", () => {
  it("fetches the list every half hour", async () => {
    const { cloud, clock, poll } = await setUp();
    for (let minute = 0; minute < 91; minute++) {
      await poll("Modem");
      await clock.advance(MINUTE_MS);
    }

    assert.deepEqual([cloud.calls("getDeviceList"), cloud.calls("passthrough")], [4, 91]);
  });

  it("fetches the list once if the clock was set back", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll("Modem");
    clock.shift(-24 * 60 * MINUTE_MS);
    await poll("Modem");
    await poll("Modem");

    assert.equal(cloud.calls("getDeviceList"), 2);
  });

  it("fetches one more list if the account has lost the right to a device", async () => {
    const { cloud, clock, poll } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    await poll("Modem", "Freezer");
    const forbidden = { error_code: -20507, msg: "The device is bound to another account" };
    cloud.server.injectFault({ kind: "response", body: forbidden }, { times: 9, when: isFor(modem) });
    for (let minute = 0; minute < 9; minute++) {
      await poll("Modem", "Freezer");
      await clock.advance(MINUTE_MS);
    }

    assert.equal(cloud.calls("getDeviceList"), 2);
  });

  it("fetches one more list if a device goes offline, and no more while it stays offline", async () => {
    const { cloud, clock, poll } = await setUp();
    await poll("Modem");
    cloud.device(Plug, "Modem").online = false;
    for (let minute = 0; minute < 30; minute++) {
      await clock.advance(MINUTE_MS);
      await poll("Modem");
    }

    assert.equal(cloud.calls("getDeviceList"), 2);
  });

  it("fetches one more list each time that a device goes offline", async () => {
    const { cloud, clock, poll } = await setUp();
    const modem = cloud.device(Plug, "Modem");
    for (const online of [true, false, true, false]) {
      modem.online = online;
      await poll("Modem");
      await clock.advance(5 * MINUTE_MS);
      await poll("Modem");
    }

    assert.equal(cloud.calls("getDeviceList"), 3);
  });

  it("fetches one more list for an unknown name in the filter, and asks each strip for its outlets once", async () => {
    const { cloud, clock, poll } = await setUp();
    for (let minute = 0; minute < 30; minute++) {
      await poll("Modem", "Attic");
      await clock.advance(MINUTE_MS);
    }

    assert.equal(cloud.calls("getDeviceList"), 2);
    assert.equal(commandCount(cloud.device(Strip, "Desk")), 1);
  });

  it("polls less often the more devices there are", async () => {
    const { source, poll } = await setUp();

    await poll("Modem");
    const intervalOfOne = source.minIntervalMs();
    await poll("Modem", "Freezer", "Shelf");

    assert.deepEqual([intervalOfOne, source.minIntervalMs()], [3000, 9000]);
  });

  it("polls less often while devices at home are read through the cloud", async () => {
    const { directory, control } = createHomeControl();
    const devices = (await directory.list(Infinity, {})).map((device) => ({ ...device, reach: ["cloud", "local"] }));
    let via = "local";
    const source = new DeviceSource(new DeviceDirectory({ fetchDevices: async () => devices }, new FakeClock()), {
      fetchState: (device, options) => {
        if (options.trace) options.trace.details["via"] = via;
        return control.fetchState(device, options);
      },
    });
    await source.poll(new Set(["modem", "freezer"]), new Map(), {});
    assert.equal(source.minIntervalMs(), 0);
    via = "cloud";

    await source.poll(new Set(["modem", "freezer"]), new Map(), {});

    assert.equal(source.minIntervalMs(), 6000);
  });

  it("sends at most four requests at the same time", async () => {
    const { cloud, poll } = await setUp();
    let [current, highest] = [0, 0];
    cloud.server.injectFault(
      { kind: "delay", ms: 30 },
      {
        times: 100,
        when: ({ body }) => {
          if (!body.includes("passthrough")) return false;
          highest = Math.max(highest, ++current);
          setTimeout(() => current--, 25);
          return true;
        },
      },
    );

    await poll();

    assert.ok(highest > 1 && highest <= 4, `${highest}`);
  });
});
