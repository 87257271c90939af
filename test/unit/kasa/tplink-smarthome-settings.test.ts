import assert from "node:assert/strict";
import type { Energy } from "../../../src/kasa/device";
import {
  COLOUR_LIGHTS,
  LIGHTS,
  OUTLETS,
  PLUGS,
  setUp,
  WITH_LED,
  WITH_METER,
  WITHOUT_METER,
  type Json,
} from "./tplink-smarthome-fixture";

/** The reading of a meter in whole units, by a calculation of its own. */
function toWholeUnits(reading: Json): Json {
  const quantity = (name: string, whole: string, thousandths: string): Json => {
    if (whole in reading) return { [name]: reading[whole] as number };
    return thousandths in reading ? { [name]: reading[thousandths] / 1000 } : {};
  };
  return {
    ...quantity("powerW", "power", "power_mw"),
    ...quantity("voltageV", "voltage", "voltage_mv"),
    ...quantity("currentA", "current", "current_ma"),
    ...quantity("totalKwh", "total", "total_wh"),
  };
}

describe("A device of tplink-smarthome-simulator", () => {
  for (const outlet of OUTLETS) {
    it(`switches outlet ${outlet} of a strip and no other, by its number, its alias and its id`, async () => {
      const { device, set } = await setUp("hs300");
      const child = device.sysinfo["children"][outlet] as Json;
      const { outlets: before } = await set(false);
      assert.deepEqual(device.outlets, Array(6).fill(false));

      for (const [name, on] of [
        [outlet, true],
        [child["alias"], false],
        [child["id"], true],
      ]) {
        const state = await set(on, name);
        const expected = OUTLETS.map((index) => on && index === outlet);
        assert.deepEqual([device.outlets, state.on], [expected, on]);
        assert.deepEqual(
          state.outlets,
          before?.map((one, index) => ({ ...one, on: expected[index] })),
        );
      }
    });

    it(`toggles outlet ${outlet} of a strip and no other`, async () => {
      const { device, set } = await setUp("hs300");
      const before = device.outlets;

      await set("toggle", outlet);

      assert.deepEqual(
        device.outlets,
        before.map((on, index) => (index === outlet ? !on : on)),
      );
    });
  }

  it("switches a dimmer on with a brightness", async () => {
    const { device, set } = await setUp("hs220");
    await set(false);

    const state = await set({ on: true, brightness: 37 });

    assert.deepEqual([state.on, state.brightness], [true, 37]);
    assert.deepEqual([device.sysinfo["relay_state"], device.sysinfo["brightness"]], [1, 37]);
  });

  // Its transition stores the level, but does not switch the relay.
  it("stores the level of a dimmer's transition", async () => {
    const { device, set } = await setUp("hs220");

    const state = await set({ brightness: 61, transitionMs: 500 });

    assert.deepEqual([state.brightness, device.sysinfo["brightness"]], [61, 61]);
  });

  for (const model of LIGHTS) {
    it(`dims: ${model}`, async () => {
      const { device, set } = await setUp(model);
      device.endEffect();

      const state = await set({ on: true, brightness: 23 });

      assert.deepEqual([state.on, state.brightness], [true, 23]);
      assert.deepEqual([device.light["on_off"], device.light["brightness"]], [1, 23]);
    });
  }

  for (const model of COLOUR_LIGHTS) {
    it(`shows a colour, without a colour temperature: ${model}`, async () => {
      const { device, set } = await setUp(model);
      device.endEffect();

      const state = await set({ on: true, hue: 200, saturation: 80, brightness: 50 });

      assert.deepEqual([state.hue, state.saturation, state.brightness], [200, 80, 50]);
      const { hue, saturation, color_temp } = device.light;
      assert.deepEqual([hue, saturation, color_temp], [200, 80, 0]);
    });
  }

  for (const model of ["lb120", ...COLOUR_LIGHTS]) {
    it(`shows a colour temperature, and is not asked for one out of its range: ${model}`, async () => {
      const { device, set } = await setUp(model);
      device.endEffect();

      const state = await set({ on: true, colorTemp: 3000 });
      const { length } = device.commands;
      await assert.rejects(set({ colorTemp: 2000 }), { code: "input", message: /from 2[57]00 to [69][05]00/ });

      assert.ok(device.commands.slice(length).every((command) => Object.keys(command).join() === "system"));

      assert.equal(state.colorTemp, 3000);
      assert.equal(device.light["color_temp"], 3000);
    });
  }

  for (const model of WITH_METER) {
    it(`reports energy: ${model}`, async () => {
      const { device, energy } = await setUp(model);

      const module = model.startsWith("hs") ? "emeter" : "smartlife.iot.common.emeter";
      const { todayKwh: _, monthKwh: __, ...actual } = await energy();

      assert.deepEqual(actual, toWholeUnits(device.ask({ [module]: { get_realtime: {} } })[module].get_realtime));
    });
  }

  it("reports the energy of each outlet of a strip, and the sum of them", async () => {
    const { device, energy, commandCount } = await setUp("hs300");

    const outlets: Energy[] = [];
    for (const outlet of OUTLETS) outlets.push(await energy(outlet));
    const commandsForOutlets = commandCount();
    const strip = await energy();

    for (const [index, { id }] of (device.sysinfo["children"] as Json[]).entries()) {
      const request = { context: { child_ids: [id as string] }, emeter: { get_realtime: {} } };
      const { todayKwh: _, monthKwh: __, ...outlet } = outlets[index] ?? assert.fail();
      assert.deepEqual(outlet, toWholeUnits(device.ask(request)["emeter"].get_realtime));
    }
    type Quantity = Exclude<keyof Energy, "missing" | "voltageV">;
    const sum = (name: Quantity): number => outlets.reduce((total, outlet) => total + (outlet[name] ?? Number.NaN), 0);
    const rounded = (name: Quantity): number => Number(sum(name).toFixed(6));
    assert.deepEqual(strip, {
      powerW: rounded("powerW"),
      voltageV: outlets[0]?.voltageV,
      currentA: rounded("currentA"),
      totalKwh: rounded("totalKwh"),
      todayKwh: rounded("todayKwh"),
      monthKwh: rounded("monthKwh"),
    });
    // The strip is addressed by its alias, so each time it is asked first whether it still has it.
    assert.deepEqual([commandsForOutlets, commandCount()], [6 * 2, 6 * 2 + 1 + 6]);
  });

  for (const model of WITH_LED) {
    it(`switches its LED: ${model}`, async () => {
      const { device, set } = await setUp(model);

      for (const on of [false, true]) {
        const { led } = await set({ led: on });
        assert.deepEqual([led, device.sysinfo["led_off"]], [on, Number(!on)]);
      }
    });
  }

  for (const model of WITHOUT_METER) {
    it(`is not asked for energy if it has no meter: ${model}`, async () => {
      const { device, energy } = await setUp(model);

      await assert.rejects(energy(), { code: "unsupported", details: {} });

      assert.ok(!JSON.stringify(device.commands).includes("emeter"));
      assert.ok(!String(device.sysinfo["feature"]).includes("ENE"));
    });
  }

  for (const [models, setting] of [
    [PLUGS, { brightness: 40 }],
    [["hs300"], { brightness: 40 }],
    [WITH_LED, { hue: 120 }],
    [WITH_LED, { colorTemp: 3000 }],
    [LIGHTS, { led: false }],
    [["lb100", "lb120"], { hue: 120 }],
    [["lb100"], { colorTemp: 3000 }],
  ] as const) {
    for (const model of models) {
      it(`is not sent ${JSON.stringify(setting)} if it does not support it: ${model}`, async () => {
        const { device, set } = await setUp(model);
        const before = device.sysinfo;

        await assert.rejects(set(setting), { code: "unsupported", details: {} });

        assert.deepEqual(device.sysinfo, before);
        assert.ok(device.commands.every((command) => JSON.stringify(command) === '{"system":{"get_sysinfo":{}}}'));
      });
    }
  }
});
