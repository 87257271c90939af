import assert from "node:assert/strict";
import { parseEnergy } from "../../../src/kasa/protocols/iot/energy";
import { rejectsWith } from "../../support/http-fixture";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import type { Json } from "../../support/simulators/kasa/firmware";
import type { Day } from "../../support/simulators/kasa/meters";
import { Plug, Strip } from "../../support/simulators/kasa/plugs";
import type { RecordedRequest } from "../../support/simulators/simulated-server";
import { createClient } from "./client-fixture";
import { setUp, StubDevice, sysinfoResponse } from "./control-fixture";

/** A cloud with a strip all of whose outlets draw 10 W. */
async function setUpStrip() {
  const cloud = closeAfterTest(await KasaCloud.start());
  const impatientClock = { now: () => Date.now(), sleep: async () => {} };
  const { control } = createClient(cloud, {}, { clock: impatientClock });
  const { outlets } = cloud.device(Strip, "Desk");
  for (const outlet of outlets) {
    outlet.on = true;
    outlet.meter.watts = 10;
  }
  /** Makes the next readings of an outlet time out. */
  const failOutlet = (index: number, times: number): void => {
    const { id } = outlets[index] ?? assert.fail(`no outlet ${index}`);
    const when = ({ body }: RecordedRequest): boolean => body.includes(id) && body.includes("get_realtime");
    cloud.server.injectFault(
      { kind: "response", body: { error_code: -20002, msg: "Request timeout" } },
      { times, when },
    );
  };
  return { cloud, control, outlets, failOutlet };
}

/** A kilowatt-hour on each of these days. */
const daysOf = (...dates: string[]): Day[] =>
  dates.map((date) => {
    const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
    return { year, month, day, amount: 1000 };
  });

