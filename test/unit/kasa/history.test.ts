import assert from "node:assert/strict";
import { parseHistoryQuery, type HistoryRow } from "../../../src/kasa/history";
import type { CloudDevice } from "../../support/simulators/kasa/devices";
import type { Json } from "../../support/simulators/kasa/firmware";
import { LightStrip } from "../../support/simulators/kasa/lights";
import type { Day } from "../../support/simulators/kasa/meters";
import { Plug, Strip } from "../../support/simulators/kasa/plugs";
import { setUp as setUpControl, StubDevice, sysinfoResponse } from "./control-fixture";

const NOW = "2026-01-03T10:20";
/** Berlin in winter. */
const BERLIN = { index: 41, minutes: 60 };

/** Devices whose clocks show the same time, in Berlin. */
function setUp(devices?: CloudDevice[]) {
  const fixture = setUpControl(devices);
  for (const { clock } of fixture.devices) {
    clock.zone = BERLIN;
    clock.now = () => Date.parse(`${NOW}+01:00`);
  }
  const history = (name: string, value?: unknown, outlet = ""): Promise<HistoryRow[]> =>
    fixture.control.history(name, outlet, parseHistoryQuery(value), {});
  return { ...fixture, history };
}

const day = (date: string, amount: number): Day => {
  const [year = 0, month = 0, dayOfMonth = 0] = date.split("-").map(Number);
  return { year, month, day: dayOfMonth, amount };
};

const find = <D extends CloudDevice>(devices: readonly CloudDevice[], alias: string): D =>
  (devices.find((device) => device.alias === alias) ?? assert.fail(alias)) as D;

const DAYS = [day("2025-12-04", 900), day("2025-12-05", 100), day("2025-12-31", 250), day("2026-01-02", 1500)];

