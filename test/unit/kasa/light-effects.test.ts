import assert from "node:assert/strict";
import { parseSetting } from "../../../src/kasa/device-setting";
import { BUILT_IN_EFFECTS } from "../../../src/kasa/protocols/iot/built-in-effects";
import { rejectsWith } from "../../support/http-fixture";
import { describeProduct } from "../../support/simulators/kasa/devices";
import type { Json } from "../../support/simulators/kasa/firmware";
import { Bulb, LightStrip } from "../../support/simulators/kasa/lights";
import { setUp as setUpControl } from "./control-fixture";
import { setUp as setUpSource, summarize } from "./source-fixture";

/** A light strip that plays an effect. */
function setUp() {
  const strip = new LightStrip(describeProduct("IOT.SMARTBULB", "KL430(US)", "Light Strip", "2.0"), "Shelf", {
    kelvin: [2500, 9000],
    colour: true,
  });
  Object.assign(strip, { on: true });
  Object.assign(strip.light, { hue: 194, saturation: 50, color_temp: 0, brightness: 100 });
  strip.effect = { enable: 1, name: "Rainbow", custom: 0, id: "izRhLCQNcDzIKdpMPqSTtBMuAIoreAuT", brightness: 25 };
  const control = setUpControl([strip]);
  const set = (value: unknown) => control.set("shelf", parseSetting(value));
  const requests = (): Json[] => strip.commands.filter((command) => Object.keys(command).join() !== "system");
  return { ...control, strip, set, requests };
}

describe("A light strip that plays an effect", () => {
  it("tells its name and its own brightness", async () => {
    const { control } = setUp();

    const { effect, brightness, on } = await control.state("shelf", "", {});

    assert.deepEqual([on, effect, brightness], [true, "Rainbow", 25]);
  });

  it("ends it before a colour temperature is set", async () => {
    const { strip, set } = setUp();

    const { effect, colorTemp, brightness } = await set({ colorTemp: 4000 });

    assert.deepEqual([effect, colorTemp, brightness], [null, 4000, 100]);
    assert.deepEqual([strip.effect.enable, strip.light.color_temp], [0, 4000]);
  });

  for (const [what, setting, colour] of [
    ["a colour", { hue: 30, saturation: 70 }, [30, 70]],
    ["a hue alone", { hue: 30 }, [30, 50]],
    ["a saturation alone", { saturation: 70 }, [194, 70]],
  ] as const) {
    it(`ends it for ${what}`, async () => {
      const { strip, set } = setUp();

      const state = await set(setting);

      assert.deepEqual([state.effect, state.hue, state.saturation], [null, ...colour]);
      assert.equal(strip.effect.enable, 0);
    });
  }

  it("ends an effect that was started in the app since its last response, also if it is addressed by its id", async () => {
    const { control, strip } = setUp();
    strip.effect.enable = 0;
    await control.state("shelf", "", {});
    strip.effect.enable = 1;

    await control.set(strip.deviceId, "", { colorTemp: 4000 }, {});

    assert.equal(strip.effect.enable, 0);
  });

  it("goes on playing while it is dimmed, and switched off and on", async () => {
    const { set } = setUp();

    const states = [await set({ brightness: 60 }), await set(false), await set(true)];

    assert.deepEqual(
      states.map(({ on, effect, brightness }) => [on, effect, brightness]),
      [
        [true, "Rainbow", 60],
        [false, "Rainbow", 60],
        [true, "Rainbow", 60],
      ],
    );
  });

  it("ends it for null, and nothing else", async () => {
    const { set, strip, requests } = setUp();

    const { effect, on, brightness } = await set({ effect: null });

    assert.deepEqual([effect, on, brightness], [null, true, 100]);
    assert.equal(strip.effect.enable, 0);
    assert.equal(requests().length, 1);
    const [request] = requests() as Record<string, Record<string, Json>>[];
    const sent = request?.["smartlife.iot.lighting_effect"]?.["set_lighting_effect"];
    assert.deepEqual([sent?.["name"], sent?.["enable"], sent?.["type"]], ["Rainbow", 0, "sequence"]);
  });

  it("ends it before it sets what stands beside null", async () => {
    const { set } = setUp();

    const state = await set({ effect: null, colorTemp: 3000, brightness: 40 });

    assert.deepEqual([state.effect, state.colorTemp, state.brightness], [null, 3000, 40]);
  });
});