describe("DeviceControl.energy", () => {
  for (const [device, sysinfo] of [
    ["a plug that reports no features", { relay_state: 1 }],
    ["a plug with another feature", { relay_state: 1, feature: "TIM" }],
    ["a plug whose features are not text", { relay_state: 1, feature: ["ENE"] }],
    ["a strip without meters", { children: [{ id: "00", state: 1 }], feature: "TIM" }],
  ] as const) {
    it(`does not support ${device}, and does not ask it`, async () => {
      const { control, sent } = setUp([new StubDevice(() => sysinfoResponse(sysinfo))]);

      await assert.rejects(control.energy("stub", "", {}), { code: "unsupported", message: /no energy meter/ });
      assert.equal(sent.length, 1);
    });
  }

  it("reads the meter of the outlet that is named", async () => {
    const { control, deviceOf } = setUp();
    const [first, second] = deviceOf(Strip).outlets;
    Object.assign(first ?? {}, { on: true });
    Object.assign(second ?? {}, { on: true });
    Object.assign(second?.meter ?? {}, { watts: 50 });

    const { powerW } = await control.energy("desk", "1", {});

    assert.equal(powerW, 50);
    await assert.rejects(control.energy("desk", "9", {}), { code: "input" });
  });

  it("adds up the outlets of a strip, without the quantities that they do not report", async () => {
    const readings: Json[] = [
      { power_mw: 1000, voltage_mv: 230_000 },
      { power: 2, total: 0.5 },
    ];
    const children = [{ id: "00" }, { id: "01" }];
    const stub = new StubDevice((request) => {
      const { context } = request as { context?: { child_ids: string[] } };
      if (!context) return sysinfoResponse({ children, feature: "TIM:ENE" });
      return { emeter: { get_realtime: readings[Number(context.child_ids[0]?.slice(-2))] } };
    });
    const { control } = setUp([stub]);

    assert.deepEqual(await control.energy("stub", "", {}), { powerW: 3, voltageV: 230, totalKwh: 0.5 });
  });

  it("returns a power of 0 for a strip that lists no outlets", async () => {
    const { control } = setUp([new StubDevice(() => sysinfoResponse({ children: [], feature: "TIM:ENE" }))]);

    assert.deepEqual(await control.energy("stub", "", {}), { powerW: 0 });
  });

  it("adds up without the noise of binary fractions", async () => {
    const { control, deviceOf } = setUp();
    for (const outlet of deviceOf(Strip).outlets) {
      outlet.on = true;
      outlet.meter.watts = 0.017;
    }

    assert.equal((await control.energy("desk", "", {})).powerW, 0.102);
  });

  it("asks two outlets at a time, and each of them once more if it does not respond in time", async () => {
    const { cloud, control, outlets, failOutlet } = await setUpStrip();
    let [current, highest] = [0, 0];
    cloud.server.injectFault(
      { kind: "delay", ms: 20 },
      {
        times: 100,
        when: ({ body }) => {
          if (!body.includes("get_realtime")) return false;
          highest = Math.max(highest, ++current);
          setTimeout(() => current--, 15);
          return true;
        },
      },
    );
    failOutlet(4, 1);

    const energy = await control.energy("desk", "", {});

    assert.deepEqual([energy.powerW, energy.missing, highest], [outlets.length * 10, undefined, 2]);
  });

  it("names the outlets that it could not read, and has no total without them", async () => {
    const { control, failOutlet } = await setUpStrip();
    failOutlet(3, 2);
    failOutlet(4, 2);

    const { totalKwh, ...energy } = await control.energy("desk", "", {});

    assert.deepEqual([energy.powerW, energy.missing, totalKwh], [40, ["Charger", "Lamp"], undefined]);
  });

  it("rejects soon and names the outlets if the strip does not respond at all", async () => {
    const { cloud, control, outlets, failOutlet } = await setUpStrip();
    for (const index of outlets.keys()) failOutlet(index, 2);
    const before = cloud.calls("passthrough");

    const error = await rejectsWith(control.energy("desk", "", {}), "offline");

    assert.match(error.message, /^Outlet "Screen" and "Printer": The device did not respond/);
    assert.equal(cloud.calls("passthrough") - before, 1 + 2 * 2);
  });

  it("asks the one outlet that is named once more, and names it if that does not help", async () => {
    const { control, failOutlet } = await setUpStrip();
    failOutlet(1, 1);
    assert.equal((await control.energy("desk", "Printer", {})).powerW, 10);
    failOutlet(1, 2);

    const error = await rejectsWith(control.energy("desk", "Printer", {}), "offline");

    assert.match(error.message, /"Printer"/);
  });

  it("stops at the rate limit of the account", async () => {
    const { cloud, control } = await setUpStrip();
    const limited = { error_code: -20004, msg: "API rate limit exceeded" };
    const when = ({ body }: RecordedRequest): boolean => body.includes("get_realtime");
    cloud.server.injectFault({ kind: "response", body: limited }, { times: 100, when });

    await rejectsWith(control.energy("desk", "", {}), "busy");
  });

  it("tells what was counted today and in this month, by the clock of the device, in one request", async () => {
    const { control, deviceOf, sent } = setUp();
    const modem = deviceOf(Plug);
    modem.on = false;
    Object.assign(modem.meter ?? {}, { days: daysOf("2025-12-31", "2026-01-01") });
    await control.state(modem.deviceId, "", {});
    const before = sent.length;

    const { powerW, todayKwh, monthKwh } = await control.energy(modem.deviceId, "", {});

    assert.deepEqual([powerW, todayKwh, monthKwh, sent.length - before], [0, 1, 1, 1]);
  });

  it("asks once more if it is another month for the device, and leaves out what it has not counted", async () => {
    const { control, deviceOf, sent } = setUp();
    const modem = deviceOf(Plug);
    modem.clock.zone.minutes = -300;
    Object.assign(modem.meter ?? {}, { days: daysOf("2025-12-30", "2026-01-01") });
    await control.state(modem.deviceId, "", {});
    const before = sent.length;

    const { todayKwh, monthKwh } = await control.energy(modem.deviceId, "", {});

    assert.deepEqual([todayKwh, monthKwh, sent.length - before], [undefined, 1, 2]);
  });

  it("adds up what the outlets of a strip counted today, and leaves it out where one is missing", async () => {
    const { control, outlets, failOutlet } = await setUpStrip();
    const today = new Date().toISOString().slice(0, 10);
    for (const { meter } of outlets) meter.days = daysOf(today);

    const whole = await control.energy("desk", "", {});
    failOutlet(3, 2);
    const part = await control.energy("desk", "", {});

    assert.deepEqual([whole.todayKwh, whole.monthKwh], [6, 6]);
    assert.deepEqual([part.todayKwh, part.monthKwh, part.missing], [undefined, undefined, ["Charger"]]);
  });

  it("rejects with the error of the meter", async () => {
    const sysinfo = sysinfoResponse({ relay_state: 1, feature: "TIM:ENE" });
    const { control } = setUp([new StubDevice(() => ({ ...sysinfo, emeter: { err_code: -1 } }))]);

    await assert.rejects(control.energy("stub", "", {}), { code: "unsupported", details: { vendorCode: -1 } });
  });
});

describe("parseEnergy", () => {
  it("reads each quantity either whole or in thousandths", () => {
    assert.deepEqual(parseEnergy({ power: 0, voltage_mv: 1, current: 0.5, total_wh: 1500, err_code: 0 }), {
      powerW: 0,
      voltageV: 0.001,
      currentA: 0.5,
      totalKwh: 1.5,
    });
    assert.deepEqual(parseEnergy({ power: 1.5, power_mw: 1500 }), { powerW: 1.5 });
    assert.deepEqual(parseEnergy({ power: null, power_mw: 1500 }), { powerW: 1.5 });
  });

  it("leaves out what a meter reports as 0 but does not measure", () => {
    assert.deepEqual(parseEnergy({ power_mw: 5200, voltage_mv: 0, current_ma: 0 }), { powerW: 5.2 });
    assert.deepEqual(parseEnergy({ power_mw: 5200, current_ma: 0 }), { powerW: 5.2 });
    assert.deepEqual(parseEnergy({ power: 0, voltage: 230, current: 0, total: 0 }), {
      powerW: 0,
      voltageV: 230,
      currentA: 0,
      totalKwh: 0,
    });
  });

  for (const reading of [undefined, null, "5 W", {}, { power: "5" }, { power: null }, { voltage: 230 }]) {
    it(`rejects ${JSON.stringify(reading)}, which has no power`, () => {
      assert.throws(() => parseEnergy(reading), { code: "protocol", message: /no power/ });
    });
  }
});
