import assert from "node:assert/strict";
import { parseSetting } from "../../../src/kasa/device-setting";
import { rejectsWith } from "../../support/http-fixture";
import { describeProduct, type CloudDevice } from "../../support/simulators/kasa/devices";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { Dimmer } from "../../support/simulators/kasa/plugs";
import { setUp as setUpControl } from "./control-fixture";

/** The id of the effect "Aurora", which is the same for every strip. */
const AURORA = "xqUxDhbAhNLqulcuRMyPBmVGyTOyEMEu";

function setUp(...devices: CloudDevice[]) {
  const fixture = setUpControl(devices.length > 0 ? devices : undefined);
  const { control, sent } = fixture;
  return {
    ...fixture,
    set: (name: string, value: unknown) => control.set(name, "", parseSetting(value), {}),
    state: (name: string) => control.state(name, "", {}),
    writes: (): object[] => sent.filter(({ effect }) => effect === "write").map(({ command }) => command),
  };
}

describe("The presets of a device", () => {
  it("are told in its state in their order, and set by their numbers", async () => {
    const { set, state, deviceOf } = setUp();
    const bulb = deviceOf(Bulb);
    bulb.presets = [
      { index: 1, hue: 240, saturation: 75, color_temp: 0, brightness: 100 },
      { index: 0, hue: 0, saturation: 0, color_temp: 3500, brightness: 50 },
    ];

    const { presets } = await state(bulb.deviceId);
    const blue = await set(bulb.deviceId, { preset: 1 });
    const white = await set(bulb.deviceId, { preset: 0, on: false });

    assert.deepEqual(presets, [
      { brightness: 50, colorTemp: 3500 },
      { brightness: 100, hue: 240, saturation: 75 },
    ]);
    assert.deepEqual([blue.on, blue.hue, blue.brightness, blue.colorTemp], [true, 240, 100, undefined]);
    assert.deepEqual([white.on, white.colorTemp, white.brightness], [false, 3500, 50]);
  });

  it("are set also where the app has stored a colour temperature outside of the range of the model", async () => {
    const product = describeProduct("IOT.SMARTBULB", "KL400L5(US)", "Light Strip", "1.0");
    const strip = new LightStrip(product, "Shelf", { kelvin: [2500, 9500], colour: true });
    strip.effect.enable = 0;
    strip.presets = [{ index: 0, hue: 0, saturation: 0, color_temp: 9500, brightness: 50, mode: 1 }];
    const { set } = setUp(strip);

    assert.equal((await set("Shelf", { preset: 0 })).colorTemp, 9500);
    await rejectsWith(set("Shelf", { colorTemp: 9500 }), "input");
  });

  it("are levels of a dimmer, which is switched on with one", async () => {
    const { set, state } = setUp();

    const { presets } = await state("<b>Porch</b>");
    const { on, brightness } = await set("<b>Porch</b>", { preset: 2 });

    assert.deepEqual(
      presets?.map((preset) => preset.brightness),
      [90, 65, 40, 15],
    );
    assert.deepEqual([on, brightness], [true, 40]);
  });

  it("are effects of a light strip, by name where it is known", async () => {
    const { set, state, deviceOf } = setUp();
    const strip = deviceOf(LightStrip);
    strip.effect.enable = 0;
    strip.presets = [
      { index: 0, id: AURORA, custom: 0, mode: 2, brightness: 30 },
      { index: 1, id: "one of its own", custom: 1, mode: 2, brightness: 80 },
    ];

    const { presets } = await state("Shelf");
    const { effect, brightness } = await set("Shelf", { preset: 0 });

    assert.deepEqual(presets, [
      { effect: "Aurora", brightness: 30 },
      { effect: "one of its own", brightness: 80 },
    ]);
    assert.deepEqual([effect, brightness], ["Aurora", 30]);
    await assert.rejects(set("Shelf", { preset: 1 }), { code: "input", message: /There is no effect/ });
  });

  for (const [what, name, value, expected] of [
    ["a number that is not there", "<b>Porch</b>", { preset: 4 }, { code: "input", message: /from 0 to 3/ }],
    ["a plug, which has none", "Modem", { preset: 0 }, { code: "unsupported", message: /no preset\. It has: on, led/ }],
    ["a light strip without any", "Shelf", { preset: 0 }, { code: "unsupported", message: /no preset/ }],
  ] as const) {
    it(`are refused before anything is set: ${what}`, async () => {
      const { set, writes } = setUp();

      await assert.rejects(set(name, value), expected);
      assert.deepEqual(writes(), []);
    });
  }
});

describe("A level without switching on", () => {
  for (const on of [false, true]) {
    it(`leaves a dimmer that is ${on ? "on" : "off"} as it is`, async () => {
      const { set, deviceOf } = setUp();
      const porch = deviceOf(Dimmer);
      porch.on = on;

      const state = await set(porch.deviceId, { brightness: 35, on: null });

      assert.deepEqual([state.on, state.brightness, porch.on, porch.brightness], [on, 35, on, 35]);
    });
  }

  it("does not trust in what the dimmer was when it was last heard of", async () => {
    const { set, state, deviceOf } = setUp();
    const porch = deviceOf(Dimmer);
    porch.on = true;
    await state(porch.deviceId);
    porch.on = false;

    await set(porch.deviceId, { brightness: 35, on: null });

    assert.equal(porch.on, false);
  });

  for (const kind of [Bulb, LightStrip]) {
    it(`is unsupported for a light that is off, and nothing but the level for one that is on: ${kind.name}`, async () => {
      const { set, deviceOf, writes } = setUp();
      const light = deviceOf<Bulb>(kind);
      light.on = false;

      await assert.rejects(set(light.deviceId, { brightness: 35, on: null }), { code: "unsupported" });
      assert.deepEqual([light.on, writes()], [false, []]);
      light.on = true;

      const { on, brightness } = await set(light.deviceId, { brightness: 35, on: null });

      assert.deepEqual([on, brightness], [true, 35]);
    });
  }

  it("is unsupported beside an effect, which switches a light strip on", async () => {
    const { set, deviceOf } = setUp();
    deviceOf(LightStrip).on = false;

    await assert.rejects(set("Shelf", { effect: "Aurora", brightness: 35, on: null }), { code: "unsupported" });
    assert.equal(deviceOf(LightStrip).on, false);
  });
});
