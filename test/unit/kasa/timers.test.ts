import assert from "node:assert/strict";
import { parseCountdown } from "../../../src/kasa/countdown";
import { parseScheduleChange } from "../../../src/kasa/schedule";
import type { CloudDevice } from "../../support/simulators/kasa/devices";
import { Bulb } from "../../support/simulators/kasa/lights";
import { Plug, Strip } from "../../support/simulators/kasa/plugs";
import { dailyRule } from "../../support/simulators/kasa/rules";
import { setUp as setUpControl, StubDevice, sysinfoResponse } from "./control-fixture";

/** Devices whose clocks a test advances. */
function setUp(devices?: CloudDevice[]) {
  const fixture = setUpControl(devices);
  let nowMs = Date.UTC(2026, 0, 3, 9);
  for (const { clock } of fixture.devices) clock.now = () => nowMs;
  const { control, sent } = fixture;
  return {
    ...fixture,
    advance: (seconds: number): void => {
      nowMs += seconds * 1000;
    },
    countdown: (name: string, value?: unknown, outlet = "") =>
      control.countdown(name, outlet, parseCountdown(value), {}),
    schedule: (name: string, value?: unknown, outlet = "") =>
      control.schedule(name, outlet, parseScheduleChange(value), {}),
    writes: (): number => sent.filter(({ effect }) => effect === "write").length,
  };
}

describe("parseCountdown", () => {
  for (const [value, setting] of [
    [undefined, undefined],
    ["", undefined],
    [Date.UTC(2026, 0, 3), undefined],
    [null, null],
    [
      { afterS: 600, on: false },
      { afterS: 600, on: false },
    ],
    ['{"afterS": "60", "on": "on"}', { afterS: 60, on: true }],
    [
      { afterS: 86_400, on: true },
      { afterS: 86_400, on: true },
    ],
  ] as const) {
    it(`accepts ${JSON.stringify(value)}`, () => {
      assert.deepEqual(parseCountdown(value), setting);
    });
  }

  for (const value of [
    600,
    true,
    "600",
    {},
    { afterS: 600 },
    { on: false },
    { afterS: 0, on: false },
    { afterS: 86_401, on: false },
    { afterS: 1.5, on: false },
    { afterS: "soon", on: false },
    { afterS: 600, on: "toggle" },
    { afterS: 600, on: null },
    { afterS: 600, on: false, name: "off" },
  ]) {
    it(`rejects ${JSON.stringify(value)}`, () => {
      assert.throws(() => parseCountdown(value), { code: "input" });
    });
  }
});

describe("DeviceControl.countdown", () => {
  it("lets a plug switch itself off, whether or not anybody asks it again", async () => {
    const { countdown, advance, deviceOf } = setUp();
    const modem = deviceOf(Plug);

    const started = await countdown("Modem", { afterS: 600, on: false });
    advance(200);
    const running = await countdown("Modem");
    advance(400);
    const ended = await countdown("Modem");

    assert.deepEqual(started.countdown, { remainingS: 600, on: false });
    assert.deepEqual([started.deviceId, started.alias, started.on], [modem.deviceId, "Modem", true]);
    assert.deepEqual([running.countdown, running.on], [{ remainingS: 400, on: false }, true]);
    assert.deepEqual([ended.countdown, ended.on, modem.on], [null, false, false]);
  });

  it("starts anew when it is sent again, in one request, as a dead man's switch has to", async () => {
    const { countdown, advance, deviceOf, sent } = setUp();
    const { deviceId } = deviceOf(Plug);
    await countdown(deviceId, { afterS: 60, on: false });
    advance(50);
    const before = sent.length;

    const { countdown: running } = await countdown(deviceId, { afterS: 60, on: false });

    assert.deepEqual(running, { remainingS: 60, on: false });
    assert.equal(sent.length - before, 1);
    advance(59);
    assert.equal((await countdown(deviceId)).on, true);
  });

  it("ends with null, and changes nothing where none runs", async () => {
    const { countdown, advance, deviceOf } = setUp();
    await countdown("Modem", { afterS: 60, on: false });

    const dropped = await countdown("Modem", null);
    advance(100);
    const again = await countdown("Modem", null);

    assert.deepEqual([dropped.countdown, again.countdown, again.on, deviceOf(Plug).on], [null, null, true, true]);
  });

  it("does nothing but read without a value", async () => {
    const { countdown, writes } = setUp();

    const { countdown: running } = await countdown("Modem");

    assert.deepEqual([running, writes()], [null, 0]);
  });

  it("is that of the outlet which is named, and no other", async () => {
    const { countdown, advance, deviceOf } = setUp();
    const { outlets } = deviceOf(Strip);
    for (const outlet of outlets) outlet.on = true;

    const { countdown: running } = await countdown("Desk", { afterS: 60, on: false }, "Printer");
    advance(60);
    const { countdown: ended } = await countdown("Desk", undefined, "Printer");

    assert.deepEqual([running, ended], [{ remainingS: 60, on: false }, null]);
    assert.deepEqual(
      outlets.map(({ on }) => on),
      [true, false, true, true, true, true],
    );
  });

  it("needs an outlet of a strip, and says which there are", async () => {
    const { countdown, writes } = setUp();

    await assert.rejects(countdown("Desk", { afterS: 60, on: false }), {
      code: "input",
      message: /of its own.*0 "Screen", 1 "Printer"/,
    });
    assert.equal(writes(), 0);
  });

  it("is asked of a light in its own module", async () => {
    const { countdown, advance, deviceOf } = setUp();
    deviceOf(Bulb).on = true;
    const { deviceId } = deviceOf(Bulb);

    const { countdown: running } = await countdown(deviceId, { afterS: 60, on: false });
    advance(61);
    const { on } = await countdown(deviceId);

    assert.deepEqual([running, on], [{ remainingS: 60, on: false }, false]);
  });

  it("is unsupported where the firmware does not have it", async () => {
    const stub = new StubDevice((request) => ({
      ...("system" in request ? sysinfoResponse({ relay_state: 1 }) : {}),
      count_down: { err_code: -1, err_msg: "module not support" },
    }));
    const { countdown } = setUp([stub]);

    await assert.rejects(countdown("stub", { afterS: 60, on: false }), { code: "unsupported" });
  });

  it("rejects if the device does not mention the new countdown", async () => {
    const stub = new StubDevice((request) => ({
      ...("system" in request ? sysinfoResponse({ relay_state: 1 }) : {}),
      count_down: { delete_all_rules: { err_code: 0 }, get_rules: { rule_list: [], err_code: 0 } },
    }));
    const { countdown } = setUp([stub]);

    await assert.rejects(countdown("stub", { afterS: 60, on: false }), { code: "protocol", message: /add_rule/ });
  });
});