describe("An effect of a light strip", () => {
  it("is started by its name, whole and with the brightness that is given", async () => {
    const { set, strip, requests } = setUp();
    Object.assign(strip, { on: false });

    const state = await set({ effect: " ocean ", brightness: 45 });

    assert.deepEqual([state.on, state.effect, state.brightness], [true, "Ocean", 45]);
    const [request] = requests() as Record<string, Record<string, Json>>[];
    assert.deepEqual(request?.["smartlife.iot.lighting_effect"]?.["set_lighting_effect"], {
      ...BUILT_IN_EFFECTS.find(({ name }) => name === "Ocean"),
      brightness: 45,
      enable: 1,
    });
  });

  it("is none without an id: that is what a strip shows while it is set up", async () => {
    const { control, set, strip } = setUp();
    strip.effect = { enable: 1, name: "station", custom: 0, id: "", brightness: 0 };

    const { effect, brightness } = await control.state("shelf", "", {});

    assert.deepEqual([effect, brightness], [null, strip.light.brightness]);
    await rejectsWith(set({ effect: "station" }), "input");
  });

  it("may be one of the owner's own that it played last", async () => {
    const { set, strip } = setUp();
    strip.effect = { enable: 0, name: "My Tide", custom: 1, id: "tide", brightness: 30 };

    const { effect, brightness } = await set({ effect: "my tide" });

    assert.deepEqual([effect, brightness], ["My Tide", 30]);
  });

  it("is rejected with the names of all if it is not known", async () => {
    const { set, requests } = setUp();

    await assert.rejects(set({ effect: "Sunrise" }), {
      code: "input",
      message: /no effect "Sunrise".*Aurora, .*Rainbow/,
    });
    assert.equal(requests().length, 0);
  });

  it("is nothing that a bulb has", async () => {
    const { control } = setUpControl();

    const bulb = setUpControl().deviceOf(Bulb).deviceId;
    await assert.rejects(control.set(bulb, "", { effect: "Rainbow" }, {}), { code: "unsupported" });
    await assert.rejects(control.set(bulb, "", { effect: null }, {}), { code: "unsupported" });
  });

  it("has a name and an id of its own each", () => {
    for (const key of ["name", "id"] as const)
      assert.equal(new Set(BUILT_IN_EFFECTS.map((effect) => effect[key])).size, BUILT_IN_EFFECTS.length);
  });

  it("is put back with the state in which it played", async () => {
    const { control, set, strip } = setUp();
    const before = await control.state("shelf", "", {});
    await set({ hue: 10, saturation: 90, brightness: 80 });
    assert.equal(strip.effect.enable, 0);

    const after = await set(before);

    assert.deepEqual([after.effect, after.brightness, after.on], ["Rainbow", 25, true]);
  });

  it("emits a change when it starts, ends, or becomes another one", async () => {
    const { cloud, poll } = await setUpSource();
    const { effect } = cloud.device(LightStrip, "Shelf");
    await poll("Shelf");

    const events = [];
    for (const change of [{ enable: 0 }, { enable: 1 }, { name: "Rainbow" }, {}]) {
      Object.assign(effect, change);
      events.push(summarize(await poll("Shelf")));
    }

    assert.deepEqual(events, [["changed Shelf"], ["changed Shelf"], ["changed Shelf"], []]);
  });
});

describe("The fade of a light strip", () => {
  it("is sent in its own field, and that of a bulb in that of bulbs", async () => {
    const { control, set, deviceOf } = setUpControl();
    const [strip, bulb] = [deviceOf(LightStrip), deviceOf(Bulb)];

    await set("shelf", { on: true, transitionMs: 1500 });
    await control.set(bulb.deviceId, "", { brightness: 30, transitionMs: 2500 }, {});

    assert.deepEqual([strip.fadeMs, bulb.fadeMs], [1500, 2500]);
  });

  it("is sent with a brightness, a colour and a colour temperature", async () => {
    for (const setting of [{ brightness: 10 }, { hue: 5, saturation: 5 }, { colorTemp: 3000 }]) {
      const { strip, set } = setUp();

      await set({ ...setting, transitionMs: 700 });

      assert.equal(strip.fadeMs, 700);
    }
  });
});
