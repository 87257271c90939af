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
  ] as const) {
    it(`accepts ${JSON.stringify(value)}`, () => {
      assert.deepEqual(parseSetting(value), setting);
    });
  }

  for (const [value, message] of [
    [null, /must be true, false, "on"/],
    [undefined, /must be true, false, "on"/],
    ["", /must be true, false, "on"/],
    ["1", /must be true, false, "on"/],
    [Number.NaN, /must be true, false, "on"/],
    [[{ on: true }], /must be true, false, "on"/],
    [Buffer.from("on"), /must be true, false, "on"/],
    [{}, /is empty/],
    [{ on: undefined }, /is empty/],
    [{ on: null }, /value\.on" must be/],
    [{ on: "perhaps" }, /value\.on" must be/],
    [{ led: "toggle" }, /value\.led" must be/],
    [{ led: 2 }, /value\.led" must be/],
    [{ brightness: 0 }, /value\.brightness" must be a whole number from 1 to 100/],
    [{ brightness: 101 }, /from 1 to 100/],
    [{ brightness: 1.5 }, /from 1 to 100/],
    [{ brightness: "50" }, /from 1 to 100/],
    [{ brightness: null }, /from 1 to 100/],
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
});