describe("DeviceControl.schedule", () => {
  it("reads the rules, with their times and days", async () => {
    const { schedule, deviceOf, writes } = setUp();
    const { timers } = deviceOf(Plug);
    const { add_rule } = timers.schedule.methods;
    add_rule?.(dailyRule(450, true, { name: "Morning", wday: [0, 1, 1, 1, 1, 1, 0] }), []);
    add_rule?.(dailyRule(0, false, { stime_opt: 2, soffset: -15, enable: 0, etime_opt: 0, emin: 1439, eact: 1 }), []);
    add_rule?.(dailyRule(600, true, { repeat: 0, wday: [0, 0, 0, 0, 0, 0, 0], year: 2026, month: 12, day: 4 }), []);

    const { enabled, rules, away } = await schedule("Modem");

    assert.deepEqual([enabled, away, writes()], [true, { enabled: false, rules: 0 }, 0]);
    const every = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const [first, second, third] = timers.schedule.rules.keys() as Iterator<string> & Iterable<string>;
    assert.deepEqual(rules, [
      { id: first, name: "Morning", enabled: true, at: "07:30", on: true, days: every.slice(1, 6) },
      {
        id: second,
        name: "daily",
        enabled: false,
        at: "sunset",
        offsetMin: -15,
        on: false,
        days: every,
        until: { at: "23:59", on: true },
      },
      { id: third, name: "daily", enabled: true, at: "10:00", on: true, date: "2026-12-04" },
    ]);
  });

  it("disables all rules and enables them again, without changing any", async () => {
    const { schedule, deviceOf } = setUp();
    const { timers } = deviceOf(Plug);
    timers.schedule.methods["add_rule"]?.(dailyRule(450, true), []);

    const disabled = await schedule("Modem", { enabled: false });
    const isDisabled = timers.schedule.enabled;
    const enabled = await schedule("Modem", { enabled: true });

    assert.deepEqual([disabled.enabled, isDisabled, enabled.enabled], [false, false, true]);
    assert.deepEqual(
      [...disabled.rules, ...enabled.rules].map((rule) => rule.enabled),
      [true, true],
    );
  });

  it("tells the away mode, and the state does so too", async () => {
    const { schedule, control, deviceOf } = setUp();
    const { timers } = deviceOf(Plug);
    const before = await control.state("Modem", "", {});
    timers.away.methods["add_rule"]?.(dailyRule(1200, true, { frequency: 5 }), []);
    timers.away.enabled = true;

    const { away } = await schedule("Modem");
    const after = await control.state("Modem", "", {});

    assert.deepEqual([before.away, away, after.away], [undefined, { enabled: true, rules: 1 }, true]);
  });

  it("reads the rules of lights, and what those do", async () => {
    const { schedule, deviceOf } = setUp();
    const bulb = deviceOf(Bulb);
    const { add_rule } = bulb.timers.schedule.methods;
    add_rule?.(dailyRule(60, true, { sact: 2, s_light: { on_off: 1, brightness: 40 } }), []);
    add_rule?.(dailyRule(61, true, { sact: 2, s_light: { mode: "circadian" } }), []);

    const { rules } = await schedule(bulb.deviceId);

    assert.deepEqual(
      rules.map(({ at, on }) => [at, on]),
      [
        ["01:00", true],
        ["01:01", null],
      ],
    );
  });

  it("is that of an outlet, which has to be named", async () => {
    const { schedule, deviceOf } = setUp();
    const { outlets } = deviceOf(Strip);

    await schedule("Desk", { enabled: false }, "1");

    assert.deepEqual(
      outlets.map(({ timers }) => timers.schedule.enabled),
      [true, false, true, true, true, true],
    );
    await assert.rejects(schedule("Desk"), { code: "input", message: /of its own/ });
  });

  for (const value of [5, true, "off", {}, { enabled: 1 }, { enabled: null }, { enabled: true, id: 5 }]) {
    it(`rejects ${JSON.stringify(value)}`, () => {
      assert.throws(() => parseScheduleChange(value), { code: "input" });
    });
  }
});