describe("DeviceControl.history", () => {
  for (const [alias, units] of [
    ["Modem", "watt-hours"],
    ["Freezer", "kilowatt-hours"],
  ] as const) {
    it(`reads the last 30 days of a plug that counts in ${units}, across the turn of the year and without its gaps`, async () => {
      const { history, devices, sent } = setUp();
      const plug = find<Plug>(devices, alias);
      Object.assign(plug.meter ?? {}, { days: DAYS });
      plug.timers.days = [day("2025-12-31", 90), day("2026-01-01", 5), day("2026-01-02", 1440)];

      const rows = await history(alias);

      assert.deepEqual(rows, [
        { start: "2025-12-05T00:00:00+01:00", energyKwh: 0.1 },
        { start: "2025-12-31T00:00:00+01:00", energyKwh: 0.25, runtimeMin: 90 },
        { start: "2026-01-02T00:00:00+01:00", energyKwh: 1.5, runtimeMin: 1440 },
      ]);
      assert.ok(sent.every(({ effect }) => effect === "read"));
    });
  }

  it("reads months, year by year", async () => {
    const { history, devices, sent } = setUp();
    const plug = find<Plug>(devices, "Freezer");
    Object.assign(plug.meter ?? {}, { days: [...DAYS, day("2025-02-03", 10), day("2025-01-30", 7)] });
    plug.timers.days = [day("2025-12-31", 90), day("2025-12-30", 10)];

    const rows = await history("Freezer", "month");

    assert.deepEqual(rows, [
      { start: "2025-02-01T00:00:00+01:00", energyKwh: 0.01 },
      { start: "2025-12-01T00:00:00+01:00", energyKwh: 1.25, runtimeMin: 100 },
      { start: "2026-01-01T00:00:00+01:00", energyKwh: 1.5 },
    ]);
    const years = sent.flatMap(({ command }) =>
      JSON.stringify(command).match(/"emeter":\{"get_monthstat":\{"year":\d+/g),
    );
    assert.equal(years.filter(Boolean).length, 2);
  });

  it("has the offset of the day and not of today", async () => {
    const { history, devices } = setUp();
    Object.assign(find<Plug>(devices, "Modem").meter ?? {}, { days: [day("2025-07-01", 1000)] });

    const rows = await history("Modem", { from: "2025-07-01", to: "2025-07-01" });

    assert.deepEqual(
      rows.map(({ start }) => start),
      ["2025-07-01T00:00:00+02:00"],
    );
  });

  it("asks a light in its own modules", async () => {
    const { history, deviceOf, sent } = setUp();
    const strip = deviceOf(LightStrip);
    strip.meter.days = [day("2026-01-02", 40)];
    strip.timers.days = [day("2026-01-02", 60)];

    const rows = await history("Shelf", { from: "2026-01-01" });

    assert.deepEqual(rows, [{ start: "2026-01-02T00:00:00+01:00", energyKwh: 0.04, runtimeMin: 60 }]);
    const modules = Object.keys(sent.at(-1)?.command ?? {});
    assert.deepEqual(modules, ["smartlife.iot.common.emeter", "smartlife.iot.common.schedule"]);
  });

  it("reads one outlet of a strip, and all of them together without a running time", async () => {
    const { history, deviceOf } = setUp();
    const { outlets } = deviceOf(Strip);
    for (const [index, { meter, timers }] of outlets.entries()) {
      meter.days = index < 2 ? [day("2026-01-01", 100 * (index + 1))] : [];
      timers.days = [day("2026-01-01", 30)];
    }
    outlets[1]?.meter.days.push(day("2026-01-02", 5));

    const whole = await history("Desk", { from: "2026-01-01" });
    const printer = await history("Desk", { from: "2026-01-01" }, "Printer");

    assert.deepEqual(whole, [
      { start: "2026-01-01T00:00:00+01:00", energyKwh: 0.3 },
      { start: "2026-01-02T00:00:00+01:00", energyKwh: 0.005 },
    ]);
    assert.deepEqual(printer, [
      { start: "2026-01-01T00:00:00+01:00", energyKwh: 0.2, runtimeMin: 30 },
      { start: "2026-01-02T00:00:00+01:00", energyKwh: 0.005 },
    ]);
    await assert.rejects(history("Desk", undefined, "Toaster"), { code: "input" });
  });

  it("does not count by hour, and says what it counts, without a request", async () => {
    const { history, devices, sent } = setUp();
    const plug = find<Plug>(devices, "Modem");
    await history(plug.deviceId);
    const before = sent.length;

    await assert.rejects(history(plug.deviceId, "hour"), { code: "unsupported", message: /by day and by month/ });
    assert.equal(sent.length, before);
  });

  it("does not support a plug without a meter, and says what it has", async () => {
    const { history } = setUp();

    await assert.rejects(history("<b>Porch</b>"), { code: "unsupported", message: /no energy meter/ });
  });

  it("goes on without a clock, a time zone and a running time", async () => {
    const statistics = { get_daystat: { day_list: [{ year: 2026, month: 1, day: 1, energy_wh: 500 }] } };
    const stub = new StubDevice((request) => ({
      ...("system" in request ? sysinfoResponse({ relay_state: 1, feature: "TIM:ENE" }) : {}),
      ...("time" in request ? { time: { err_code: -1 } } : {}),
      ...("emeter" in request ? { emeter: statistics, schedule: { get_daystat: { err_code: -2 } } } : {}),
    }));
    const { history } = setUp([stub]);

    const rows = await history("stub", { from: "2026-01-01" });

    assert.deepEqual(rows, [{ start: "2026-01-01T00:00:00+00:00", energyKwh: 0.5 }]);
  });

  for (const [what, zone, start] of [
    ["its time zone", { get_timezone: { index: 104 } }, "2026-01-01T00:00:00+13:00"],
    ["the offset of its time", { get_timezone: { index: 999 } }, "2026-01-01T00:00:00+05:30"],
    ["the offset of its time", {}, "2026-01-01T00:00:00+05:30"],
  ] as const) {
    it(`writes times with ${what}: ${JSON.stringify(zone)}`, async () => {
      const { history, clock } = setUp([
        new StubDevice((request) => {
          const at = new Date(clock.now() + 5.5 * 3_600_000 + 20_000);
          const time = { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, mday: at.getUTCDate() };
          const get_time = { ...time, hour: at.getUTCHours(), min: at.getUTCMinutes(), sec: at.getUTCSeconds() };
          const day_list = [{ year: 2026, month: 1, day: 1, energy_wh: 500 }];
          return {
            ...("system" in request ? sysinfoResponse({ relay_state: 1, feature: "TIM:ENE" }) : {}),
            time: { get_time, ...zone },
            emeter: { get_daystat: { day_list } },
          };
        }),
      ]);

      assert.deepEqual(await history("stub", { from: "2026-01-01" }), [{ start, energyKwh: 0.5 }]);
    });
  }

  for (const [what, entry] of [
    ["another month", { year: 2026, month: 2, day: 1, energy_wh: 1 }],
    ["another year", { year: 2025, month: 1, day: 1, energy_wh: 1 }],
    ["a day that does not exist", { year: 2026, month: 1, day: 32, energy_wh: 1 }],
    ["a day that is text", { year: 2026, month: 1, day: "1", energy_wh: 1 }],
    ["no energy", { year: 2026, month: 1, day: 1 }],
    ["an energy that is text", { year: 2026, month: 1, day: 1, energy_wh: "1" }],
    ["nothing", null],
  ] as const) {
    it(`passes over an entry of ${what}`, async () => {
      const day_list: (Json | null)[] = [{ year: 2026, month: 1, day: 1, energy: 2 }, entry];
      const stub = new StubDevice((request) => ({
        ...("system" in request ? sysinfoResponse({ relay_state: 1, feature: "TIM:ENE" }) : {}),
        emeter: { get_daystat: { day_list } },
      }));
      const { history } = setUp([stub]);

      const rows = await history("stub", { from: "2025-12-01" });

      assert.deepEqual(rows, [{ start: "2026-01-01T00:00:00+00:00", energyKwh: 2 }]);
    });
  }

  for (const [what, emeter, code] of [
    ["declines", { get_daystat: { err_code: -10 } }, "rejected"],
    ["has no statistics", { get_daystat: { err_code: -2 } }, "unsupported"],
    ["responds with something else", { get_daystat: { day_list: {} } }, "protocol"],
  ] as const) {
    it(`rejects with ${code} if the meter ${what}`, async () => {
      const stub = new StubDevice((request) => ({
        ...("system" in request ? sysinfoResponse({ relay_state: 1, feature: "TIM:ENE" }) : {}),
        emeter,
      }));
      const { history } = setUp([stub]);

      await assert.rejects(history("stub"), { code });
    });
  }
});
