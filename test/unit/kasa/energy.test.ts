import assert from "node:assert/strict";
import { parseEnergy } from "../../../src/kasa/protocols/iot/energy";
import type { Json } from "../../support/simulators/kasa/firmware";
import { Strip } from "../../support/simulators/kasa/plugs";
import { setUp, StubDevice, sysinfoResponse } from "./control-fixture";

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

  for (const reading of [undefined, null, "5 W", {}, { power: "5" }, { power: null }, { voltage: 230 }]) {
    it(`rejects ${JSON.stringify(reading)}, which has no power`, () => {
      assert.throws(() => parseEnergy(reading), { code: "protocol", message: /no power/ });
    });
  }
});
