import assert from "node:assert/strict";
import {
  smartBulb,
  smartDimmer,
  smartMeterPlug,
  smartPlug,
} from "../../../support/simulators/kasa-local/smart/products";
import { presetMethods } from "../../../support/simulators/kasa-local/smart/timers";
import { setUpTimers as setUp } from "./timers-fixture";

describe("The presets of a SMART device", () => {
  const states = [
    { brightness: 50, color_temp: 2700, hue: 0, saturation: 100 },
    { brightness: 100, color_temp: 0, hue: 240, saturation: 100 },
    { brightness: 10, color_temp: 0, hue: 0, saturation: 100 },
    { brightness: 20, color_temp: 0, hue: 120, saturation: 100 },
    { brightness: 30, color_temp: 0, hue: 277, saturation: 86 },
  ];

  it("are set by their numbers, from whichever page they are", async () => {
    const bulb = smartBulb("Hall");
    presetMethods(bulb.smart, states);
    const { set } = setUp(bulb);

    const white = await set("Hall", { preset: 0 });
    const violet = await set("Hall", { preset: 4, on: true });

    assert.deepEqual([white.colorTemp, white.brightness], [2700, 50]);
    assert.deepEqual([violet.hue, violet.saturation, violet.brightness, violet.colorTemp], [277, 86, 30, undefined]);
    await assert.rejects(set("Hall", { preset: 5 }), { code: "input", message: /from 0 to 4/ });
  });

  it("are told in the state that is asked for, and their failure is not that of the state", async () => {
    const bulb = smartBulb("Hall");
    presetMethods(bulb.smart, states);
    const dimmer = smartDimmer("Porch");
    presetMethods(dimmer.smart, [100, 75]);
    const { state } = setUp(bulb, dimmer);

    const [hall, porch] = [await state("Hall"), await state("Porch")];
    bulb.smart.refusals.set("get_preset_rules", -1301);
    const { on, presets } = await state("Hall");

    assert.deepEqual(hall.presets?.slice(0, 2), [
      { brightness: 50, colorTemp: 2700 },
      { brightness: 100, hue: 240, saturation: 100 },
    ]);
    assert.deepEqual([hall.presets?.length, porch.presets], [5, [{ brightness: 100 }, { brightness: 75 }]]);
    assert.deepEqual([on, presets], [true, undefined]);
  });

  it("are levels of a dimmer, which knows no pages", async () => {
    const dimmer = smartDimmer("Porch");
    presetMethods(dimmer.smart, [100, 75, 50]);
    const { set } = setUp(dimmer);

    const { on, brightness } = await set("Porch", { preset: 1 });

    assert.deepEqual([on, brightness], [true, 75]);
  });

  it("are unsupported where there are none", async () => {
    const { set } = setUp(smartPlug("Lamp"));

    await assert.rejects(set("Lamp", { preset: 0 }), { code: "unsupported", message: /no preset/ });
  });

  it("are unsupported while none is stored, where there could be some", async () => {
    const bulb = smartBulb("Hall");
    presetMethods(bulb.smart, []);
    const { set } = setUp(bulb);

    await assert.rejects(set("Hall", { preset: 0 }), { code: "unsupported", message: /no preset/ });
  });

  it("do not make a device store a level while it is off", async () => {
    const { set, written } = setUp(smartDimmer("Porch"));

    await assert.rejects(set("Porch", { brightness: 40, on: null }), { code: "unsupported" });
    await set("Porch", true);
    const { brightness } = await set("Porch", { brightness: 40, on: null });

    assert.deepEqual([brightness, written().length], [40, 2]);
  });
});

describe("The state of a SMART device", () => {
  it("tells that it was too hot or overloaded, and when it switches itself off, while that is so", async () => {
    const plug = smartMeterPlug("Boiler");
    const { info } = plug.smart;
    const { state } = setUp(plug);
    const normal = { overheat_status: "normal", power_protection_status: "normal", overcurrent_status: "normal" };
    Object.assign(info, normal, { auto_off_status: "off", auto_off_remain_time: 0 });
    const calm = await state("Boiler");
    Object.assign(info, { auto_off_status: "on", auto_off_remain_time: 540, overheat_status: "overheated" });
    const warm = await state("Boiler");
    Object.assign(info, { ...normal, overheated: true, power_protection_status: "overloaded", auto_off_status: "off" });
    const hot = await state("Boiler");

    const told = [calm, warm, hot].map(({ overheated, overloaded, autoOffS }) => [overheated, overloaded, autoOffS]);
    assert.deepEqual(told, [
      [undefined, undefined, undefined],
      [true, undefined, 540],
      [true, true, undefined],
    ]);
  });
});

describe("The abilities of a SMART device", () => {
  it("are those of its components, and nothing is promised of one that does not tell them", async () => {
    const boiler = smartMeterPlug("Boiler");
    const mute = smartMeterPlug("Mute");
    mute.smart.refusals.set("component_nego", -1002);
    const { control } = setUp(boiler, mute);

    const known = await control.abilities("Boiler", {});
    const unknown = await control.abilities("Mute", {});

    assert.deepEqual(known.abilities.commands.slice(0, 6), [
      "set",
      "state",
      "energy",
      "history",
      "countdown",
      "schedule",
    ]);
    assert.deepEqual(known.abilities.settings, ["on", "led"]);
    assert.deepEqual(unknown.abilities.commands, ["set", "state", "energy", "reboot", "raw"]);
  });
});
