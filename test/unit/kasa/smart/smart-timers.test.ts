import assert from "node:assert/strict";
import { smartMeterPlug, smartPlug, smartPowerStrip } from "../../../support/simulators/kasa-local/smart/products";
import { SmartTimers } from "../../../support/simulators/kasa-local/smart/timers";
import { setUpTimers as setUp } from "./timers-fixture";

/** Energy at an hour by the clock of the device. */
const count = ({ hours }: SmartTimers, hour: string, wh: number): unknown => hours.set(Date.parse(`${hour}:00Z`), wh);

describe("The history of a SMART device", () => {
  it("is read by day, quarter by quarter, in the time zone of the device", async () => {
    const { history, timers, sent } = setUp(smartMeterPlug("Boiler"));
    count(timers, "2025-12-31T23", 120);
    count(timers, "2025-12-31T00", 80);
    count(timers, "2026-01-02T12", 1500);

    const rows = await history("Boiler", { from: "2025-12-31" });

    assert.deepEqual(rows, [
      { start: "2025-12-31T00:00:00-05:00", energyKwh: 0.2 },
      { start: "2026-01-01T00:00:00-05:00", energyKwh: 0 },
      { start: "2026-01-02T00:00:00-05:00", energyKwh: 1.5 },
      { start: "2026-01-03T00:00:00-05:00", energyKwh: 0 },
    ]);
    assert.equal(sent.filter(({ method }) => method === "get_energy_data").length, 2);
  });

  it("is read by month, across the turn of the year and in summer", async () => {
    const { history, timers } = setUp(smartMeterPlug("Boiler"));
    count(timers, "2025-07-01T00", 700);
    count(timers, "2026-01-01T00", 10);

    const rows = await history("Boiler", { by: "month", from: "2025-07" });

    assert.equal(rows.length, 7);
    assert.deepEqual(rows[0], { start: "2025-07-01T00:00:00-04:00", energyKwh: 0.7 });
    assert.deepEqual(rows.at(-1), { start: "2026-01-01T00:00:00-05:00", energyKwh: 0.01 });
  });

  it("is read by hour, up to the hour that it is, over as many days as may be asked for", async () => {
    const { history, timers } = setUp(smartMeterPlug("Boiler"));
    count(timers, "2026-01-03T09", 42);
    count(timers, "2025-12-26T12", 7);

    const day = await history("Boiler", "hour");
    const week = await history("Boiler", { by: "hour", from: "2025-12-26T11:00" });

    assert.equal(day.length, 24);
    assert.deepEqual(day.at(-2), { start: "2026-01-03T09:00:00-05:00", energyKwh: 0.042 });
    assert.deepEqual(day.at(-1), { start: "2026-01-03T10:00:00-05:00", energyKwh: 0 });
    assert.equal(week.length, 8 * 24);
    assert.deepEqual(week[1], { start: "2025-12-26T12:00:00-05:00", energyKwh: 0.007 });
  });

  it("is that of an outlet, or of all of them together", async () => {
    const meter = { powerMw: 0, voltageMv: 0, currentMa: 0, todayWh: 0, monthWh: 0 };
    const { history, outlets } = setUp(smartPowerStrip("Bench", ["Saw", "Lamp"], { meters: [meter, { ...meter }] }));
    for (const [index, outlet] of outlets.entries()) count(outlet, "2026-01-02T12", 100 * (index + 1));

    const [whole] = await history("Bench", { from: "2026-01-02" });
    const [saw] = await history("Bench", { from: "2026-01-02" }, "Saw");

    assert.equal(whole?.energyKwh, 0.3);
    // The children of a strip are listed from the last to the first.
    assert.equal(saw?.energyKwh, 0.2);
  });

  it("goes on with a difference where there is no region, and without what is no number", async () => {
    const { history, timers } = setUp(smartMeterPlug("Boiler"));
    timers.zone = { region: "", difference: 120, offset: () => 120 };
    count(timers, "2026-01-02T12", 100);
    const { get_energy_data } = timers.methods;
    timers.unit.methods["get_energy_data"] = (params) => {
      const result = get_energy_data?.(params) ?? {};
      const data = (result["data"] as unknown[]).map((wh, index) => (index === 0 ? "?" : index === 2 ? -1 : wh));
      return { ...result, data };
    };

    const rows = await history("Boiler", { from: "2026-01-01" });

    assert.deepEqual(rows, [{ start: "2026-01-02T00:00:00+02:00", energyKwh: 0.1 }]);
  });

  it("is unsupported without a meter, and says what the device has", async () => {
    const { history } = setUp(smartPlug("Lamp"), smartPowerStrip("Bench", ["Saw", "Fan"]));

    await assert.rejects(history("Lamp"), {
      code: "unsupported",
      message: /^This plug has no energy meter\. It has: set, state, countdown, schedule/,
    });
    await assert.rejects(history("Bench"), { code: "unsupported", message: /^This strip has no energy meter/ });
  });
});

