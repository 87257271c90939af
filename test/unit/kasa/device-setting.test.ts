import assert from "node:assert/strict";
import { parseSetting } from "../../../src/kasa/device-setting";

describe("parseSetting", () => {
  for (const [value, setting] of [
    [" On ", { on: true }],
    ["TOGGLE", { on: "toggle" }],
    [{ on: " toggle" }, { on: "toggle" }],
    [
      { on: 0, led: "off" },
      { on: false, led: false },
    ],
    [{ on: undefined, brightness: 1 }, { brightness: 1 }],
    [
      { brightness: 100, hue: 0, saturation: 0, transitionMs: 0 },
      { brightness: 100, hue: 0, saturation: 0, transitionMs: 0 },
    ],
    [
      { hue: 360, saturation: 100, transitionMs: 3_600_000 },
      { hue: 360, saturation: 100, transitionMs: 3_600_000 },
    ],
    [{ colorTemp: 1000 }, { colorTemp: 1000 }],
    [{ colorTemp: 12_000 }, { colorTemp: 12_000 }],
    ["1", { on: true }],
    ["0", { on: false }],
    ["TRUE", { on: true }],
    [{ on: "false" }, { on: false }],
    [
      { brightness: " 40 ", transitionMs: "0" },
      { brightness: 40, transitionMs: 0 },
    ],
    ['{"on":"true","brightness":"40"}', { on: true, brightness: 40 }],
    [{ brightness: 0 }, { brightness: 0 }],
    [
      { effect: "Rainbow", brightness: 30 },
      { effect: "Rainbow", brightness: 30 },
    ],
    [{ effect: null }, { effect: null }],
    [{ preset: "1" }, { preset: 1 }],
    [
      { preset: 0, on: true, transitionMs: 500 },
      { preset: 0, on: true, transitionMs: 500 },
    ],
    [
      { brightness: 40, on: null },
      { brightness: 40, on: null },
    ],
    // White, in the words of a state without its id.
    [{ hue: 0, saturation: 0, colorTemp: 4000 }, { colorTemp: 4000 }],
    // Fields of a state that are no settings.
    [{ on: true, alias: "Lamp", kind: "bulb", rssi: -50, colorTempRange: [2500, 9000], onTimeS: 7 }, { on: true }],
  ] as const) {
    it(`accepts ${JSON.stringify(value)}`, () => {
      assert.deepEqual(parseSetting(value), setting);
    });
  }

  for (const [value, message] of [
    [null, /must be true, false, "on"/],
    [undefined, /must be true, false, "on"/],
    ["", /must be true, false, "on"/],
    ["2", /must be true, false, "on"/],
    ["true!", /must be true, false, "on"/],
    ["{on: true}", /not valid JSON/],
    ["[1]", /must be true, false, "on"/],
    [Number.NaN, /must be true, false, "on"/],
    [[{ on: true }], /must be true, false, "on"/],
    [Buffer.from("on"), /must be true, false, "on"/],
    [{}, /is empty/],
    [{ on: undefined }, /is empty/],
    [{ on: null }, /value\.on" must be/],
    [{ on: "perhaps" }, /value\.on" must be/],
    [{ led: "toggle" }, /value\.led" must be/],
    [{ led: 2 }, /value\.led" must be/],
    [{ brightness: -1 }, /value\.brightness" must be a whole number from 0 to 100/],
    [{ brightness: 101 }, /from 0 to 100/],
    [{ brightness: 1.5 }, /from 0 to 100/],
    [{ brightness: "101" }, /from 0 to 100/],
    [{ brightness: "" }, /from 0 to 100/],
    [{ brightness: "0x10" }, /from 0 to 100/],
    [{ brightness: null }, /from 0 to 100/],
    [{ effect: "" }, /value\.effect" must be/],
    [{ effect: 5 }, /value\.effect" must be/],
    [{ effect: "x".repeat(101) }, /value\.effect" must be/],
    [{ effect: "Rainbow", hue: 5 }, /an effect and a colour at once/],
    [{ alias: "Lamp", rssi: -50 }, /is empty/],
    [{ deviceId: "8006", on: null }, /value\.on" must be/],
    [{ brightness: 0, on: null }, /value\.on" must be/],
    [{ brightness: 40, on: null, transitionMs: 500 }, /would switch the device on/],
    [{ led: null }, /value\.led" must be/],
    [{ preset: -1 }, /value\.preset" must be a whole number/],
    [{ preset: 1.5 }, /value\.preset" must be a whole number/],
    [{ preset: 1, brightness: 40 }, /a preset and for what is stored in one/],
    [{ preset: 1, hue: 40 }, /a preset and for what is stored in one/],
    [{ preset: 1, colorTemp: 4000 }, /a preset and for what is stored in one/],
    [{ preset: 1, effect: null }, /a preset and for what is stored in one/],
    [{ deviceId: "8006", brightnes: 5 }, /but not "brightnes"/],
    [{ hue: -1 }, /from 0 to 360/],
    [{ hue: 361 }, /from 0 to 360/],
    [{ saturation: -1 }, /from 0 to 100/],
    [{ saturation: 101 }, /from 0 to 100/],
    [{ colorTemp: 999 }, /from 1000 to 12000/],
    [{ colorTemp: 12_001 }, /from 1000 to 12000/],
    [{ transitionMs: -1 }, /from 0 to 3600000/],
    [{ transitionMs: 3_600_001 }, /from 0 to 3600000/],
    [{ toString: 5 }, /but not "toString"/],
    [{ constructor: 5 }, /but not "constructor"/],
    [{ ["x".repeat(500)]: 5 }, /but not "x{40}"/],
    [{ colorTemp: 3000, hue: 5 }, /at once: choose one/],
    [{ colorTemp: 3000, saturation: 5 }, /at once: choose one/],
  ] as const) {
    it(`rejects ${Buffer.isBuffer(value) ? "a Buffer" : JSON.stringify(value)}`, () => {
      assert.throws(() => parseSetting(value), { code: "input", message });
    });
  }

  it("accepts a state that was read before, with what it shows and not what it would show", () => {
    const identity = { deviceId: "8006", alias: "Lamp", kind: "lightstrip", rssi: -50 };
    const colour = { hue: 120, saturation: 60 };

    assert.deepEqual(parseSetting({ ...identity, on: true, ...colour, colorTemp: 4000, effect: null }), {
      on: true,
      colorTemp: 4000,
      effect: null,
      restore: true,
    });
    assert.deepEqual(parseSetting({ ...identity, on: true, ...colour, brightness: 25, effect: "Rainbow" }), {
      on: true,
      brightness: 25,
      effect: "Rainbow",
      restore: true,
    });
    assert.deepEqual(parseSetting({ ...identity, on: true, brightness: 0 }), { on: true, restore: true });
  });

  for (const outlets of [[{ id: 5, on: true }], [{ id: "8006", on: "perhaps" }], [null]]) {
    it(`rejects a state with the outlets ${JSON.stringify(outlets)}`, () => {
      assert.throws(() => parseSetting({ deviceId: "8006", on: true, outlets }), { code: "input", message: /outlets/ });
    });
  }
});