describe("The countdown of a SMART device", () => {
  it("is started, started anew, read, and ended", async () => {
    const { countdown, advance } = setUp(smartPlug("Lamp"));

    const first = await countdown("Lamp", { afterS: 60, on: true });
    advance(50);
    const second = await countdown("Lamp", { afterS: 60, on: true });
    advance(10);
    const read = await countdown("Lamp");
    const dropped = await countdown("Lamp", null);
    await countdown("Lamp", { afterS: 5, on: true });
    advance(5);
    const over = await countdown("Lamp");

    assert.deepEqual(
      [first, second, read, dropped, over].map((state) => state.countdown),
      [{ remainingS: 60, on: true }, { remainingS: 60, on: true }, { remainingS: 50, on: true }, null, null],
    );
    assert.deepEqual([dropped.on, over.on], [false, true]);
  });

  it("is unsupported without the component, whatever the firmware would respond, and nothing is sent", async () => {
    const lamp = smartPlug("Lamp");
    const { countdown, written } = setUp(lamp);
    delete (lamp.smart.components as Record<string, number>)["countdown"];
    lamp.smart.refusals.set("remove_countdown_rules", -1008);

    await assert.rejects(countdown("Lamp", { afterS: 60, on: true }), {
      code: "unsupported",
      message: /no countdown\. It has: set, state, schedule/,
    });
    assert.deepEqual(written(), []);
  });

  it("belongs to an outlet of a strip", async () => {
    const { countdown, outlets, advance } = setUp(smartPowerStrip("Bench", ["Saw", "Fan"]));

    await countdown("Bench", { afterS: 60, on: true }, "Fan");
    advance(60);
    const { outlets: after } = await countdown("Bench", undefined, "Fan");

    assert.deepEqual(
      after?.map(({ on }) => on),
      [false, true],
    );
    assert.equal(outlets.length, 2);
    await assert.rejects(countdown("Bench"), { code: "input", message: /0 "Saw", 1 "Fan"/ });
  });
});

describe("The schedule of a SMART device", () => {
  const rule = {
    enable: true,
    mode: "repeat",
    week_day: 0b0111110,
    s_type: "normal",
    s_min: 450,
    time_offset: 0,
    e_action: "none",
    e_type: "normal",
    e_min: 0,
    day: 1,
    month: 1,
    year: 1970,
    desired_states: { on: true },
  };

  it("is read, with all of its pages", async () => {
    const { schedule, timers } = setUp(smartPlug("Lamp"));
    const { add_schedule_rule: add } = timers.methods;
    add?.(rule);
    add?.({ ...rule, mode: "once", s_type: "sunset", time_offset: -30, desired_states: { on: false } });
    add?.({ ...rule, enable: false, week_day: 1, e_action: "off", e_min: 480, desired_states: null, s_action: "on" });
    for (let index = 3; index < 12; index++) add?.({ ...rule, mode: "once", day: 24, month: 12, year: 2026 });
    timers.away = { enable: true, rule_list: [{ id: "A1" }] };

    const { enabled, rules, away } = await schedule("Lamp");

    assert.deepEqual([enabled, rules.length, away], [true, 12, { enabled: true, rules: 1 }]);
    assert.deepEqual(rules.slice(0, 4), [
      { id: "S1", enabled: true, at: "07:30", on: true, days: ["mon", "tue", "wed", "thu", "fri"] },
      { id: "S2", enabled: true, at: "sunset", offsetMin: -30, on: false },
      { id: "S3", enabled: false, at: "07:30", on: true, days: ["sun"], until: { at: "08:00", on: false } },
      { id: "S4", enabled: true, at: "07:30", on: true, date: "2026-12-24" },
    ]);
  });

  it("is disabled and enabled rule by rule, and no rule loses anything", async () => {
    const { schedule, timers, written } = setUp(smartPlug("Lamp"));
    const { add_schedule_rule: add } = timers.methods;
    add?.(rule);
    add?.({ ...rule, enable: false, desired_states: { on: false } });

    const disabled = await schedule("Lamp", { enabled: false });
    const stored = structuredClone(timers.rules);
    const enabled = await schedule("Lamp", { enabled: true });

    assert.deepEqual([disabled.enabled, enabled.enabled], [false, true]);
    assert.deepEqual(stored, [
      { ...rule, id: "S1", enable: false },
      { ...rule, id: "S2", enable: false, desired_states: { on: false } },
    ]);
    assert.equal(written().length, 3);
  });
});
